"""The one door to the card index, and who may pass it (docs/adr/0007)."""

from django.db import migrations

CREATE = """
-- First the index row: of two callers with one card, the second waits here for the first to commit or to roll back.
CREATE FUNCTION vault_tokenise(
    p_index bytea, p_token text, p_party_id text, p_livemode boolean, p_brand text, p_first6 text, p_last4 text,
    p_expiry_month integer, p_expiry_year integer, p_ciphertext bytea, p_created_by text, p_created_at timestamptz
) RETURNS TABLE (token text, created_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    kept text;
BEGIN
    IF octet_length(p_index) <> 32 OR p_first6 !~ '^[0-9]{6}$' OR p_last4 !~ '^[0-9]{4}$' THEN
        RAISE EXCEPTION 'not a card' USING ERRCODE = 'HF301', CONSTRAINT = 'stored_card_shows_six_and_four';
    END IF;
    INSERT INTO public.vault_cardindex AS i ("index", token) VALUES (p_index, p_token) ON CONFLICT ("index") DO NOTHING;
    IF FOUND THEN
        INSERT INTO public.vault_storedcard (token, party_id, livemode, brand, first6, last4, expiry_month, expiry_year,
                                             ciphertext, created_by, created_at)
        VALUES (p_token, p_party_id, p_livemode, p_brand, p_first6, p_last4, p_expiry_month, p_expiry_year,
                p_ciphertext, p_created_by, p_created_at);
        RETURN QUERY SELECT p_token, p_created_at;
        RETURN;
    END IF;
    SELECT i.token INTO STRICT kept FROM public.vault_cardindex i WHERE i."index" = p_index;
    RETURN QUERY SELECT c.token::text, c.created_at FROM public.vault_storedcard c WHERE c.token = kept;
END $$;

REVOKE ALL ON FUNCTION vault_tokenise FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault_tokenise TO holdfast_app;
REVOKE ALL ON vault_cardindex FROM PUBLIC, holdfast_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON vault_storedcard FROM holdfast_app;
-- A data key is never deleted; all that ever changes is what wraps it.
REVOKE UPDATE, DELETE, TRUNCATE ON vault_datakey FROM holdfast_app;
GRANT UPDATE (provider, master_key, wrapped, rewrapped_at) ON vault_datakey TO holdfast_app;
"""

DROP = "DROP FUNCTION vault_tokenise;"


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial"), ("database", "0001_application_role")]
    operations = [migrations.RunSQL(CREATE, DROP)]
