"""What an issuer keeps, how the link of a user ends, and the rows that never change."""

from pathlib import Path

from django.db import migrations

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("oidc", "0001_initial"), ("database", "0001_application_role")]
    operations = [
        migrations.RunSQL(
            (SQL / "rules.sql").read_text(),
            """
            DROP TRIGGER issuer_rules ON oidc_issuer;
            DROP TRIGGER user_link_rules ON oidc_userlink;
            DROP FUNCTION oidc_check_issuer();
            DROP FUNCTION oidc_check_user_link();
            """,
        ),
        append_only("oidc_issuer"),
    ]
