-- Canonical bytes. Every variable part carries its length in front, so no two contents share one form.

CREATE FUNCTION ledger_part(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value IS NULL THEN '-' ELSE octet_length(value)::text || ':' || value END;

-- What was asked: the header without its times, then the legs in their order. The binary form of an array carries the
-- number and the length of its elements; codes and currencies are ASCII, so no client encoding changes it.
CREATE FUNCTION ledger_request_hash(
    phase text, kind text, reference text, description text, reverses text, settles text,
    accounts text[], currencies text[], amounts bigint[]
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(convert_to(
        ledger_part(phase) || ledger_part(kind) || ledger_part(reference) || ledger_part(description)
        || ledger_part(reverses) || ledger_part(settles), 'UTF8')
        || array_send(coalesce(accounts, '{}')) || array_send(coalesce(currencies, '{}'))
        || array_send(coalesce(amounts, '{}')));

-- One entry's movement on one account. All parts but the public id have a fixed length; `amounts` is 8 bytes a leg.
CREATE FUNCTION ledger_movement_digest(
    account_id bigint, request_hash bytea, public_id text,
    effective_at timestamptz, posted_at timestamptz, amounts bytea
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(int8send(account_id) || request_hash || timestamptz_send(effective_at) || timestamptz_send(posted_at)
        || convert_to(ledger_part(public_id), 'UTF8') || amounts);

-- The chain of one account: its first link is its name, each next one is the last link, a number and what happened.
CREATE FUNCTION ledger_chain_start(book text, code text, currency text) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to(ledger_part(book) || ledger_part(code) || ledger_part(currency), 'UTF8'));

CREATE FUNCTION ledger_chain_next(head bytea, seq bigint, content bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(head || int8send(seq) || content);
