"""Corrections by hand need signatures in the database too."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("approvals", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "adjustments.sql").read_text(),
            """
            DROP TRIGGER adjustment_is_approved ON ledger_entry;
            DROP FUNCTION ledger_require_approval();
            """,
        )
    ]
