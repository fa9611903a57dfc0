"""A break of its own for entries whose news still waits to be booked."""

from django.db import migrations, models

from escrow.break_kinds import BreakKind


class Migration(migrations.Migration):
    dependencies = [
        ("escrow", "0050_speakers"),
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
    ]
