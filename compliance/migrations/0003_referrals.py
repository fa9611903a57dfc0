"""What is handed over to compliance."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0002_identity"),
    ]

    operations = [
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("referral_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                (
                    "subject_kind",
                    models.CharField(
                        choices=[("REVIEW_CASE", "Review case"), ("PAYMENT", "Payment"), ("PARTY", "Party")],
                        max_length=12,
                    ),
                ),
                ("subject_id", models.CharField(max_length=64)),
                ("party_ids", models.JSONField(default=list)),
                ("reason", models.CharField(max_length=1000)),
                ("referred_by", models.CharField(max_length=120)),
                ("opened_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("TAKEN", "Taken"), ("CLOSED", "Closed")],
                        default="OPEN",
                        max_length=6,
                    ),
                ),
                ("taken_by", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("UNFOUNDED", "Nothing to pursue"),
                            ("WATCHED", "The parties are watched"),
                            ("PURSUED", "Pursued as a suspicion"),
                        ],
                        db_default="",
                        default="",
                        max_length=9,
                    ),
                ),
                ("closing_reason", models.CharField(blank=True, db_default="", default="", max_length=1000)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["livemode", "state", "opened_at", "id"], name="referral_by_age")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "CLOSED"), _negated=True),
                        fields=("livemode", "subject_kind", "subject_id"),
                        name="subject_is_referred_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["OPEN", "TAKEN", "CLOSED"])), name="referral_state_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subject_kind__in", ["REVIEW_CASE", "PAYMENT", "PARTY"])),
                        name="referral_subject_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="referral_has_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "OPEN"), ("taken_at", None), ("taken_by", "")),
                            models.Q(
                                models.Q(("state", "OPEN"), _negated=True),
                                models.Q(("taken_by", ""), _negated=True),
                                ("taken_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="referral_is_taken_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("closed_at__isnull", False),
                                ("outcome__in", ["UNFOUNDED", "WATCHED", "PURSUED"]),
                                ("state", "CLOSED"),
                                models.Q(("closing_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state", "CLOSED"), _negated=True),
                                ("closed_at", None),
                                ("closing_reason", ""),
                                ("outcome", ""),
                            ),
                            _connector="OR",
                        ),
                        name="referral_is_closed_with_an_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("taken_by", models.F("referred_by")), _negated=True),
                        name="referral_is_taken_by_another",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (SQL / "referrals.sql").read_text(),
            """
            DROP TRIGGER referral_rules ON compliance_referral;
            DROP FUNCTION compliance_check_referral();
            """,
        ),
    ]
