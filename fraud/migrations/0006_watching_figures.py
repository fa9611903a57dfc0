"""Days counted for the dashboards, unusual patterns, weekly reports, and the indexes of their lists."""

import django.db.models.expressions
from django.db import migrations, models

from core.database.operations import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0005_watching_label_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyAnalyst",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("livemode", models.BooleanField()),
                ("day", models.DateField()),
                ("analyst", models.CharField(max_length=120)),
                ("approved", models.PositiveIntegerField()),
                ("declined", models.PositiveIntegerField()),
                ("found_fraud", models.PositiveIntegerField()),
                ("found_genuine", models.PositiveIntegerField()),
                ("timed", models.PositiveIntegerField()),
                ("seconds", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="DailyRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("livemode", models.BooleanField()),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("rule_set_version", models.PositiveIntegerField()),
                ("code", models.CharField(max_length=60)),
                ("hits", models.PositiveIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("fraud", models.PositiveIntegerField()),
                ("fraud_minor", models.BigIntegerField()),
                ("genuine", models.PositiveIntegerField()),
                ("alone", models.PositiveIntegerField()),
                ("alone_fraud", models.PositiveIntegerField()),
                ("alone_genuine", models.PositiveIntegerField()),
                ("held_back", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="DailyScores",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("livemode", models.BooleanField()),
                ("day", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("APPROVE", "Approve"),
                            ("REVIEW", "Review"),
                            ("BLOCK", "Block"),
                            ("INVESTIGATE", "Investigate"),
                            ("NO_ADVICE", "No Advice"),
                        ],
                        max_length=11,
                    ),
                ),
                ("score_up_to", models.PositiveSmallIntegerField(null=True)),
                ("decisions", models.PositiveIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("degraded", models.PositiveIntegerField()),
                ("bypassed", models.PositiveIntegerField()),
                ("fraud", models.PositiveIntegerField()),
                ("fraud_minor", models.BigIntegerField()),
                ("genuine", models.PositiveIntegerField()),
                ("genuine_minor", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="FigureDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("livemode", models.BooleanField()),
                ("day", models.DateField()),
                ("built_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="UnusualPattern",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pattern_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("COUNTRY", "Country of the address"),
                            ("BIN", "First digits of the card"),
                            ("DEVICE", "Device"),
                            ("SELLER", "Seller"),
                        ],
                        max_length=7,
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[("ATTEMPTS", "attempts"), ("REFUSED", "attempts that did not go through")],
                        max_length=8,
                    ),
                ),
                ("subject", models.CharField(max_length=128)),
                ("seen", models.PositiveIntegerField()),
                ("peak", models.PositiveIntegerField()),
                ("expected", models.FloatField()),
                ("limit", models.FloatField()),
                ("baseline", models.JSONField()),
                ("amount_minor", models.BigIntegerField()),
                ("window_minutes", models.PositiveIntegerField()),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="WeeklyReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("week", models.DateField()),
                ("numbers", models.JSONField()),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                condition=models.Q(("rescores__isnull", True)),
                fields=["livemode", "created_at", "id"],
                name="assessment_by_time",
            ),
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                condition=models.Q(models.Q(("outcome", "APPROVE"), _negated=True), ("rescores__isnull", True)),
                fields=["livemode", "created_at", "id"],
                name="assessment_not_approved",
            ),
        ),
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                condition=models.Q(
                    models.Q(
                        models.Q(("degraded", ""), _negated=True), ("bypass_turn__isnull", False), _connector="OR"
                    ),
                    ("rescores__isnull", True),
                ),
                fields=["livemode", "created_at", "id"],
                name="assessment_out_of_order",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewcase",
            index=models.Index(
                condition=models.Q(("state", "DECIDED")), fields=["livemode", "decided_at"], name="case_by_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyanalyst",
            constraint=models.UniqueConstraint(
                fields=("livemode", "day", "analyst"), name="daily_analyst_is_counted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyrule",
            constraint=models.UniqueConstraint(
                fields=("livemode", "day", "currency", "rule_set_version", "code"), name="daily_rule_is_counted_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyscores",
            constraint=models.UniqueConstraint(
                fields=("livemode", "day", "currency", "outcome", "score_up_to"),
                name="daily_scores_are_counted_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyscores",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "fraud__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("decisions"), "-", models.F("genuine")
                        ),
                    )
                ),
                name="daily_scores_have_one_label_each",
            ),
        ),
        migrations.AddConstraint(
            model_name="figureday",
            constraint=models.UniqueConstraint(fields=("livemode", "day"), name="figure_day_is_there_once"),
        ),
        migrations.AddIndex(
            model_name="unusualpattern",
            index=models.Index(fields=["livemode", "-first_seen_at", "-id"], name="pattern_by_time"),
        ),
        migrations.AddIndex(
            model_name="unusualpattern",
            index=models.Index(fields=["last_seen_at"], name="pattern_by_end"),
        ),
        migrations.AddConstraint(
            model_name="unusualpattern",
            constraint=models.UniqueConstraint(
                fields=("livemode", "kind", "measure", "subject", "first_seen_at"), name="unusual_pattern_begins_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="unusualpattern",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_seen_at__gte", models.F("first_seen_at")), ("peak__gte", models.F("seen"))),
                name="unusual_pattern_ends_after_it_began",
            ),
        ),
        migrations.AddConstraint(
            model_name="unusualpattern",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["COUNTRY", "BIN", "DEVICE", "SELLER"]), ("measure__in", ["ATTEMPTS", "REFUSED"])
                ),
                name="unusual_pattern_is_of_a_known_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.UniqueConstraint(fields=("livemode", "week"), name="week_is_reported_once"),
        ),
        migrations.AddConstraint(
            model_name="weeklyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("week__iso_week_day", 1)), name="reported_week_begins_on_a_monday"
            ),
        ),
        append_only("fraud_weeklyreport"),
    ]
