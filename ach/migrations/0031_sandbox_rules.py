"""The sandbox bank keeps what files said, moves postings along their edges, and takes nothing live."""

from pathlib import Path

from django.db import migrations

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("ach", "0030_sandbox_bank"), ("database", "0001_application_role")]
    operations = [
        migrations.RunSQL((SQL / "sandbox.sql").read_text(), migrations.RunSQL.noop),
        append_only("ach_sandboxmovement"),
    ]
