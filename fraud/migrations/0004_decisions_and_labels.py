"""Decisions carry their model, their source and what was held back; labels get a table."""

import django.db.models.deletion
from django.db import migrations, models

from core.database.operations import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0003_modes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("payment_id", models.CharField(max_length=40)),
                ("payer_id", models.CharField(max_length=64)),
                ("payee_id", models.CharField(max_length=64, null=True)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("is_fraud", models.BooleanField()),
                ("strength", models.PositiveSmallIntegerField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("REPORT", "Reported by the marketplace"),
                            ("CHARGEBACK", "Chargeback"),
                            ("ACH_RETURN", "ACH return as unauthorised"),
                            ("DECISION", "Found in review"),
                            ("SILENCE", "Nobody complained in time"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(max_length=80)),
                ("event_at", models.DateTimeField()),
                ("known_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=120)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="ruleset",
            name="rule_set_state_is_known",
        ),
        migrations.AddField(
            model_name="assessment",
            name="allowed_by",
            field=models.CharField(blank=True, db_default="", max_length=60),
        ),
        migrations.AddField(
            model_name="assessment",
            name="arm",
            field=models.CharField(
                blank=True, choices=[("CANDIDATE", "Candidate"), ("CONTROL", "Control")], db_default="", max_length=9
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="bypass_turn",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="challenger_raw",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="challenger_score",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="challenger_version",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="contributions",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="assessment",
            name="degraded",
            field=models.CharField(blank=True, db_default="", max_length=60),
        ),
        migrations.AddField(
            model_name="assessment",
            name="feature_source",
            field=models.CharField(
                choices=[("REDIS", "Redis"), ("DATABASE", "Database"), ("NONE", "None")],
                db_default="DATABASE",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="held_back",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="assessment",
            name="model_raw",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="model_score",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="model_version",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AddField(
            model_name="assessment",
            name="rescores",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="fraud.assessment",
            ),
        ),
        migrations.AddField(
            model_name="assessment",
            name="shadow",
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name="ruleset",
            name="state",
            field=models.CharField(
                choices=[
                    ("DRAFT", "Draft"),
                    ("SHADOW", "Shadow"),
                    ("SHARED", "Shared"),
                    ("ACTIVE", "Active"),
                    ("RETIRED", "Retired"),
                ],
                max_length=7,
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["DRAFT", "SHADOW", "SHARED", "ACTIVE", "RETIRED"])),
                name="rule_set_state_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="label",
            index=models.Index(fields=["livemode", "event_at", "id"], name="label_by_event"),
        ),
        migrations.AddIndex(
            model_name="label",
            index=models.Index(fields=["livemode", "known_at", "id"], name="label_by_known"),
        ),
        migrations.AddIndex(
            model_name="label",
            index=models.Index(fields=["livemode", "payee_id", "known_at"], name="label_by_payee"),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.UniqueConstraint(
                fields=("livemode", "payment_id", "source", "reference"), name="payment_is_labelled_once_per_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["REPORT", "CHARGEBACK", "ACH_RETURN", "DECISION", "SILENCE"])),
                name="label_source_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.CheckConstraint(
                condition=models.Q(("strength__range", (1, 100))), name="label_strength_is_in_hundredths"
            ),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.CheckConstraint(
                condition=models.Q(("known_at__gte", models.F("event_at"))), name="label_is_known_after_the_payment"
            ),
        ),
        append_only("fraud_label"),
    ]
