"""The life of rule sets, pauses and suppressions of rules, and lists."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from core.database.operations import append_only

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("fraud", "0007_workbench_backtests"), ("approvals", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="List",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=50, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CUSTOMER", "Customers"),
                            ("SELLER", "Sellers"),
                            ("CARD", "Cards"),
                            ("BIN", "First digits of cards"),
                            ("DEVICE", "Devices"),
                            ("EMAIL", "E-mail addresses"),
                            ("IP", "Addresses"),
                            ("COUNTRY", "Countries"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "effect",
                    models.CharField(choices=[("BLOCK", "Block"), ("ALLOW", "Allow"), ("RISK", "Risk")], max_length=5),
                ),
                ("purpose", models.CharField(max_length=200)),
                ("owner", models.CharField(max_length=140)),
                ("created_by", models.CharField(max_length=140)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ListEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("value", models.CharField(max_length=128)),
                ("reason", models.CharField(max_length=500)),
                ("approval_id", models.CharField(blank=True, max_length=40)),
                ("added_by", models.CharField(max_length=140)),
                ("added_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=140)),
                ("ended_reason", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="ListVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="RulePause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("pause_id", models.CharField(max_length=40, unique=True)),
                ("code", models.CharField(max_length=60)),
                ("reason", models.CharField(max_length=500)),
                ("paused_by", models.CharField(max_length=140)),
                ("paused_at", models.DateTimeField()),
                ("resumed_by", models.CharField(blank=True, max_length=140)),
                ("resumed_at", models.DateTimeField(null=True)),
                ("approval_id", models.CharField(blank=True, max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="RuleSetStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "move",
                    models.CharField(
                        choices=[
                            ("SHADOW", "Began to judge in shadow"),
                            ("SHARE", "Given a share of the customers"),
                            ("UNSHARE", "Back in shadow"),
                            ("PUBLISH", "Put into force"),
                            ("SUPERSEDE", "Superseded"),
                            ("WITHDRAW", "Withdrawn"),
                            ("ROLL_BACK", "Put back into force"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "from_state",
                    models.CharField(
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
                (
                    "to_state",
                    models.CharField(
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
                ("share", models.PositiveSmallIntegerField(null=True)),
                ("replaces", models.PositiveIntegerField(null=True)),
                ("forecast", models.CharField(blank=True, max_length=40)),
                ("approval_id", models.CharField(blank=True, max_length=40)),
                ("reason", models.CharField(max_length=500)),
                ("actor", models.CharField(max_length=140)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("suppression_id", models.CharField(max_length=40, unique=True)),
                ("livemode", models.BooleanField()),
                ("code", models.CharField(max_length=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("CUSTOMER", "Customer"),
                            ("CARD", "Card"),
                            ("DEVICE", "Device"),
                            ("SELLER", "Seller"),
                        ],
                        max_length=8,
                    ),
                ),
                ("value", models.CharField(max_length=128)),
                ("reason", models.CharField(max_length=500)),
                ("added_by", models.CharField(max_length=140)),
                ("added_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=140)),
                ("ended_reason", models.CharField(blank=True, max_length=500)),
            ],
        ),
        migrations.AddField(
            model_name="ruleset",
            name="share",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.UniqueConstraint(
                models.Case(
                    models.When(state__in=["SHADOW", "SHARED"], then=models.Value(True)),
                    default=models.Value(False),
                    output_field=models.BooleanField(),
                ),
                condition=models.Q(("state__in", ["SHADOW", "SHARED"])),
                name="one_rule_set_is_candidate",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("share__isnull", False), ("share__range", (1, 9999)), ("state", "SHARED")),
                    models.Q(models.Q(("state", "SHARED"), _negated=True), ("share__isnull", True)),
                    _connector="OR",
                ),
                name="shared_rule_set_has_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="list",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["CUSTOMER", "SELLER", "CARD", "BIN", "DEVICE", "EMAIL", "IP", "COUNTRY"])
                ),
                name="list_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="list",
            constraint=models.CheckConstraint(
                condition=models.Q(("effect__in", ["BLOCK", "ALLOW", "RISK"])), name="list_effect_is_known"
            ),
        ),
        migrations.AddField(
            model_name="listentry",
            name="list",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="fraud.list"
            ),
        ),
        migrations.AddConstraint(
            model_name="listversion",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="lists_have_one_version"),
        ),
        migrations.AddIndex(
            model_name="rulepause",
            index=models.Index(fields=["code", "-id"], name="rule_pause_by_code"),
        ),
        migrations.AddConstraint(
            model_name="rulepause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("resumed_at__isnull", True)), fields=("code",), name="rule_is_paused_once_at_a_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulepause",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="rule_pause_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulepause",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approval_id", ""), ("resumed_at__isnull", True), ("resumed_by", "")),
                    models.Q(
                        ("resumed_at__isnull", False),
                        models.Q(("resumed_by", ""), _negated=True),
                        models.Q(("approval_id", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="resumed_rule_says_by_whom",
            ),
        ),
        migrations.AddField(
            model_name="rulesetstep",
            name="rule_set",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="fraud.ruleset"
            ),
        ),
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["livemode", "kind", "value"],
                name="suppression_in_force",
            ),
        ),
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(fields=["livemode", "-id"], name="suppression_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="suppression_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["CUSTOMER", "CARD", "DEVICE", "SELLER"])),
                name="suppressed_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("added_at"))), name="suppression_expires_after_it_begins"
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by", ""), ("ended_reason", "")),
                    models.Q(
                        ("ended_at__isnull", False),
                        models.Q(("ended_by", ""), _negated=True),
                        models.Q(("ended_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ended_suppression_says_why",
            ),
        ),
        migrations.AddIndex(
            model_name="listentry",
            index=models.Index(fields=["list", "livemode", "-id"], name="list_entry_by_list"),
        ),
        migrations.AddIndex(
            model_name="listentry",
            index=models.Index(fields=["value"], name="list_entry_by_value"),
        ),
        migrations.AddConstraint(
            model_name="listentry",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("reason", ""), _negated=True), models.Q(("value", ""), _negated=True)),
                name="list_entry_has_value_and_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="listentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("added_at"))), name="list_entry_expires_after_it_begins"
            ),
        ),
        migrations.AddConstraint(
            model_name="listentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by", ""), ("ended_reason", "")),
                    models.Q(
                        ("ended_at__isnull", False),
                        models.Q(("ended_by", ""), _negated=True),
                        models.Q(("ended_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="ended_list_entry_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="listentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approval_id", ""), _negated=True),
                fields=("approval_id",),
                name="list_approval_is_used_once",
            ),
        ),
        migrations.AddIndex(
            model_name="rulesetstep",
            index=models.Index(fields=["to_state", "-id"], name="rule_set_step_by_state"),
        ),
        migrations.AddConstraint(
            model_name="rulesetstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("move__in", ["SHADOW", "SHARE", "UNSHARE", "PUBLISH", "SUPERSEDE", "WITHDRAW", "ROLL_BACK"])
                ),
                name="rule_set_move_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="rule_set_step_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesetstep",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approval_id", ""), _negated=True),
                fields=("approval_id",),
                name="rule_set_approval_is_used_once",
            ),
        ),
        append_only("fraud_rulesetstep"),
        migrations.RunSQL(
            (SQL / "life.sql").read_text(),
            """
            DROP FUNCTION fraud_held_back(boolean, text, text, text, text, timestamptz);
            DROP TRIGGER suppression_rules ON fraud_suppression;
            DROP TRIGGER rule_pause_rules ON fraud_rulepause;
            DROP TRIGGER rule_set_is_replaced ON fraud_ruleset;
            DROP TRIGGER rule_set_state_rules ON fraud_ruleset;
            DROP TRIGGER rule_set_step_rules ON fraud_rulesetstep;
            DROP FUNCTION fraud_check_suppression();
            DROP FUNCTION fraud_check_rule_pause();
            DROP FUNCTION fraud_require_active_rules();
            DROP FUNCTION fraud_check_rule_set_state();
            DROP FUNCTION fraud_check_rule_set_step();
            """,
        ),
        migrations.RunSQL(
            (SQL / "lists.sql").read_text(),
            """
            DROP INDEX assessment_by_rule_set;
            DROP INDEX assessment_by_shadow;
            DROP INDEX assessment_by_held_back;
            DROP INDEX assessment_by_listed;
            DROP TRIGGER list_entry_counts_up ON fraud_listentry;
            DROP TRIGGER list_counts_up ON fraud_list;
            DROP FUNCTION fraud_count_list_version();
            DROP SEQUENCE fraud_list_changes;
            DROP TRIGGER list_entry_rules ON fraud_listentry;
            DROP TRIGGER list_rules ON fraud_list;
            DROP FUNCTION fraud_check_list_entry();
            DROP FUNCTION fraud_check_list();
            """,
        ),
    ]
