"""An escrow is of the mode, the currency and the parties of its payment."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("escrow", "0001_initial"), ("payments", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "payment.sql").read_text(),
            """
            DROP TRIGGER escrow_rules ON escrow_escrow;
            DROP FUNCTION escrow_check_escrow();
            """,
        )
    ]
