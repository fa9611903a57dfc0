from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0001_initial"),
        ("database", "0001_application_role"),
        ("escrow", "0004_rules"),
        ("ledger", "0002_adjustments"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReconciliationRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40, unique=True)),
                ("book", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                (
                    "origin",
                    models.CharField(
                        choices=[("NIGHTLY", "Nightly"), ("COMMAND", "Command"), ("PAGE", "Page"), ("API", "Api")],
                        max_length=7,
                    ),
                ),
                ("is_full", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("RUNNING", "Running"),
                            ("CLEAN", "Clean"),
                            ("BROKEN", "Broken"),
                            ("FAILED", "Failed"),
                        ],
                        max_length=7,
                    ),
                ),
                ("requested_by", models.CharField(max_length=120)),
                ("requested_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("checks", models.JSONField(default=list)),
                ("totals", models.JSONField(default=dict)),
                ("found", models.PositiveIntegerField(default=0)),
                ("fresh", models.PositiveIntegerField(default=0)),
                ("cleared", models.PositiveIntegerField(default=0)),
                ("milliseconds", models.PositiveIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "indexes": [models.Index(fields=["book", "-id"], name="run_newest_first")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["WAITING", "RUNNING"])),
                        fields=("book",),
                        name="book_is_reconciled_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("book__in", ["live", "test"])), name="run_book_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["NIGHTLY", "COMMAND", "PAGE", "API"])),
                        name="run_origin_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state__in", ["WAITING", "RUNNING"])),
                            models.Q(("finished_at__isnull", False), ("state__in", ["CLEAN", "BROKEN", "FAILED"])),
                            _connector="OR",
                        ),
                        name="run_is_finished_with_an_answer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("state", "CLEAN"), _negated=True), ("found", 0), _connector="OR"),
                        name="run_is_clean_without_breaks",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatementFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40, unique=True)),
                ("book", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                ("name", models.CharField(max_length=120)),
                ("format", models.CharField(blank=True, max_length=4)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[("STORED", "Stored"), ("READ", "Read"), ("UNREADABLE", "Unreadable")], max_length=10
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=200)),
                ("received_by", models.CharField(max_length=120)),
                ("received_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["book", "-id"], name="statement_file_newest_first")],
                "constraints": [
                    models.UniqueConstraint(fields=("sha256",), name="statement_content_is_taken_once"),
                    models.CheckConstraint(
                        condition=models.Q(("book__in", ["live", "test"])), name="statement_file_book_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("problem", ""), ("read_at__isnull", True), ("state", "STORED")),
                            models.Q(("problem", ""), ("read_at__isnull", False), ("state", "READ")),
                            models.Q(
                                ("read_at__isnull", False),
                                ("state", "UNREADABLE"),
                                models.Q(("problem", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="statement_file_is_read_or_says_why_not",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40, unique=True)),
                ("book", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                ("account_tail", models.CharField(blank=True, max_length=4)),
                ("currency", models.CharField(max_length=3)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("opening_minor", models.BigIntegerField()),
                ("closing_minor", models.BigIntegerField()),
                ("line_count", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="escrow.statementfile",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("day", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("description", models.CharField(blank=True, max_length=500)),
                ("code", models.CharField(blank=True, max_length=3)),
                (
                    "statement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="escrow.bankstatement",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LineMatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount_minor", models.BigIntegerField()),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("REFERENCE", "Same reference and amount"),
                            ("DAY", "The settlements of a day together"),
                            ("AMOUNT", "The only two of this amount"),
                            ("WRITE_OFF", "Written off"),
                        ],
                        max_length=9,
                    ),
                ),
                ("matched_at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.entry"
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="matches", to="escrow.statementline"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40, unique=True)),
                ("book", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                ("number", models.PositiveIntegerField()),
                ("document", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("previous_digest", models.CharField(blank=True, max_length=64)),
                ("key_id", models.CharField(max_length=40)),
                ("mac", models.BinaryField(max_length=32)),
                ("signed_at", models.DateTimeField()),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificate",
                        to="escrow.reconciliationrun",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("book", "number"), name="certificate_has_its_own_number"),
                    models.UniqueConstraint(fields=("book", "previous_digest"), name="certificate_follows_one_other"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number", 1), ("previous_digest", "")),
                            models.Q(("number__gt", 1), models.Q(("previous_digest", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="certificate_follows_the_one_before",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Break",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40, unique=True)),
                ("book", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("BALANCE_DIFFERS", "Escrow and ledger hold different amounts"),
                            ("PARTS_DIFFER", "Held parts do not make what the escrow holds"),
                            ("RELEASED_DIFFERS", "Releases do not make what the escrow says it released"),
                            ("REFUNDED_DIFFERS", "Refunds do not make what the escrow says it gave back"),
                            ("STATUS_DIFFERS", "Status and money say different things"),
                            ("ACCOUNT_WITHOUT_ESCROW", "The ledger holds money for no escrow"),
                            ("DIVISION_DIFFERS", "A divided part is not the sum of its parts"),
                            ("PART_UNSETTLED", "A part and its movement say different things"),
                            ("PART_SETTLED_TWICE", "A part has more than one movement"),
                            ("ENTRY_MISSING", "A movement names an entry the ledger does not have"),
                            ("ENTRY_DIFFERS", "A movement and its entry have different amounts"),
                            ("ENTRY_ELSEWHERE", "A movement's entry belongs to something else"),
                            ("POSTING_WITHOUT_MOVEMENT", "Money left an escrow and no movement says why"),
                            ("COVER_SHORT", "More is owed than there is money"),
                            ("BANK_BALANCE_DIFFERS", "Ledger and bank do not explain each other's balance"),
                            ("BANK_LINE_UNMATCHED", "The bank moved money the ledger does not know"),
                            ("BANK_POSTING_UNMATCHED", "The ledger moved money the bank does not know"),
                            ("LEDGER_DIFFERS", "The ledger does not prove itself"),
                            ("AUDIT_BROKEN", "The audit record does not prove itself"),
                            ("AUDIT_MISSING", "A movement has no audit row"),
                            ("EVENT_MISSING", "A movement was told to nobody"),
                            ("STATEMENT_GAP", "A statement does not begin where the one before ended"),
                            ("STATEMENT_OVERDUE", "No bank statement came for days"),
                            ("TIMER_LATE", "A timer is long due and has not fired"),
                            ("DISPUTE_ORPHANED", "Disputes and status say different things"),
                            ("LOCK_ORPHANED", "Locks and status say different things"),
                        ],
                        max_length=24,
                    ),
                ),
                ("subject", models.CharField(max_length=80)),
                ("scope", models.CharField(max_length=64)),
                ("account", models.CharField(blank=True, max_length=100)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("expected_minor", models.BigIntegerField(null=True)),
                ("actual_minor", models.BigIntegerField(null=True)),
                ("detail", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "Open"), ("CLEARED", "Cleared"), ("WRITTEN_OFF", "Written Off")],
                        max_length=11,
                    ),
                ),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_why", models.CharField(blank=True, max_length=500)),
                ("approval_id", models.CharField(blank=True, max_length=40)),
                ("entry_id", models.CharField(blank=True, max_length=40)),
                (
                    "first_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="escrow.reconciliationrun"
                    ),
                ),
                (
                    "last_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="escrow.reconciliationrun"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["book", "-id"], name="break_newest_first"),
                    models.Index(fields=["book", "state", "-id"], name="break_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "OPEN")),
                        fields=("book", "kind", "subject", "currency"),
                        name="break_is_open_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("approval_id", ""), _negated=True),
                        fields=("approval_id",),
                        name="write_off_is_approved_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("book__in", ["live", "test"])), name="break_book_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "BALANCE_DIFFERS",
                                    "PARTS_DIFFER",
                                    "RELEASED_DIFFERS",
                                    "REFUNDED_DIFFERS",
                                    "STATUS_DIFFERS",
                                    "ACCOUNT_WITHOUT_ESCROW",
                                    "DIVISION_DIFFERS",
                                    "PART_UNSETTLED",
                                    "PART_SETTLED_TWICE",
                                    "ENTRY_MISSING",
                                    "ENTRY_DIFFERS",
                                    "ENTRY_ELSEWHERE",
                                    "POSTING_WITHOUT_MOVEMENT",
                                    "COVER_SHORT",
                                    "BANK_BALANCE_DIFFERS",
                                    "BANK_LINE_UNMATCHED",
                                    "BANK_POSTING_UNMATCHED",
                                    "LEDGER_DIFFERS",
                                    "AUDIT_BROKEN",
                                    "AUDIT_MISSING",
                                    "EVENT_MISSING",
                                    "STATEMENT_GAP",
                                    "STATEMENT_OVERDUE",
                                    "TIMER_LATE",
                                    "DISPUTE_ORPHANED",
                                    "LOCK_ORPHANED",
                                ],
                            )
                        ),
                        name="break_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approval_id", ""), ("closed_at__isnull", True), ("entry_id", ""), ("state", "OPEN")
                            ),
                            models.Q(
                                ("approval_id", ""),
                                ("closed_at__isnull", False),
                                ("entry_id", ""),
                                ("state", "CLEARED"),
                            ),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("state", "WRITTEN_OFF"),
                                models.Q(("approval_id", ""), _negated=True),
                                models.Q(("closed_why", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="break_ends_for_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_seen_at__gte", models.F("first_seen_at"))),
                        name="break_is_seen_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StateExport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40, unique=True)),
                ("scope", models.CharField(max_length=64)),
                ("content", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="escrow.reconciliationrun",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("run", "scope"), name="scope_is_exported_once_a_run")],
            },
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(
                fields=("book", "currency", "last_day"), name="day_has_one_bank_statement"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", ["live", "test"])), name="bank_statement_book_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="bank_statement_ends_after_it_begins"
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.UniqueConstraint(
                fields=("statement", "number"), name="statement_line_has_its_own_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor", 0), _negated=True), name="statement_line_moves_money"
            ),
        ),
        migrations.AddConstraint(
            model_name="linematch",
            constraint=models.CheckConstraint(
                condition=models.Q(("rule__in", ["REFERENCE", "DAY", "AMOUNT", "WRITE_OFF"])),
                name="match_rule_is_known",
            ),
        ),
        append_only("escrow_bankstatement"),
        append_only("escrow_statementline"),
        append_only("escrow_linematch"),
        append_only("escrow_stateexport"),
        append_only("escrow_certificate"),
        migrations.RunSQL((SQL / "reconciliation.sql").read_text(), migrations.RunSQL.noop),
    ]
