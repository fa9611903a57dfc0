"""The function that reads history, and the rows that never change."""

from pathlib import Path

from django.db import migrations

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("fraud", "0001_initial"), ("database", "0001_application_role")]
    operations = [
        migrations.RunSQL((SQL / "history.sql").read_text(), "DROP FUNCTION fraud_history"),
        migrations.RunSQL(
            (SQL / "fixed.sql").read_text(),
            """
            DROP TRIGGER rule_set_content_is_fixed ON fraud_ruleset;
            DROP TRIGGER decided_case_is_final ON fraud_reviewcase;
            DROP FUNCTION fraud_refuse_rule_change();
            DROP FUNCTION fraud_refuse_case_change();
            """,
        ),
        append_only("fraud_observation"),
        append_only("fraud_assessment"),
        append_only("fraud_fraudreport"),
    ]
