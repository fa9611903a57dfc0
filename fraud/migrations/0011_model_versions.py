"""Models with their evidence; what they are is fixed, and which one judges is signed."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0010_queue_review_work"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("origin", models.CharField(max_length=200)),
                (
                    "variables",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), size=None),
                ),
                ("source", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("booster", models.TextField()),
                ("parameters", models.JSONField()),
                ("parity_rows", models.PositiveIntegerField()),
                ("parity_columns", models.PositiveIntegerField()),
                ("parity_difference", models.FloatField()),
                ("curve", models.JSONField()),
                ("line", models.JSONField()),
                ("metrics", models.JSONField()),
                ("importance", models.JSONField()),
                ("references", models.JSONField()),
                ("payments", models.PositiveIntegerField()),
                ("frauds", models.PositiveIntegerField()),
                ("from_at", models.DateTimeField()),
                ("trained_to", models.DateTimeField()),
                ("validated_from", models.DateTimeField()),
                ("to_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("CANDIDATE", "Candidate"),
                            ("CHALLENGER", "Challenger"),
                            ("CHAMPION", "Champion"),
                            ("RETIRED", "Retired"),
                        ],
                        default="CANDIDATE",
                        max_length=10,
                    ),
                ),
                ("approval_id", models.CharField(max_length=40, null=True, unique=True)),
                ("champion_at", models.DateTimeField(null=True)),
                (
                    "replaces",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="fraud.modelversion"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelTraining",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("training_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("from_at", models.DateTimeField()),
                ("to_at", models.DateTimeField()),
                ("delay_days", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("ORDERED", "Ordered"), ("DONE", "Done"), ("REFUSED", "Refused")],
                        default="ORDERED",
                        max_length=7,
                    ),
                ),
                ("refusal", models.CharField(blank=True, max_length=500)),
                ("asked_by", models.CharField(max_length=120)),
                ("asked_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "model",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trainings",
                        to="fraud.modelversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelExplanation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("assessment_id", models.CharField(max_length=40, unique=True)),
                ("contributions", models.JSONField()),
                ("bias", models.FloatField()),
                ("raw", models.FloatField()),
                ("created_at", models.DateTimeField()),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="explanations",
                        to="fraud.modelversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelDrift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("livemode", models.BooleanField()),
                ("variable", models.CharField(max_length=60)),
                ("day", models.DateField()),
                ("events", models.PositiveIntegerField()),
                ("psi", models.FloatField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("INSUFFICIENT", "Insufficient"),
                            ("STABLE", "Stable"),
                            ("WARN", "Warn"),
                            ("CRITICAL", "Critical"),
                        ],
                        max_length=12,
                    ),
                ),
                ("counts", models.JSONField()),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drifts",
                        to="fraud.modelversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ModelComparison",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("comparison_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("from_at", models.DateTimeField()),
                ("to_at", models.DateTimeField()),
                ("payments", models.PositiveIntegerField()),
                ("frauds", models.PositiveIntegerField()),
                ("result", models.JSONField()),
                ("checks", models.JSONField()),
                ("passed", models.BooleanField()),
                ("created_at", models.DateTimeField()),
                (
                    "challenger",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="comparisons", to="fraud.modelversion"
                    ),
                ),
                (
                    "champion",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="fraud.modelversion",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CHAMPION")), fields=("state",), name="one_model_is_champion"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CHALLENGER")), fields=("state",), name="one_model_is_challenger"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(fields=("sha256", "to_at"), name="model_is_registered_once"),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["CANDIDATE", "CHALLENGER", "CHAMPION", "RETIRED"])),
                name="model_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parity_difference__gte", 0), ("parity_difference__lte", 1e-12), ("parity_rows__gte", 1000)
                ),
                name="model_equals_its_booster",
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("from_at__lt", models.F("trained_to")),
                    ("trained_to__lte", models.F("validated_from")),
                    ("validated_from__lt", models.F("to_at")),
                ),
                name="model_is_measured_on_later_payments",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeltraining",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("model", None), ("refusal", ""), ("state", "ORDERED")),
                    models.Q(
                        ("finished_at__isnull", False), ("model__isnull", False), ("refusal", ""), ("state", "DONE")
                    ),
                    models.Q(
                        ("finished_at__isnull", False),
                        ("model", None),
                        ("state", "REFUSED"),
                        models.Q(("refusal", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="training_ends_with_a_model_or_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="modeltraining",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_at__lt", models.F("to_at"))), name="training_window_is_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="modeldrift",
            constraint=models.UniqueConstraint(
                fields=("model", "livemode", "day", "variable"), name="drift_is_measured_once_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="modeldrift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("psi", None), ("verdict", "INSUFFICIENT")),
                    models.Q(("psi__isnull", False), ("verdict__in", ["STABLE", "WARN", "CRITICAL"])),
                    _connector="OR",
                ),
                name="drift_verdict_has_an_index",
            ),
        ),
        migrations.RunSQL(
            (SQL / "models.sql").read_text(),
            """
            DROP TRIGGER model_rules ON fraud_modelversion;
            DROP TRIGGER training_rules ON fraud_modeltraining;
            DROP FUNCTION fraud_model_rules();
            DROP FUNCTION fraud_training_rules();
            """,
        ),
        append_only("fraud_modeldrift"),
        append_only("fraud_modelcomparison"),
        append_only("fraud_modelexplanation"),
    ]
