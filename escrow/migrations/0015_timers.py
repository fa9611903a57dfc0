"""Timers know their mode, are found by mode, state and kind, and say once what came of them."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("escrow", "0010_reconciliation")]
    operations = [
        migrations.AddField("timer", "livemode", models.BooleanField(null=True)),
        migrations.RunSQL(
            """
            ALTER TABLE escrow_timer DISABLE TRIGGER timer_rules;
            UPDATE escrow_timer t SET livemode = e.livemode FROM escrow_escrow e WHERE e.id = t.escrow_id;
            ALTER TABLE escrow_timer ENABLE TRIGGER timer_rules;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("timer", "livemode", models.BooleanField()),
        migrations.RunSQL((SQL / "timers.sql").read_text(), migrations.RunSQL.noop),
        migrations.AlterField(
            "timer",
            "escrow",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="timers",
                to="escrow.escrow",
            ),
        ),
        migrations.RemoveIndex("timer", "timer_by_due"),
        migrations.AddIndex("timer", models.Index(fields=["livemode", "state", "due_at", "id"], name="timer_by_due")),
        migrations.AddIndex(
            "timer", models.Index(fields=["livemode", "state", "kind", "due_at", "id"], name="timer_by_kind")
        ),
        migrations.CreateModel(
            name="Setback",
            fields=[
                (
                    "escrow",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="setback",
                        serialize=False,
                        to="escrow.escrow",
                    ),
                ),
                ("tries", models.PositiveIntegerField()),
                ("error", models.CharField(max_length=300)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("tries__gte", 1)), name="setback_was_tried")
                ],
            },
        ),
    ]
