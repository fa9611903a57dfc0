"""A party keeps its id, its mode and its type."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "identity.sql").read_text(),
            """
            DROP TRIGGER party_rules ON compliance_party;
            DROP FUNCTION compliance_check_party();
            """,
        )
    ]
