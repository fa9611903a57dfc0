from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


def _run(name: str) -> migrations.RunSQL:
    return migrations.RunSQL((SQL / f"{name}.sql").read_text(), migrations.RunSQL.noop)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_application_role")]

    operations = [
        _run("chart"),
        migrations.CreateModel(
            name="AccountKind",
            fields=[
                ("prefix", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("per_owner", models.BooleanField()),
                ("sign", models.SmallIntegerField()),
                ("min_balance_minor", models.BigIntegerField(null=True)),
                ("hot", models.BooleanField()),
                ("one_currency", models.BooleanField()),
                ("title", models.CharField(max_length=80)),
            ],
            options={
                "db_table": "ledger_account_kind",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("book", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                ("code", models.CharField(max_length=100)),
                ("currency", models.CharField(max_length=3)),
                ("sign", models.SmallIntegerField()),
                ("min_balance_minor", models.BigIntegerField(null=True)),
                ("hot", models.BooleanField()),
                ("one_currency", models.BooleanField()),
                ("opened_at", models.DateTimeField()),
                (
                    "kind",
                    models.ForeignKey(
                        db_column="kind",
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.accountkind",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40)),
                ("book", models.CharField(choices=[("live", "Live"), ("test", "Test")], max_length=4)),
                (
                    "phase",
                    models.CharField(
                        choices=[("POSTED", "Posted"), ("PENDING", "Pending"), ("HOLD", "Hold"), ("VOID", "Void")],
                        max_length=7,
                    ),
                ),
                ("kind", models.CharField(max_length=64)),
                ("reference", models.CharField(max_length=100)),
                ("description", models.CharField(max_length=255)),
                ("idempotency_key", models.CharField(max_length=255)),
                ("request_hash", models.BinaryField(max_length=32)),
                ("effective_at", models.DateTimeField()),
                ("posted_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "reverses",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="ledger.entry",
                    ),
                ),
                (
                    "settles",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="ledger.entry",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
            },
        ),
        migrations.CreateModel(
            name="OpenReservation",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="open_reservation",
                        serialize=False,
                        to="ledger.entry",
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "ledger_open_reservation",
            },
        ),
        migrations.CreateModel(
            name="Delta",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posted_minor", models.BigIntegerField()),
                ("pending_in_minor", models.BigIntegerField()),
                ("pending_out_minor", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deltas",
                        to="ledger.account",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.entry",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PendingLeg",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("leg", models.SmallIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pending_legs",
                        to="ledger.account",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pending_legs",
                        to="ledger.entry",
                    ),
                ),
            ],
            options={
                "db_table": "ledger_pending_leg",
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("leg", models.SmallIntegerField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("effective_at", models.DateTimeField()),
                ("account_seq", models.BigIntegerField(null=True)),
                ("head", models.BinaryField(max_length=32, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="ledger.account",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="ledger.entry",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField()),
                ("head", models.BinaryField(max_length=32)),
                (
                    "entry_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("sealed_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seals",
                        to="ledger.account",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="balance",
                        serialize=False,
                        to="ledger.account",
                    ),
                ),
                ("posted_minor", models.BigIntegerField()),
                ("pending_in_minor", models.BigIntegerField()),
                ("pending_out_minor", models.BigIntegerField()),
                ("min_balance_minor", models.BigIntegerField(null=True)),
                ("seq", models.BigIntegerField()),
                ("head", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("min_balance_minor__isnull", True),
                            (
                                "posted_minor__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("min_balance_minor"), "+", models.F("pending_out_minor")
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="account_is_not_overdrawn",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pending_in_minor__gte", 0), ("pending_out_minor__gte", 0)),
                        name="reserved_amounts_are_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("posted_minor__range", (-1000000000000000000, 1000000000000000000)),
                            ("pending_in_minor__lte", 1000000000000000000),
                            ("pending_out_minor__lte", 1000000000000000000),
                        ),
                        name="balance_is_within_limits",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["book", "kind", "id"], name="account_by_kind"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=("book", "code", "currency"), name="account_opens_once"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                condition=models.Q(("one_currency", True)), fields=("book", "code"), name="account_keeps_its_currency"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", ["live", "test"])), name="account_book_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("sign__in", [1, -1])), name="account_sign_is_debit_or_credit"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="account_currency_is_a_code_of_three_letters",
            ),
        ),
        migrations.AddIndex(
            model_name="openreservation",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="open_reservation_by_expiry",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["reference", "id"], name="entry_by_reference"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(fields=("public_id",), name="entry_public_id_is_unique"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                fields=("book", "idempotency_key"), name="idempotency_key_has_one_entry"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses__isnull", False)), fields=("reverses",), name="entry_is_reversed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settles__isnull", False)), fields=("settles",), name="reservation_is_settled_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("book__in", ["live", "test"])), name="entry_book_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("phase__in", ["POSTED", "PENDING", "HOLD", "VOID"])), name="entry_phase_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__isnull", True), ("phase__in", ["PENDING", "HOLD"]), _connector="OR"),
                name="only_a_reservation_expires",
            ),
        ),
        migrations.AddIndex(
            model_name="delta",
            index=models.Index(fields=["account", "entry"], name="delta_by_account"),
        ),
        migrations.AddConstraint(
            model_name="pendingleg",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor", 0), _negated=True), name="pending_leg_amount_is_not_zero"
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["account", "effective_at", "id"], name="posting_by_account_and_time"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor", 0), _negated=True), name="posting_amount_is_not_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="seal",
            constraint=models.UniqueConstraint(fields=("account", "seq"), name="seal_has_its_own_place"),
        ),
        append_only("ledger_account"),
        append_only("ledger_entry"),
        append_only("ledger_posting"),
        append_only("ledger_pending_leg"),
        append_only("ledger_seal"),
        _run("hashing"),
        _run("accounts"),
        _run("rolling_up"),
        _run("steps"),
        _run("posting"),
        _run("guards"),
    ]
