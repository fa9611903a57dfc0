"""Disputes with their evidence, what was lost late, what is kept back; and what the database refuses about them."""

from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0001_initial"),
        ("compliance", "0001_initial"),
        ("database", "0001_application_role"),
        ("escrow", "0015_timers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=32, unique=True)),
                ("livemode", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("EVIDENCE", "Evidence"),
                            ("ESCALATED", "Escalated"),
                            ("PROPOSED", "Proposed"),
                            ("RESOLVED", "Resolved"),
                            ("WITHDRAWN", "Withdrawn"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("PAYER", "Payer"), ("PAYEE", "Payee"), ("STAFF", "Staff"), ("NETWORK", "Network")],
                        max_length=7,
                    ),
                ),
                ("raised_by", models.CharField(max_length=120)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("NOT_DELIVERED", "The service was not delivered"),
                            ("NOT_AS_AGREED", "It is not what was agreed"),
                            ("CANCELLED", "It was cancelled"),
                            ("DUPLICATE", "Paid twice"),
                            ("WITHHELD", "Delivered, and not paid"),
                            ("UNAUTHORISED", "The payer did not order it"),
                            ("OTHER", "Something else"),
                        ],
                        max_length=13,
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=2000)),
                ("amount_minor", models.BigIntegerField()),
                ("taken_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("opened_at", models.DateTimeField()),
                ("evidence_due_at", models.DateTimeField()),
                ("auto_resolution_at", models.DateTimeField()),
                (
                    "auto_outcome",
                    models.CharField(
                        choices=[("RELEASE", "Release"), ("REFUND", "Refund"), ("SPLIT", "Split")], max_length=7
                    ),
                ),
                ("mediator", models.CharField(blank=True, max_length=254)),
                ("mediator_since", models.DateTimeField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("escalated_why", models.CharField(blank=True, max_length=500)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("RELEASE", "Release"), ("REFUND", "Refund"), ("SPLIT", "Split")],
                        max_length=7,
                    ),
                ),
                ("release_minor", models.BigIntegerField(null=True)),
                ("refund_minor", models.BigIntegerField(null=True)),
                ("approval_id", models.CharField(blank=True, max_length=40)),
                (
                    "resolved_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MEDIATOR", "by its mediator"),
                            ("SIGNED", "by signatures"),
                            ("CLOCK", "by the terms, at their day"),
                            ("NETWORK", "by the network that took the money back"),
                        ],
                        max_length=8,
                    ),
                ),
                ("resolution_reason", models.CharField(blank=True, max_length=500)),
                ("ended_by", models.CharField(blank=True, max_length=120)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "escrow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="disputes", to="escrow.escrow"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DisputeCause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ESCROW", "Escrow"),
                            ("CHARGEBACK", "Chargeback"),
                            ("ACH_RETURN", "Ach Return"),
                            ("RESTORED", "Restored"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(max_length=64)),
                ("amount_minor", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="causes", to="escrow.dispute"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("PAYER", "Payer"), ("PAYEE", "Payee"), ("STAFF", "Staff"), ("NETWORK", "Network")],
                        max_length=7,
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("STATEMENT", "Statement"), ("DOCUMENT", "Document")], max_length=9),
                ),
                ("name", models.CharField(blank=True, max_length=200)),
                ("media_type", models.CharField(blank=True, max_length=100)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("size_bytes", models.BigIntegerField(null=True)),
                ("text", models.TextField(blank=True, max_length=4000)),
                ("by", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="escrow.dispute"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
            },
        ),
        migrations.CreateModel(
            name="Receivable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=32, unique=True)),
                ("livemode", models.BooleanField()),
                ("cause", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("RECOVERED", "Recovered"), ("WRITTEN_OFF", "Written Off")],
                        default="OPEN",
                        max_length=11,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("recovered_minor", models.BigIntegerField(default=0)),
                ("written_off_minor", models.BigIntegerField(default=0)),
                ("currency", models.CharField(max_length=3)),
                ("approval_id", models.CharField(blank=True, max_length=40)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "escrow",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receivables",
                        to="escrow.escrow",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.party",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Recovery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("WITHHELD", "kept from what it is owed"),
                            ("SETTLED", "paid otherwise"),
                            ("WRITTEN_OFF", "written off"),
                        ],
                        max_length=11,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("entry_id", models.CharField(blank=True, max_length=40)),
                ("reference", models.CharField(blank=True, max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "receivable",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="recoveries", to="escrow.receivable"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "recoveries",
            },
        ),
        migrations.CreateModel(
            name="Reserve",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("transaction_id", models.CharField(max_length=40, unique=True)),
                ("amount_minor", models.BigIntegerField()),
                ("entry_id", models.CharField(max_length=40)),
                ("kept_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("end_entry_id", models.CharField(blank=True, max_length=40)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "escrow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reserves", to="escrow.escrow"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("PAYER", "Payer"), ("PAYEE", "Payee"), ("STAFF", "Staff"), ("NETWORK", "Network")],
                        max_length=7,
                    ),
                ),
                ("digest", models.CharField(max_length=71)),
                ("documents", models.PositiveSmallIntegerField()),
                ("by", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
                (
                    "dispute",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="escrow.dispute",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["livemode", "-opened_at", "-id"], name="dispute_newest_first"),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("state__in", ["ESCALATED", "EVIDENCE", "OPEN", "PROPOSED"])),
                fields=["livemode", "auto_resolution_at", "id"],
                name="dispute_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("state__in", ["ESCALATED", "EVIDENCE", "OPEN", "PROPOSED"])),
                fields=["livemode", "mediator", "auto_resolution_at", "id"],
                name="dispute_by_mediator",
            ),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["escrow", "-opened_at", "-id"], name="dispute_of_escrow"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["ESCALATED", "EVIDENCE", "OPEN", "PROPOSED"])),
                fields=("escrow",),
                name="escrow_has_one_open_dispute",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["OPEN", "EVIDENCE", "ESCALATED", "PROPOSED", "RESOLVED", "WITHDRAWN"])
                ),
                name="dispute_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["PAYER", "PAYEE", "STAFF", "NETWORK"])), name="dispute_side_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        [
                            "NOT_DELIVERED",
                            "NOT_AS_AGREED",
                            "CANCELLED",
                            "DUPLICATE",
                            "WITHHELD",
                            "UNAUTHORISED",
                            "OTHER",
                        ],
                    )
                ),
                name="dispute_reason_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0), ("taken_minor__gte", 0), ("taken_minor__lte", models.F("amount_minor"))
                ),
                name="dispute_amount_is_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("evidence_due_at__lte", models.F("auto_resolution_at")),
                    ("opened_at__lt", models.F("evidence_due_at")),
                ),
                name="dispute_deadlines_are_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ["PROPOSED", "RESOLVED"]),
                        models.Q(("outcome", ""), _negated=True),
                        ("refund_minor__gte", 0),
                        ("release_minor__gte", 0),
                    ),
                    models.Q(
                        models.Q(("state__in", ["PROPOSED", "RESOLVED"]), _negated=True),
                        ("outcome", ""),
                        ("refund_minor__isnull", True),
                        ("release_minor__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="dispute_outcome_has_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("release_minor__isnull", True),
                    (
                        "amount_minor__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("taken_minor"), "+", models.F("release_minor")
                            ),
                            "+",
                            models.F("refund_minor"),
                        ),
                    ),
                    _connector="OR",
                ),
                name="dispute_disposes_of_no_more_than_is_disputed",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome", ""),
                    models.Q(("outcome", "RELEASE"), ("refund_minor", 0)),
                    models.Q(("outcome", "REFUND"), ("release_minor", 0)),
                    models.Q(("outcome", "SPLIT"), ("refund_minor__gt", 0), ("release_minor__gt", 0)),
                    _connector="OR",
                ),
                name="dispute_outcome_fits_its_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("ended_at__isnull", False),
                        ("state__in", ["RESOLVED", "WITHDRAWN"]),
                        models.Q(("ended_by", ""), _negated=True),
                    ),
                    models.Q(
                        ("state__in", ["ESCALATED", "EVIDENCE", "OPEN", "PROPOSED"]),
                        ("ended_at__isnull", True),
                        ("ended_by", ""),
                    ),
                    _connector="OR",
                ),
                name="dispute_is_ended_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "RESOLVED"),
                        models.Q(("resolved_how", ""), _negated=True),
                        models.Q(("resolution_reason", ""), _negated=True),
                    ),
                    models.Q(models.Q(("state", "RESOLVED"), _negated=True), ("resolved_how", "")),
                    _connector="OR",
                ),
                name="dispute_resolution_says_how_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["ESCALATED", "PROPOSED"]), _negated=True),
                    ("escalated_at__isnull", False),
                    _connector="OR",
                ),
                name="dispute_is_escalated_at_a_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "EVIDENCE"), _negated=True),
                    models.Q(("mediator", ""), _negated=True),
                    _connector="OR",
                ),
                name="dispute_is_heard_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputecause",
            constraint=models.UniqueConstraint(fields=("kind", "reference"), name="cause_is_joined_once"),
        ),
        migrations.AddConstraint(
            model_name="disputecause",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["ESCROW", "CHARGEBACK", "ACH_RETURN", "RESTORED"])),
                name="cause_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputecause",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gte", 0)), name="cause_amount_is_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["dispute", "side", "id"], name="evidence_of_side"),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["PAYER", "PAYEE"])), name="evidence_is_of_a_party"
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "STATEMENT"), ("name", ""), ("sha256", ""), models.Q(("text", ""), _negated=True)
                    ),
                    models.Q(
                        ("kind", "DOCUMENT"), ("sha256__regex", "^[0-9a-f]{64}$"), models.Q(("name", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="evidence_is_a_statement_or_a_document",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_bytes__isnull", True), ("size_bytes__gte", 0), _connector="OR"),
                name="evidence_size_is_not_negative",
            ),
        ),
        migrations.AddIndex(
            model_name="receivable",
            index=models.Index(fields=["livemode", "-opened_at", "-id"], name="receivable_newest_first"),
        ),
        migrations.AddIndex(
            model_name="receivable",
            index=models.Index(fields=["livemode", "state", "-opened_at", "-id"], name="receivable_by_state"),
        ),
        migrations.AddIndex(
            model_name="receivable",
            index=models.Index(
                condition=models.Q(("state", "OPEN")), fields=["party", "id"], name="receivable_open_of_party"
            ),
        ),
        migrations.AddConstraint(
            model_name="receivable",
            constraint=models.UniqueConstraint(fields=("cause", "party"), name="receivable_is_opened_once_for_a_cause"),
        ),
        migrations.AddConstraint(
            model_name="receivable",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["OPEN", "RECOVERED", "WRITTEN_OFF"])),
                name="receivable_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="receivable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("recovered_minor__gte", 0),
                    ("written_off_minor__gte", 0),
                    (
                        "amount_minor__gte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("recovered_minor"), "+", models.F("written_off_minor")
                        ),
                    ),
                ),
                name="receivable_is_paid_no_more_than_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="receivable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "OPEN"), ("approval_id", ""), ("closed_at__isnull", True), ("written_off_minor", 0)
                    ),
                    models.Q(
                        models.Q(("state", "OPEN"), _negated=True),
                        (
                            "amount_minor",
                            django.db.models.expressions.CombinedExpression(
                                models.F("recovered_minor"), "+", models.F("written_off_minor")
                            ),
                        ),
                        ("closed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="receivable_is_closed_when_nothing_is_owed",
            ),
        ),
        migrations.AddConstraint(
            model_name="receivable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "WRITTEN_OFF"), ("written_off_minor__gt", 0)),
                    models.Q(models.Q(("state", "WRITTEN_OFF"), _negated=True), ("written_off_minor", 0)),
                    _connector="OR",
                ),
                name="receivable_is_written_off_by_an_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["WITHHELD", "SETTLED", "WRITTEN_OFF"])), name="recovery_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="recovery_amount_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="recovery",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "SETTLED"), models.Q(("entry_id", ""), _negated=True), _connector="OR"),
                name="recovery_has_its_entry",
            ),
        ),
        migrations.AddIndex(
            model_name="reserve",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["ends_at", "id"], name="reserve_by_end"
            ),
        ),
        migrations.AddConstraint(
            model_name="reserve",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="reserve_amount_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="reserve",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("kept_at"))), name="reserve_ends_after_it_began"
            ),
        ),
        migrations.AddConstraint(
            model_name="reserve",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_entry_id", ""), ("ended_at__isnull", True)),
                    models.Q(("ended_at__isnull", False), models.Q(("end_entry_id", ""), _negated=True)),
                    _connector="OR",
                ),
                name="reserve_ends_with_its_posting",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(fields=("dispute", "side"), name="evidence_is_submitted_once_by_a_side"),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("side__in", ["PAYER", "PAYEE"])), name="submission_is_of_a_party"
            ),
        ),
        migrations.RunSQL(
            (SQL / "disputes.sql").read_text(),
            """
            DROP TRIGGER reserve_rules ON escrow_reserve;
            DROP TRIGGER receivable_sums ON escrow_receivable;
            DROP TRIGGER receivable_rules ON escrow_receivable;
            DROP TRIGGER submission_rules ON escrow_submission;
            DROP TRIGGER evidence_rules ON escrow_evidence;
            DROP TRIGGER movement_in_dispute ON escrow_movement;
            DROP TRIGGER dispute_open ON escrow_dispute;
            DROP TRIGGER escrow_disputed ON escrow_escrow;
            DROP TRIGGER dispute_rules ON escrow_dispute;
            DROP FUNCTION escrow_check_reserve(), escrow_check_recovered(), escrow_check_receivable(),
                escrow_check_evidence(), escrow_check_movement_in_dispute(), escrow_check_disputed(),
                escrow_check_dispute();
            """,
        ),
        append_only("escrow_disputecause"),
        append_only("escrow_evidence"),
        append_only("escrow_submission"),
        append_only("escrow_recovery"),
    ]
