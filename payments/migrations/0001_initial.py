from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from core.database.operations import append_only

RULES = (Path(__file__).parent / "sql" / "payment_rules.sql").read_text()
DROP_RULES = """
DROP TRIGGER refund_rules ON payments_refund;
DROP TRIGGER payment_rules ON payments_payment;
DROP FUNCTION payments_check_refund();
DROP FUNCTION payments_check_payment();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("database", "0001_application_role"),
        ("compliance", "0001_initial"),
        ("fraud", "0002_history_and_fixed_rows"),
    ]

    operations = [
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=32, unique=True)),
                ("transaction_id", models.CharField(max_length=32, unique=True)),
                ("livemode", models.BooleanField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("PROCESSING", "Processing"),
                            ("COMPLETED", "Completed"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("AUTHORISE", "Authorise"),
                            ("HOLD", "Hold"),
                            ("CAPTURE", "Capture"),
                            ("VOID", "Void"),
                            ("DONE", "Done"),
                        ],
                        max_length=9,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("fee_basis_points", models.PositiveIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("net_minor", models.BigIntegerField()),
                ("refunded_minor", models.BigIntegerField(default=0)),
                ("refunded_fee_minor", models.BigIntegerField(default=0)),
                ("disputed_minor", models.BigIntegerField(default=0)),
                ("dispute_id", models.CharField(max_length=40, null=True)),
                ("booking_id", models.CharField(blank=True, max_length=100)),
                ("service_id", models.CharField(blank=True, max_length=100)),
                ("escrow_id", models.CharField(max_length=32, null=True, unique=True)),
                (
                    "payment_method",
                    models.CharField(
                        choices=[("card", "Card"), ("ach", "Ach"), ("wire", "Wire")], default="card", max_length=4
                    ),
                ),
                ("metadata", models.JSONField(default=dict)),
                ("card_token", models.CharField(max_length=40)),
                ("card_brand", models.CharField(max_length=20)),
                ("card_last4", models.CharField(max_length=4)),
                ("gateway", models.CharField(max_length=20)),
                ("network_id", models.CharField(blank=True, max_length=40)),
                ("fraud_score", models.PositiveSmallIntegerField(null=True)),
                ("fraud_outcome", models.CharField(max_length=11)),
                ("fraud_recommendation", models.CharField(max_length=11)),
                ("compliance_flags", models.JSONField(default=list)),
                ("client", models.JSONField(default=dict)),
                ("failure_code", models.CharField(blank=True, max_length=40)),
                (
                    "void_reason",
                    models.CharField(
                        blank=True,
                        choices=[("DECLINED", "Declined"), ("CANCELLED", "Cancelled"), ("LAPSED", "Lapsed")],
                        max_length=9,
                    ),
                ),
                ("ledger_hold", models.CharField(blank=True, max_length=40)),
                ("capture_deadline", models.DateTimeField(null=True)),
                ("resume_at", models.DateTimeField(null=True)),
                ("claim_id", models.BigIntegerField(null=True, unique=True)),
                ("created_by", models.CharField(max_length=120)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("captured_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "assessment",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="fraud.assessment",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.party",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.party",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="GatewayAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=40)),
                (
                    "operation",
                    models.CharField(
                        choices=[
                            ("AUTHORISE", "Authorise"),
                            ("CHARGE", "Charge"),
                            ("CAPTURE", "Capture"),
                            ("VOID", "Void"),
                            ("REFUND", "Refund"),
                            ("FIND", "Find"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("APPROVED", "Approved"),
                            ("DECLINED", "Declined"),
                            ("TIMED_OUT", "Timed Out"),
                            ("UNAVAILABLE", "Unavailable"),
                            ("REFUSED_BY_BREAKER", "Refused By Breaker"),
                            ("NOT_FOUND", "Not Found"),
                        ],
                        max_length=18,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("duration_ms", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attempts", to="payments.payment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=32, unique=True)),
                ("livemode", models.BooleanField()),
                (
                    "status",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("COMPLETED", "Completed"), ("FAILED", "Failed")], max_length=9
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("fee_minor", models.BigIntegerField()),
                ("net_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("network_id", models.CharField(blank=True, max_length=40)),
                ("failure_code", models.CharField(blank=True, max_length=40)),
                ("reserve_entry", models.CharField(max_length=40)),
                ("resume_at", models.DateTimeField(null=True)),
                ("claim_id", models.BigIntegerField(null=True, unique=True)),
                ("created_by", models.CharField(max_length=120)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
                ("completed_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="payments.payment"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SandboxCharge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=40, unique=True)),
                ("network_id", models.CharField(max_length=40)),
                ("livemode", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("AUTHORISED", "Authorised"),
                            ("CAPTURED", "Captured"),
                            ("VOIDED", "Voided"),
                            ("DECLINED", "Declined"),
                        ],
                        max_length=12,
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("behaviour", models.CharField(max_length=24)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("authorised_at", models.DateTimeField()),
                ("captured_at", models.DateTimeField(null=True)),
                ("capture_failed", models.BooleanField(default=False)),
                ("silent_until", models.DateTimeField(null=True)),
                ("settles_on_date", models.DateField(null=True)),
                ("settled_file", models.CharField(blank=True, max_length=120)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("settled_file", ""), ("settles_on_date__isnull", False)),
                        fields=["livemode", "settles_on_date"],
                        name="sandbox_charge_to_settle",
                    ),
                    models.Index(fields=["behaviour", "amount_minor"], name="sandbox_charge_behaviour"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gte", 0)), name="sandbox_charge_amount_is_not_negative"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SandboxRefund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reference", models.CharField(max_length=40, unique=True)),
                ("network_id", models.CharField(max_length=40)),
                ("accepted", models.BooleanField()),
                ("code", models.CharField(max_length=40)),
                ("amount_minor", models.BigIntegerField()),
                ("refunded_at", models.DateTimeField()),
                ("settles_on_date", models.DateField(null=True)),
                ("settled_file", models.CharField(blank=True, max_length=120)),
                ("charge", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="payments.sandboxcharge")),
            ],
        ),
        migrations.CreateModel(
            name="SettlementFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("gateway", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=120)),
                ("content", models.TextField()),
                (
                    "status",
                    models.CharField(
                        choices=[("STORED", "Stored"), ("IMPORTED", "Imported"), ("UNREADABLE", "Unreadable")],
                        max_length=10,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("livemode", models.BooleanField(null=True)),
                ("settlement_date", models.DateField(null=True)),
                ("lines", models.PositiveIntegerField(default=0)),
                ("net_minor", models.BigIntegerField(default=0)),
                ("received_at", models.DateTimeField()),
                ("imported_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["-received_at"], name="settlement_file_newest_first")],
            },
        ),
        migrations.CreateModel(
            name="SettlementMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_number", models.PositiveIntegerField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("MATCHED", "Matched"),
                            ("MISSING", "Missing"),
                            ("EXTRA", "Extra"),
                            ("DIFFERENT", "Different"),
                        ],
                        max_length=9,
                    ),
                ),
                ("kind", models.CharField(choices=[("CHARGE", "Charge"), ("REFUND", "Refund")], max_length=6)),
                ("livemode", models.BooleanField()),
                ("reference", models.CharField(max_length=40)),
                ("expected_minor", models.BigIntegerField(null=True)),
                ("stated_minor", models.BigIntegerField(null=True)),
                ("late", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matches",
                        to="payments.settlementfile",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlement_matches",
                        to="payments.payment",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlement_matches",
                        to="payments.refund",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["livemode", "-created_at", "-id"], name="payment_newest_first"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["livemode", "status", "-created_at", "-id"], name="payment_by_status"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["customer", "-created_at", "-id"], name="payment_by_customer"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("provider__isnull", False)),
                fields=["provider", "-created_at", "-id"],
                name="payment_by_provider",
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("resume_at__isnull", False)), fields=["resume_at"], name="payment_to_resume"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("step", "HOLD")), fields=["capture_deadline"], name="payment_on_hold"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("captured_at__isnull", False), ("settled_at__isnull", True)),
                fields=["captured_at"],
                name="payment_not_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="payment_amount_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("fee_minor"), "+", models.F("net_minor")
                        ),
                    ),
                    ("fee_minor__gte", 0),
                    ("net_minor__gte", 0),
                ),
                name="payment_fee_and_net_make_the_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disputed_minor__gte", 0),
                    ("refunded_minor__gte", 0),
                    (
                        "amount_minor__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("refunded_minor"), "+", models.F("disputed_minor")
                        ),
                    ),
                ),
                name="payment_gives_back_no_more_than_it_took",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_fee_minor__gte", 0),
                    ("refunded_fee_minor__lte", models.F("fee_minor")),
                    ("refunded_fee_minor__lte", models.F("refunded_minor")),
                ),
                name="payment_gives_back_no_more_fee_than_it_took",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disputed_minor", 0), ("refunded_minor", 0)), ("status", "COMPLETED"), _connector="OR"
                ),
                name="payment_is_captured_before_it_is_given_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"])),
                name="payment_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("resume_at__isnull", False),
                        ("status", "PROCESSING"),
                        ("step__in", ["AUTHORISE", "CAPTURE", "VOID"]),
                    ),
                    models.Q(("capture_deadline__isnull", False), ("status", "PENDING"), ("step", "HOLD")),
                    models.Q(
                        ("resume_at__isnull", True),
                        ("status__in", ["COMPLETED", "FAILED", "CANCELLED"]),
                        ("step", "DONE"),
                    ),
                    _connector="OR",
                ),
                name="payment_status_and_step_agree",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("captured_at__isnull", False), ("status", "COMPLETED")),
                    models.Q(models.Q(("status", "COMPLETED"), _negated=True), ("captured_at__isnull", True)),
                    _connector="OR",
                ),
                name="payment_is_captured_when_completed",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "FAILED"), _negated=True),
                    models.Q(("failure_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="failed_payment_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("step", "VOID"), models.Q(("void_reason", ""), _negated=True)),
                    models.Q(("step", "VOID"), _negated=True),
                    _connector="OR",
                ),
                name="void_says_why",
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("resume_at__isnull", False)), fields=["resume_at"], name="refund_to_resume"
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True), ("status", "COMPLETED")),
                fields=["completed_at"],
                name="refund_not_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="refund_amount_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("fee_minor"), "+", models.F("net_minor")
                        ),
                    ),
                    ("fee_minor__gte", 0),
                    ("net_minor__gte", 0),
                ),
                name="refund_fee_and_net_make_the_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("completed_at__isnull", True), ("resume_at__isnull", False), ("status", "PENDING")),
                    models.Q(("completed_at__isnull", False), ("resume_at__isnull", True), ("status", "COMPLETED")),
                    models.Q(
                        ("resume_at__isnull", True), ("status", "FAILED"), models.Q(("failure_code", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="refund_status_is_whole",
            ),
        ),
        migrations.AddIndex(
            model_name="sandboxrefund",
            index=models.Index(
                condition=models.Q(("settled_file", ""), ("settles_on_date__isnull", False)),
                fields=["settles_on_date"],
                name="sandbox_refund_to_settle",
            ),
        ),
        migrations.AddConstraint(
            model_name="sandboxrefund",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="sandbox_refund_amount_is_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="settlementmatch",
            index=models.Index(
                condition=models.Q(("resolved_at__isnull", True)),
                fields=["outcome", "-id"],
                name="settlement_match_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementmatch",
            constraint=models.UniqueConstraint(fields=("file", "line_number"), name="settlement_line_is_matched_once"),
        ),
        migrations.AddConstraint(
            model_name="settlementmatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "MISSING")),
                fields=("reference", "kind"),
                name="item_is_reported_missing_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementmatch",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "MATCHED")), fields=("reference", "kind"), name="item_is_settled_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementmatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("file__isnull", True), ("outcome", "MISSING")),
                    models.Q(models.Q(("outcome", "MISSING"), _negated=True), ("file__isnull", False)),
                    _connector="OR",
                ),
                name="missing_item_has_no_file",
            ),
        ),
        migrations.RunSQL(RULES, DROP_RULES),
        append_only("payments_gatewayattempt"),
    ]
