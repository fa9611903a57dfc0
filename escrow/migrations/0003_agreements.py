"""Agreements: terms in versions, parts that end once, locks and timers. What is held already is one part each."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0004_queue_phone_index"),
        ("escrow", "0002_payment"),
        ("payments", "0003_found_by_last4_and_file_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Condition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("condition_id", models.CharField(max_length=64)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("SERVICE_COMPLETION", "Service Completion"),
                            ("TIME_ELAPSED", "Time Elapsed"),
                            ("MANUAL_APPROVAL", "Manual Approval"),
                            ("MILESTONE_REACHED", "Milestone Reached"),
                        ],
                        max_length=18,
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("MET", "Met"), ("LAPSED", "Lapsed")], default="OPEN", max_length=6
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("met_at", models.DateTimeField(null=True)),
                ("met_by", models.CharField(blank=True, max_length=120)),
                ("inspection_ends_at", models.DateTimeField(null=True)),
                ("evidence", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="Lock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("TIME_LOCK", "Time Lock"),
                            ("APPROVALS", "Approvals"),
                            ("COMPLIANCE", "Compliance"),
                            ("FRAUD", "Fraud"),
                            ("RECONCILIATION", "Reconciliation"),
                        ],
                        max_length=14,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("reference", models.CharField(blank=True, max_length=64)),
                ("placed_by", models.CharField(max_length=120)),
                ("placed_at", models.DateTimeField()),
                ("lifted_by", models.CharField(blank=True, max_length=120)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_note", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="Movement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("RELEASE", "Release"), ("REFUND", "Refund"), ("TAKEN_BACK", "Taken Back")],
                        max_length=10,
                    ),
                ),
                ("amount_minor", models.BigIntegerField()),
                ("entry_id", models.CharField(max_length=40)),
                ("transaction_id", models.CharField(max_length=40)),
                ("reference", models.CharField(blank=True, max_length=64)),
                ("approval_id", models.CharField(blank=True, db_default="", default="", max_length=40)),
                ("by", models.CharField(max_length=120)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Part",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("HELD", "Held"),
                            ("RELEASED", "Released"),
                            ("REFUNDED", "Refunded"),
                            ("DIVIDED", "Divided"),
                        ],
                        default="HELD",
                        max_length=8,
                    ),
                ),
                ("condition_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("digest", models.CharField(max_length=71)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PROPOSED", "Proposed"),
                            ("AGREED", "Agreed"),
                            ("SUPERSEDED", "Superseded"),
                            ("REJECTED", "Rejected"),
                            ("LAPSED", "Lapsed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("proposed_by", models.CharField(max_length=120)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("payer_agreed_at", models.DateTimeField(null=True)),
                ("payer_agreed_by", models.CharField(blank=True, max_length=120)),
                ("payee_agreed_at", models.DateTimeField(null=True)),
                ("payee_agreed_by", models.CharField(blank=True, max_length=120)),
                ("created_at", models.DateTimeField()),
                ("in_force_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "terms",
            },
        ),
        migrations.CreateModel(
            name="Timer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("FUNDING_EXPIRY", "Funding Expiry"),
                            ("CONDITION_TIMEOUT", "Condition Timeout"),
                            ("INSPECTION_END", "Inspection End"),
                            ("TIME_LOCK_END", "Time Lock End"),
                            ("AUTO_RELEASE", "Auto Release"),
                            ("AUTO_REFUND", "Auto Refund"),
                            ("WARNING", "Warning"),
                            ("APPROVAL_TIMEOUT", "Approval Timeout"),
                            ("AMENDMENT_EXPIRY", "Amendment Expiry"),
                            ("DISPUTE_WINDOW_END", "Dispute Window End"),
                            ("EVIDENCE_DUE", "Evidence Due"),
                            ("AUTO_RESOLUTION", "Auto Resolution"),
                            ("RESERVE_END", "Reserve End"),
                        ],
                        max_length=20,
                    ),
                ),
                ("key", models.CharField(blank=True, max_length=80)),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("FIRED", "Fired"), ("STOPPED", "Stopped")],
                        default="PENDING",
                        max_length=7,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("late_seconds", models.PositiveIntegerField(null=True)),
                ("outcome", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="escrow",
            name="escrow_amount_is_positive",
        ),
        migrations.RemoveConstraint(
            model_name="escrow",
            name="escrow_gives_back_no_more_than_it_holds",
        ),
        migrations.AddField(
            model_name="escrow",
            name="account",
            field=models.CharField(default="", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="escrow",
            name="available_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="escrow",
            name="available_why",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="escrow",
            name="claim_id",
            field=models.BigIntegerField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="escrow",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="escrow",
            name="compliance_flags",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="escrow",
            name="created_by",
            field=models.CharField(db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="escrow",
            name="fee_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="escrow",
            name="funding_rail",
            field=models.CharField(
                blank=True,
                choices=[("CARD", "Card"), ("BANK", "Bank"), ("ACH", "Ach")],
                db_default="",
                default="",
                max_length=4,
            ),
        ),
        migrations.AddField(
            model_name="escrow",
            name="metadata",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name="escrow",
            name="next_due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="escrow",
            name="released_minor",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="escrow",
            name="risk_score",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="escrow",
            name="service_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="escrow",
            name="version",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.RunSQL(
            """
            UPDATE escrow_escrow SET account = public_id, funding_rail = 'CARD',
                closed_at = CASE WHEN status IN ('RELEASED', 'REFUNDED') THEN updated_at END
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="escrow",
            name="account",
            field=models.CharField(max_length=32, unique=True),
        ),
        migrations.AlterField(
            model_name="escrow",
            name="booking_id",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AlterField(
            model_name="escrow",
            name="funded_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="escrow",
            name="payment",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.payment"
            ),
        ),
        migrations.AddIndex(
            model_name="escrow",
            index=models.Index(fields=["livemode", "status", "-created_at", "-id"], name="escrow_by_status"),
        ),
        migrations.AddIndex(
            model_name="escrow",
            index=models.Index(
                condition=models.Q(("next_due_at__isnull", False)), fields=["next_due_at", "id"], name="escrow_by_due"
            ),
        ),
        migrations.AddIndex(
            model_name="escrow",
            index=models.Index(
                condition=models.Q(("status", "CREATED")), fields=["livemode", "booking_id"], name="escrow_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="escrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", models.F("fee_minor")), ("fee_minor__gte", 0)),
                name="escrow_amount_is_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="escrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_minor__gte", 0),
                    ("released_minor__gte", 0),
                    (
                        "amount_minor__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("fee_minor"), "+", models.F("released_minor")
                            ),
                            "+",
                            models.F("refunded_minor"),
                        ),
                    ),
                ),
                name="escrow_gives_back_no_more_than_it_holds",
            ),
        ),
        migrations.AddConstraint(
            model_name="escrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("funded_at__isnull", True),
                        ("funding_rail", ""),
                        ("refunded_minor", 0),
                        ("released_minor", 0),
                        ("status__in", ["CREATED", "REFUNDED"]),
                    ),
                    models.Q(
                        ("funded_at__isnull", False),
                        models.Q(("funding_rail", ""), _negated=True),
                        models.Q(("status", "CREATED"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="escrow_is_funded_before_it_moves",
            ),
        ),
        migrations.AddConstraint(
            model_name="escrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at__isnull", False), ("status__in", ["REFUNDED", "RELEASED"])),
                    models.Q(
                        models.Q(("status__in", ["REFUNDED", "RELEASED"]), _negated=True), ("closed_at__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="escrow_is_closed_when_it_ended",
            ),
        ),
        migrations.AddField(
            model_name="condition",
            name="escrow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="conditions", to="escrow.escrow"
            ),
        ),
        migrations.AddField(
            model_name="lock",
            name="escrow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="locks", to="escrow.escrow"
            ),
        ),
        migrations.AddField(
            model_name="movement",
            name="escrow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="movements", to="escrow.escrow"
            ),
        ),
        migrations.AddField(
            model_name="part",
            name="escrow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="parts", to="escrow.escrow"
            ),
        ),
        migrations.AddField(
            model_name="part",
            name="parent",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="children", to="escrow.part"
            ),
        ),
        migrations.AddField(
            model_name="movement",
            name="part",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="movement", to="escrow.part"
            ),
        ),
        migrations.AddField(
            model_name="terms",
            name="escrow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="terms_versions", to="escrow.escrow"
            ),
        ),
        migrations.AddField(
            model_name="condition",
            name="terms",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="conditions",
                to="escrow.terms",
            ),
        ),
        migrations.AddField(
            model_name="timer",
            name="escrow",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="timers", to="escrow.escrow"
            ),
        ),
        migrations.AddConstraint(
            model_name="lock",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("escrow", "reason"),
                name="escrow_is_locked_once_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="lock",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["TIME_LOCK", "APPROVALS", "COMPLIANCE", "FRAUD", "RECONCILIATION"])),
                name="lock_reason_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lifted_at__isnull", True), ("lifted_by", "")),
                    models.Q(("lifted_at__isnull", False), models.Q(("lifted_by", ""), _negated=True)),
                    _connector="OR",
                ),
                name="lock_is_lifted_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="part",
            constraint=models.UniqueConstraint(fields=("escrow", "number"), name="part_number_is_unique"),
        ),
        migrations.AddConstraint(
            model_name="part",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="part_amount_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="part",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["HELD", "RELEASED", "REFUNDED", "DIVIDED"])),
                name="part_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="part",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at__isnull", True), ("state", "HELD")),
                    models.Q(models.Q(("state", "HELD"), _negated=True), ("settled_at__isnull", False)),
                    _connector="OR",
                ),
                name="part_is_settled_when_it_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="movement",
            index=models.Index(fields=["entry_id"], name="movement_by_entry"),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["RELEASE", "REFUND", "TAKEN_BACK"])), name="movement_kind_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="movement",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="movement_amount_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.UniqueConstraint(fields=("escrow", "version"), name="terms_version_is_unique"),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "AGREED")), fields=("escrow",), name="one_version_of_terms_is_in_force"
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "PROPOSED")), fields=("escrow",), name="one_amendment_is_open_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["PROPOSED", "AGREED", "SUPERSEDED", "REJECTED", "LAPSED"])),
                name="terms_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["AGREED", "SUPERSEDED"]), _negated=True),
                    models.Q(
                        ("in_force_at__isnull", False),
                        ("payee_agreed_at__isnull", False),
                        ("payer_agreed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="terms_are_agreed_by_both",
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.UniqueConstraint(fields=("terms", "condition_id"), name="condition_is_named_once"),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["OPEN", "MET", "LAPSED"])), name="condition_state_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("type__in", ["SERVICE_COMPLETION", "TIME_ELAPSED", "MANUAL_APPROVAL", "MILESTONE_REACHED"])
                ),
                name="condition_type_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="condition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("met_at__isnull", False), ("state", "MET"), models.Q(("met_by", ""), _negated=True)),
                    models.Q(models.Q(("state", "MET"), _negated=True), ("met_at__isnull", True), ("met_by", "")),
                    _connector="OR",
                ),
                name="condition_is_met_by_somebody",
            ),
        ),
        migrations.AddIndex(
            model_name="timer",
            index=models.Index(condition=models.Q(("state", "PENDING")), fields=["due_at", "id"], name="timer_by_due"),
        ),
        migrations.AddIndex(
            model_name="timer",
            index=models.Index(fields=["escrow", "due_at", "id"], name="timer_of_escrow"),
        ),
        migrations.AddConstraint(
            model_name="timer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "PENDING")), fields=("escrow", "kind", "key"), name="timer_is_set_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="timer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "FUNDING_EXPIRY",
                            "CONDITION_TIMEOUT",
                            "INSPECTION_END",
                            "TIME_LOCK_END",
                            "AUTO_RELEASE",
                            "AUTO_REFUND",
                            "WARNING",
                            "APPROVAL_TIMEOUT",
                            "AMENDMENT_EXPIRY",
                            "DISPUTE_WINDOW_END",
                            "EVIDENCE_DUE",
                            "AUTO_RESOLUTION",
                            "RESERVE_END",
                        ],
                    )
                ),
                name="timer_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="timer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state", "PENDING")),
                    models.Q(("state__in", ["FIRED", "STOPPED"]), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="timer_ends_once",
            ),
        ),
    ]
