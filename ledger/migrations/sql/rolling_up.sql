-- Adds the deltas of one hot account to its balance row and seals them into its chain: exactly once, because the
-- balance row is locked first and a deleted delta is counted by the session that deleted it. Returns how many.
CREATE FUNCTION ledger_roll_up_account(p_account bigint, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    most CONSTANT int := 10000;
    v_total bigint := 0;
    v_count bigint;
BEGIN
    PERFORM FROM ledger_balance b WHERE b.account_id = p_account FOR NO KEY UPDATE;
    LOOP
        WITH gone AS (
            DELETE FROM ledger_delta WHERE id IN (
                SELECT id FROM ledger_delta WHERE account_id = p_account ORDER BY entry_id LIMIT most)
            RETURNING entry_id, posted_minor, pending_in_minor, pending_out_minor, digest
        ), summed AS (
            SELECT count(*) AS n, sum(posted_minor)::bigint AS posted, sum(pending_in_minor)::bigint AS pending_in,
                   sum(pending_out_minor)::bigint AS pending_out,
                   array_agg(entry_id ORDER BY entry_id) FILTER (WHERE digest IS NOT NULL) AS entry_ids,
                   string_agg(digest, ''::bytea ORDER BY entry_id) AS digests
              FROM gone HAVING count(*) > 0
        ), moved AS (
            UPDATE ledger_balance b
               SET posted_minor = b.posted_minor + s.posted, pending_in_minor = b.pending_in_minor + s.pending_in,
                   pending_out_minor = b.pending_out_minor + s.pending_out,
                   seq = b.seq + (s.entry_ids IS NOT NULL)::int,
                   head = CASE WHEN s.entry_ids IS NULL THEN b.head
                               ELSE ledger_chain_next(b.head, b.seq + 1, s.digests) END
              FROM summed s WHERE b.account_id = p_account
            RETURNING b.seq, b.head, s.entry_ids, s.n
        ), sealed AS (
            INSERT INTO ledger_seal (account_id, seq, head, entry_ids, sealed_at)
            SELECT p_account, seq, head, entry_ids, p_now FROM moved WHERE entry_ids IS NOT NULL
        )
        SELECT n INTO v_count FROM moved;
        v_total := v_total + coalesce(v_count, 0);
        EXIT WHEN coalesce(v_count, 0) < most;
    END LOOP;
    RETURN v_total;
END $$;

-- Every hot account with deltas, in the canonical order.
CREATE FUNCTION ledger_roll_up(p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET holdfast.ledger_writer = 'on'
AS $$
DECLARE
    v_account bigint;
    v_total bigint := 0;
BEGIN
    FOR v_account IN
        SELECT a.id FROM ledger_account a
         WHERE a.hot AND EXISTS (SELECT FROM ledger_delta d WHERE d.account_id = a.id) ORDER BY a.id
    LOOP
        v_total := v_total + ledger_roll_up_account(v_account, p_now);
    END LOOP;
    RETURN v_total;
END $$;
