"""One name for one card number, whoever pays with it: what fraud rules count by (docs/adr/0007)."""

from django.db import migrations, models

CREATE = """
DROP FUNCTION vault_tokenise;

-- First the index row: of two callers with one card, the second waits here for the first to commit or to roll back.
-- Two callers with one number and different customers wait for each other in the same way, at the number's row and
-- after their own index rows, so nobody waits in a circle.
CREATE FUNCTION vault_tokenise(
    p_index bytea, p_number_index bytea, p_token text, p_fingerprint text, p_party_id text, p_livemode boolean,
    p_brand text, p_first6 text, p_last4 text, p_expiry_month integer, p_expiry_year integer, p_ciphertext bytea,
    p_created_by text, p_created_at timestamptz
) RETURNS TABLE (token text, fingerprint text, created_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    kept text;
BEGIN
    IF octet_length(p_index) <> 32 OR octet_length(p_number_index) <> 32
       OR p_first6 !~ '^[0-9]{6}$' OR p_last4 !~ '^[0-9]{4}$' THEN
        RAISE EXCEPTION 'not a card' USING ERRCODE = 'HF301', CONSTRAINT = 'stored_card_shows_six_and_four';
    END IF;
    INSERT INTO public.vault_cardindex AS i ("index", token) VALUES (p_index, p_token) ON CONFLICT ("index") DO NOTHING;
    IF FOUND THEN
        INSERT INTO public.vault_cardnumberindex AS n ("index", fingerprint) VALUES (p_number_index, p_fingerprint)
            ON CONFLICT ("index") DO NOTHING;
        SELECT n.fingerprint INTO STRICT kept FROM public.vault_cardnumberindex n WHERE n."index" = p_number_index;
        INSERT INTO public.vault_storedcard (token, fingerprint, party_id, livemode, brand, first6, last4, expiry_month,
                                             expiry_year, ciphertext, created_by, created_at)
        VALUES (p_token, kept, p_party_id, p_livemode, p_brand, p_first6, p_last4, p_expiry_month, p_expiry_year,
                p_ciphertext, p_created_by, p_created_at);
        RETURN QUERY SELECT p_token, kept, p_created_at;
        RETURN;
    END IF;
    SELECT i.token INTO STRICT kept FROM public.vault_cardindex i WHERE i."index" = p_index;
    RETURN QUERY SELECT c.token::text, c.fingerprint::text, c.created_at
                   FROM public.vault_storedcard c WHERE c.token = kept;
END $$;

REVOKE ALL ON FUNCTION vault_tokenise FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault_tokenise TO holdfast_app;
REVOKE ALL ON vault_cardnumberindex FROM PUBLIC, holdfast_app;
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0002_tokenise")]
    operations = [
        migrations.CreateModel(
            name="CardNumberIndex",
            fields=[
                ("index", models.BinaryField(primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=40)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("fingerprint",), name="card_number_has_one_fingerprint")
                ],
            },
        ),
        migrations.AddField(
            model_name="storedcard",
            name="fingerprint",
            field=models.CharField(default="", max_length=40),
            preserve_default=False,
        ),
        migrations.RunSQL(CREATE, migrations.RunSQL.noop),
    ]
