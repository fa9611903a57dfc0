"""A case and the decision it comes from are of one mode."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("fraud", "0002_history_and_fixed_rows")]
    operations = [
        migrations.RunSQL(
            (SQL / "modes.sql").read_text(),
            """
            DROP TRIGGER case_mode ON fraud_reviewcase;
            DROP FUNCTION fraud_check_case_mode();
            """,
        )
    ]
