"""The names a card has already, for whoever must count it before it is stored (docs/adr/0007)."""

from django.db import migrations

CREATE = """
CREATE FUNCTION vault_names(p_index bytea, p_number_index bytea, OUT token text, OUT fingerprint text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT i.token FROM public.vault_cardindex i WHERE i."index" = p_index),
           (SELECT n.fingerprint FROM public.vault_cardnumberindex n WHERE n."index" = p_number_index)
$$;

REVOKE ALL ON FUNCTION vault_names FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault_names TO holdfast_app;
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0004_rotation_scan_uses")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION vault_names;")]
