"""Backtests, and the index by which a window of decisions is read."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0006_watching_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backtest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("backtest_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("rule_set_version", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("active_version", models.PositiveIntegerField()),
                ("active_digest", models.CharField(max_length=64)),
                ("from_at", models.DateTimeField()),
                ("to_at", models.DateTimeField()),
                ("as_of", models.DateTimeField()),
                ("mature_before", models.DateTimeField()),
                ("terms", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("QUEUED", "Queued"),
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("CANCELLED", "Cancelled"),
                            ("FAILED", "Failed"),
                        ],
                        default="QUEUED",
                        max_length=9,
                    ),
                ),
                ("total", models.PositiveIntegerField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("read_at", models.DateTimeField(null=True)),
                ("read_id", models.BigIntegerField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("result", models.JSONField(null=True)),
                ("failure", models.CharField(blank=True, max_length=300)),
                ("asked_by", models.CharField(max_length=120)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(fields=["livemode", "asked_at", "id"], name="backtest_by_time"),
        ),
        migrations.AddIndex(
            model_name="backtest",
            index=models.Index(fields=["rule_set_version", "-id"], name="backtest_by_version"),
        ),
        migrations.AddConstraint(
            model_name="backtest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["QUEUED", "RUNNING", "DONE", "CANCELLED", "FAILED"])),
                name="backtest_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="backtest",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_at__lt", models.F("to_at"))), name="backtest_window_is_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="backtest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", True), ("result__isnull", True), ("state__in", ["QUEUED", "RUNNING"])
                    ),
                    models.Q(("finished_at__isnull", False), ("result__isnull", False), ("state", "DONE")),
                    models.Q(("finished_at__isnull", False), ("state__in", ["CANCELLED", "FAILED"])),
                    _connector="OR",
                ),
                name="finished_backtest_has_a_result",
            ),
        ),
        migrations.AddConstraint(
            model_name="backtest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["QUEUED", "RUNNING"])),
                fields=("livemode", "rule_set_version", "active_version", "from_at", "to_at"),
                name="backtest_runs_once",
            ),
        ),
        migrations.RunSQL(
            (SQL / "backtests.sql").read_text(),
            "DROP TRIGGER finished_backtest_is_final ON fraud_backtest; DROP FUNCTION fraud_refuse_backtest_change();",
        ),
    ]
