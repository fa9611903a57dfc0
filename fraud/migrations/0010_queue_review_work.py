"""Cases by cause with their place in the queue, and what hangs on them; second reviews, skills, risk resets."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"

# What there is about held payments so far; decided cases are final, so their guard is off for this statement.
FILL = """
ALTER TABLE fraud_reviewcase DISABLE TRIGGER decided_case_is_final;
UPDATE fraud_reviewcase SET subject = 'payment:' || payment_id, due_at = next_action_at,
    priority = log(2, greatest(amount_minor, 1)::numeric)::float8
        - extract(epoch FROM next_action_at - timestamptz '2026-01-01 00:00:00+00') / 86400;
ALTER TABLE fraud_reviewcase ENABLE TRIGGER decided_case_is_final;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0009_scoring_bypass"),
        ("database", "0001_application_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="CaseHit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(blank=True, max_length=40)),
                ("payment_id", models.CharField(max_length=40, null=True)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("score", models.PositiveSmallIntegerField(null=True)),
                ("why", models.CharField(max_length=500)),
                ("found_by", models.CharField(max_length=120)),
                ("found_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CaseNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=2000)),
                ("written_by", models.CharField(max_length=120)),
                ("written_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CaseViewer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=120)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ReviewerSkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=120)),
                (
                    "skill",
                    models.CharField(
                        choices=[
                            ("HIGH_VALUE", "High value"),
                            ("ACCOUNT_TAKEOVER", "Account takeover"),
                            ("CARD_TESTING", "Card testing"),
                            ("SELLER", "Sellers"),
                        ],
                        max_length=20,
                    ),
                ),
                ("given_by", models.CharField(max_length=120)),
                ("given_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="RiskReset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("livemode", models.BooleanField()),
                ("party_id", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=1000)),
                ("reset_by", models.CharField(max_length=120)),
                ("reset_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SecondReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_by", models.CharField(max_length=120)),
                ("second_by", models.CharField(blank=True, max_length=120)),
                ("agrees", models.BooleanField(null=True)),
                ("drawn_at", models.DateTimeField()),
                ("concluded_at", models.DateTimeField(null=True)),
                (
                    "settled_outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("GENUINE", "Genuine"),
                            ("SUSPECTED_FRAUD", "Suspected fraud"),
                            ("CONFIRMED_FRAUD", "Confirmed fraud"),
                            ("UNDETERMINED", "Could not be determined"),
                        ],
                        max_length=15,
                    ),
                ),
                ("settled_reason", models.CharField(blank=True, max_length=1000)),
                ("settled_by", models.CharField(blank=True, max_length=120)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="reviewcase",
            name="case_queue",
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="assigned_to",
            field=models.CharField(blank=True, db_default="", max_length=120),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="boost",
            field=models.CharField(
                blank=True,
                choices=[
                    ("RETURNED", "Returned"),
                    ("ESCALATED", "Escalated"),
                    ("REASSIGNED", "Assigned"),
                    ("RAISED", "Put first"),
                ],
                db_default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="cause",
            field=models.CharField(
                choices=[
                    ("OUTCOME", "The score holds the payment"),
                    ("RULE", "A rule asks for a person"),
                    ("PERSON", "A person asks for another look"),
                    ("RESCORE", "Scored again, it would have been held"),
                    ("SECOND_REVIEW", "Second review"),
                ],
                db_default="OUTCOME",
                default="OUTCOME",
                max_length=13,
            ),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="expected_loss_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="hits",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="last_hit_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="level",
            field=models.CharField(
                choices=[("ANALYST", "Analyst"), ("LEAD", "Lead")],
                db_default="ANALYST",
                default="ANALYST",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="not_for",
            field=models.CharField(blank=True, db_default="", max_length=120),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="opened_by",
            field=models.CharField(db_default="SYSTEM:holdfast", default="SYSTEM:holdfast", max_length=120),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="priority",
            field=models.FloatField(db_default=0.0, default=0.0),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="rank",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="skills",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="snoozed_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="reviewcase",
            name="subject",
            field=models.CharField(max_length=80, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="reviewcase",
            name="due_at",
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name="reviewcase",
            name="subject",
            field=models.CharField(max_length=80),
        ),
        migrations.AlterField(
            model_name="reviewcase",
            name="capture_deadline",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="reviewcase",
            name="next_action_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="reviewcase",
            name="payment_id",
            field=models.CharField(max_length=40, null=True),
        ),
        migrations.AddIndex(
            model_name="observation",
            index=models.Index(
                condition=models.Q(("email_hash__isnull", False)),
                fields=["livemode", "email_hash", "-at"],
                name="observation_by_email",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewcase",
            index=models.Index(
                condition=models.Q(("state__in", ["OPEN", "CLAIMED"])),
                fields=["livemode", "-rank", "-priority", "-id"],
                name="case_queue",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewcase",
            index=models.Index(condition=models.Q(("state", "CLAIMED")), fields=["claimed_by"], name="case_by_holder"),
        ),
        migrations.AddIndex(
            model_name="reviewcase",
            index=models.Index(fields=["payment_id"], name="case_by_payment"),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["OPEN", "CLAIMED"])),
                fields=("livemode", "subject", "cause"),
                name="one_case_waits_per_subject_and_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("cause", "OUTCOME")), fields=("payment_id",), name="payment_is_held_for_review_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.CheckConstraint(
                condition=models.Q(("cause__in", ["OUTCOME", "RULE", "PERSON", "RESCORE", "SECOND_REVIEW"])),
                name="case_cause_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("capture_deadline__isnull", True), ("next_action_at__isnull", True)),
                    models.Q(
                        ("capture_deadline__isnull", False),
                        ("next_action_at__isnull", False),
                        ("payment_id__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="case_holds_a_payment_or_nothing",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("boost", ""), ("rank", 0)),
                    models.Q(("boost__in", ["RETURNED", "ESCALATED", "REASSIGNED", "RAISED"]), ("rank", 1)),
                    _connector="OR",
                ),
                name="case_stands_first_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.CheckConstraint(
                condition=models.Q(("snoozed_until__isnull", True), ("state", "OPEN"), _connector="OR"),
                name="snoozed_case_is_held_by_nobody",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("level", "ANALYST"),
                    models.Q(("level", "LEAD"), models.Q(("not_for", ""), _negated=True)),
                    _connector="OR",
                ),
                name="escalated_case_names_who_gave_it_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("not_for", ""),
                    models.Q(("state", "CLAIMED"), _negated=True),
                    models.Q(("claimed_by", models.F("not_for")), _negated=True),
                    _connector="OR",
                ),
                name="case_is_not_held_by_who_may_not",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("not_for", ""),
                    models.Q(("state", "DECIDED"), _negated=True),
                    models.Q(("decided_by", models.F("not_for")), _negated=True),
                    _connector="OR",
                ),
                name="case_is_not_decided_by_who_may_not",
            ),
        ),
        migrations.AddField(
            model_name="casehit",
            name="assessment",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="fraud.assessment"
            ),
        ),
        migrations.AddField(
            model_name="casehit",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="further_hits", to="fraud.reviewcase"
            ),
        ),
        migrations.AddField(
            model_name="casenote",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="fraud.reviewcase"
            ),
        ),
        migrations.AddField(
            model_name="caseviewer",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="viewers", to="fraud.reviewcase"
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewerskill",
            constraint=models.UniqueConstraint(fields=("person", "skill"), name="skill_is_given_once"),
        ),
        migrations.AddConstraint(
            model_name="reviewerskill",
            constraint=models.CheckConstraint(
                condition=models.Q(("skill__in", ["HIGH_VALUE", "ACCOUNT_TAKEOVER", "CARD_TESTING", "SELLER"])),
                name="review_skill_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="riskreset",
            index=models.Index(fields=["livemode", "party_id", "-reset_at"], name="risk_reset_by_party"),
        ),
        migrations.AddConstraint(
            model_name="riskreset",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="risk_is_reset_for_a_reason"
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="first",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="looked_at_again", to="fraud.reviewcase"
            ),
        ),
        migrations.AddField(
            model_name="secondreview",
            name="second",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="looks_at", to="fraud.reviewcase"
            ),
        ),
        migrations.AddConstraint(
            model_name="casehit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True),
                fields=("case", "reference"),
                name="hit_is_attached_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="casenote",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="case_note_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="caseviewer",
            constraint=models.UniqueConstraint(fields=("case", "person"), name="viewer_is_counted_once_per_case"),
        ),
        migrations.AddIndex(
            model_name="secondreview",
            index=models.Index(fields=["-concluded_at", "-id"], name="second_review_by_end"),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("second_by", models.F("first_by")), _negated=True),
                name="second_review_is_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agrees__isnull", True), ("concluded_at", None), ("second_by", "")),
                    models.Q(
                        ("agrees__isnull", False),
                        ("concluded_at__isnull", False),
                        models.Q(("second_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="second_review_is_concluded_whole_or_not_at_all",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("settled_by", ""), ("settled_outcome", ""), ("settled_reason", "")),
                    models.Q(
                        ("agrees", False),
                        ("settled_at__isnull", False),
                        ("settled_outcome__in", ["GENUINE", "SUSPECTED_FRAUD", "CONFIRMED_FRAUD", "UNDETERMINED"]),
                        models.Q(("settled_by", ""), _negated=True),
                        models.Q(("settled_reason", ""), _negated=True),
                        models.Q(("settled_by", models.F("first_by")), _negated=True),
                        models.Q(("settled_by", models.F("second_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="difference_is_settled_by_a_third",
            ),
        ),
        append_only("fraud_casehit"),
        append_only("fraud_casenote"),
        append_only("fraud_riskreset"),
        migrations.RunSQL((SQL / "review_work.sql").read_text(), (SQL / "review_work_undone.sql").read_text()),
    ]
