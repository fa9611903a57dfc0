"""Published events and ended attempts never change."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial"), ("database", "0001_application_role")]
    operations = [
        migrations.RunSQL(
            (SQL / "fixed.sql").read_text(),
            """
            DROP TRIGGER webhook_event_is_fixed ON webhooks_event;
            DROP TRIGGER webhook_attempt_is_fixed ON webhooks_attempt;
            DROP FUNCTION webhooks_refuse_event_change();
            DROP FUNCTION webhooks_refuse_attempt_change();
            """,
        ),
    ]
