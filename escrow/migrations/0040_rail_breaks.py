"""Breaks of the ACH rail, and lines of the bank that are many entries of it."""

from django.db import migrations, models

from escrow.break_kinds import BreakKind
from escrow.enums_reconciliation import MatchRule


class Migration(migrations.Migration):
    dependencies = [
        ("ach", "0021_inbound"),
        ("escrow", "0030_lists"),
        ("payments", "0006_transfers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="break", name="kind", field=models.CharField(choices=BreakKind.choices, max_length=24)
        ),
        migrations.RemoveConstraint(model_name="break", name="break_kind_is_known"),
        migrations.AddConstraint(
            model_name="break",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", BreakKind.values)), name="break_kind_is_known"
            ),
        ),
        migrations.AlterField(
            model_name="linematch", name="rule", field=models.CharField(choices=MatchRule.choices, max_length=9)
        ),
        migrations.RemoveConstraint(model_name="linematch", name="match_rule_is_known"),
        migrations.AddConstraint(
            model_name="linematch",
            constraint=models.CheckConstraint(
                condition=models.Q(("rule__in", MatchRule.values)), name="match_rule_is_known"
            ),
        ),
    ]
