"""Test data and live data never meet in a payment or a refund."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (SQL / "modes.sql").read_text(),
            """
            DROP TRIGGER payment_mode ON payments_payment;
            DROP TRIGGER refund_mode ON payments_refund;
            DROP FUNCTION payments_check_payment_mode();
            DROP FUNCTION payments_check_refund_mode();
            """,
        )
    ]
