"""Where parties are paid."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0004_queue_phone_index"),
        ("approvals", "0001_initial"),
        ("database", "0001_application_role"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("holder_name", models.CharField(max_length=100)),
                (
                    "account_type",
                    models.CharField(choices=[("CHECKING", "Checking"), ("SAVINGS", "Savings")], max_length=8),
                ),
                ("routing_number", models.CharField(max_length=9)),
                ("last4", models.CharField(max_length=4)),
                ("sealed", models.BinaryField()),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("ACTIVE", "Active"),
                            ("RETIRED", "Retired"),
                            ("REJECTED", "Rejected"),
                        ],
                        default="PENDING",
                        max_length=8,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("requested_by", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                ("approval_id", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("active_from", models.DateTimeField(null=True)),
                ("activated_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, db_default="", default="", max_length=120)),
                ("ended_reason", models.CharField(blank=True, db_default="", default="", max_length=500)),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bank_accounts", to="compliance.party"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["livemode", "-created_at", "-id"], name="bank_account_newest_first"),
                    models.Index(fields=["livemode", "state", "-created_at", "-id"], name="bank_account_by_state"),
                    models.Index(fields=["party", "-created_at", "-id"], name="bank_account_by_party"),
                    models.Index(fields=["fingerprint", "id"], name="bank_account_by_fingerprint"),
                    models.Index(
                        condition=models.Q(("active_from__isnull", False), ("state", "PENDING")),
                        fields=["active_from", "id"],
                        name="bank_account_cooling_off",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "ACTIVE")), fields=("party",), name="party_has_one_active_account"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "PENDING")),
                        fields=("party",),
                        name="party_has_one_pending_account",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("approval_id", ""), _negated=True),
                        fields=("approval_id",),
                        name="bank_account_has_its_own_approval",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["PENDING", "ACTIVE", "RETIRED", "REJECTED"])),
                        name="bank_account_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("account_type__in", ["CHECKING", "SAVINGS"])),
                        name="bank_account_type_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("holder_name", ""), _negated=True), name="bank_account_has_a_holder"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last4__regex", "^[0-9A-Z]{2,4}$")), name="bank_account_shows_four_at_most"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fingerprint__regex", "^[0-9a-f]{64}$")),
                        name="bank_account_fingerprint_is_a_hash",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("activated_at", None), ("state__in", ("PENDING", "REJECTED"))),
                            models.Q(
                                ("activated_at__gte", models.F("active_from")),
                                ("activated_at__isnull", False),
                                ("active_from__gte", models.F("created_at")),
                                ("active_from__isnull", False),
                                ("state__in", ("ACTIVE", "RETIRED")),
                            ),
                            _connector="OR",
                        ),
                        name="bank_account_cools_off_first",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state__in", ("RETIRED", "REJECTED")),
                                models.Q(("ended_by", ""), _negated=True),
                                models.Q(("ended_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state__in", ("RETIRED", "REJECTED")), _negated=True),
                                ("ended_at", None),
                                ("ended_by", ""),
                                ("ended_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="bank_account_ends_for_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            (SQL / "bank_accounts.sql").read_text(),
            """
            DROP TRIGGER bank_account_rules ON compliance_bankaccount;
            DROP FUNCTION compliance_check_bank_account();
            ALTER TABLE compliance_bankaccount DROP CONSTRAINT bank_account_routing_number_has_its_check_digit;
            """,
        ),
    ]
