"""A rule that the program paused is told apart from one that a person paused."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("fraud", "0012_watching_hits")]
    operations = [migrations.RunSQL((SQL / "stopped.sql").read_text(), migrations.RunSQL.noop)]
