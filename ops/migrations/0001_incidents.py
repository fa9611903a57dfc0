"""Alarms become incidents."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_application_role")]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("incident_id", models.CharField(max_length=40, unique=True)),
                ("alarm", models.CharField(max_length=80)),
                ("subject", models.CharField(max_length=120)),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("P1", "P1, at once"),
                            ("P2", "P2, within the hour"),
                            ("P3", "P3, today"),
                            ("P4", "P4, this week"),
                        ],
                        max_length=2,
                    ),
                ),
                ("summary", models.CharField(max_length=500)),
                ("url", models.CharField(blank=True, db_default="", default="", max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "Nobody has seen it"),
                            ("ACKNOWLEDGED", "Being looked into"),
                            ("RESOLVED", "Resolved"),
                        ],
                        default="OPEN",
                        max_length=12,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("hits", models.PositiveIntegerField(default=1)),
                ("last_at", models.DateTimeField()),
                ("acknowledge_by", models.DateTimeField()),
                ("resolve_by", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("acknowledged_by", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("resolved_by", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("cause", models.CharField(blank=True, db_default="", default="", max_length=1000)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "RESOLVED"), _negated=True),
                        fields=["due_at", "id"],
                        name="incident_by_due",
                    ),
                    models.Index(fields=["resolved_at", "id"], name="incident_by_end"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "RESOLVED"), _negated=True),
                        fields=("alarm", "subject"),
                        name="alarm_has_one_incident_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["OPEN", "ACKNOWLEDGED", "RESOLVED"])),
                        name="incident_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["P1", "P2", "P3", "P4"])),
                        name="incident_severity_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hits__gte", 1), ("last_at__gte", models.F("opened_at"))),
                        name="incident_counts_its_hits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("resolve_by__gte", models.F("acknowledge_by"))),
                        name="incident_is_seen_before_it_is_over",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("acknowledged_at", None), ("acknowledged_by", ""), ("state", "OPEN")),
                            models.Q(
                                models.Q(("state", "OPEN"), _negated=True),
                                models.Q(("acknowledged_by", ""), _negated=True),
                                ("acknowledged_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="incident_is_acknowledged_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("resolved_at__isnull", False),
                                ("state", "RESOLVED"),
                                models.Q(("resolved_by", ""), _negated=True),
                                models.Q(("cause", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "RESOLVED"), _negated=True),
                                ("cause", ""),
                                ("resolved_at", None),
                                ("resolved_by", ""),
                            ),
                            _connector="OR",
                        ),
                        name="incident_is_resolved_with_a_cause",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("OPENED", "Opened"),
                            ("CHANGED", "Raised again, in other words"),
                            ("WORSENED", "Became more severe"),
                            ("ACKNOWLEDGED", "Acknowledged"),
                            ("NOTED", "Noted"),
                            ("RESOLVED", "Resolved"),
                        ],
                        max_length=12,
                    ),
                ),
                ("said_by", models.CharField(max_length=120)),
                ("text", models.CharField(blank=True, db_default="", default="", max_length=1000)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="ops.incident"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("step__in", ["OPENED", "CHANGED", "WORSENED", "ACKNOWLEDGED", "NOTED", "RESOLVED"])
                        ),
                        name="incident_step_is_known",
                    )
                ],
            },
        ),
        append_only("ops_incidentline"),
        migrations.RunSQL(
            (SQL / "incidents.sql").read_text(),
            """
            DROP TRIGGER incident_rules ON ops_incident;
            DROP FUNCTION ops_check_incident();
            """,
        ),
    ]
