import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# Every row is updated a few times soon after it is made: vacuum by number of rows, not by share of the table, or the
# small "due" indexes fill with dead entries that every claim has to step over.
STORAGE = """
ALTER TABLE outbox_event SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 85);
ALTER TABLE outbox_delivery SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 85);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_application_role")]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("version", models.PositiveSmallIntegerField()),
                ("payload", models.JSONField()),
                ("correlation_id", models.CharField(default="", max_length=64)),
                ("published_at", models.DateTimeField()),
                ("relayed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("relayed_at__isnull", True)),
                        fields=["published_at"],
                        name="event_unrelayed",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["relayed_at"], name="event_relayed"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(default="DUE", max_length=8)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("last_error", models.CharField(default="", max_length=300)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("handler", models.CharField(max_length=160)),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="outbox.event",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(condition=models.Q(("state", "DUE")), fields=["due_at"], name="delivery_due"),
                    models.Index(
                        condition=models.Q(("state", "RUNNING")), fields=["lease_until"], name="delivery_running"
                    ),
                    models.Index(condition=models.Q(("state", "PARKED")), fields=["due_at"], name="delivery_parked"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["finished_at"], name="delivery_done"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["DUE", "RUNNING", "DONE", "PARKED"])),
                        name="delivery_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "RUNNING")),
                            models.Q(models.Q(("state", "RUNNING"), _negated=True), ("lease_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="delivery_has_a_lease_while_it_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state", "DONE")),
                            models.Q(models.Q(("state", "DONE"), _negated=True), ("finished_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="delivery_is_finished_when_done",
                    ),
                    models.UniqueConstraint(fields=("event", "handler"), name="delivery_is_made_once"),
                ],
            },
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
