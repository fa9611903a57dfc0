"""Entries and files move along their edges; what was written, asked or sent stays."""

from pathlib import Path

from django.db import migrations

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ach", "0001_initial"), ("database", "0001_application_role")]
    operations = [
        migrations.RunSQL((SQL / "rules.sql").read_text(), migrations.RunSQL.noop),
        append_only("ach_returnpolicy"),
    ]
