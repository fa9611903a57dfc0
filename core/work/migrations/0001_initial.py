import django.contrib.postgres.indexes
from django.db import migrations, models

# Every row is updated a few times soon after it is made: vacuum by number of rows, not by share of the table, or the
# small "due" indexes fill with dead entries that every claim has to step over.
STORAGE = """
ALTER TABLE work_workitem SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 85);
ALTER TABLE work_jobrun SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 85);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_application_role")]

    operations = [
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(default="DUE", max_length=8)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("last_error", models.CharField(default="", max_length=300)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("job", models.CharField(max_length=80)),
                ("scheduled_for", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "DUE")), fields=["due_at"], name="job_run_due"),
                    models.Index(
                        condition=models.Q(("state", "RUNNING")), fields=["lease_until"], name="job_run_running"
                    ),
                    models.Index(condition=models.Q(("state", "PARKED")), fields=["due_at"], name="job_run_parked"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["finished_at"], name="job_run_done"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["DUE", "RUNNING", "DONE", "PARKED"])),
                        name="job_run_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "RUNNING")),
                            models.Q(models.Q(("state", "RUNNING"), _negated=True), ("lease_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="job_run_has_a_lease_while_it_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state", "DONE")),
                            models.Q(models.Q(("state", "DONE"), _negated=True), ("finished_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="job_run_is_finished_when_done",
                    ),
                    models.UniqueConstraint(fields=("job", "scheduled_for"), name="job_run_is_scheduled_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["DUE", "RUNNING"])),
                        fields=("job",),
                        name="job_run_does_not_overlap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(default="DUE", max_length=8)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("last_error", models.CharField(default="", max_length=300)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("kind", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=120)),
                ("payload", models.JSONField(default=dict)),
                ("correlation_id", models.CharField(default="", max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "DUE")), fields=["due_at"], name="work_item_due"),
                    models.Index(
                        condition=models.Q(("state", "RUNNING")), fields=["lease_until"], name="work_item_running"
                    ),
                    models.Index(condition=models.Q(("state", "PARKED")), fields=["due_at"], name="work_item_parked"),
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["finished_at"], name="work_item_done"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["DUE", "RUNNING", "DONE", "PARKED"])),
                        name="work_item_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "RUNNING")),
                            models.Q(models.Q(("state", "RUNNING"), _negated=True), ("lease_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="work_item_has_a_lease_while_it_runs",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state", "DONE")),
                            models.Q(models.Q(("state", "DONE"), _negated=True), ("finished_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="work_item_is_finished_when_done",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["DUE", "PARKED"])),
                        fields=("kind", "key"),
                        name="work_item_waits_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "RUNNING")), fields=("kind", "key"), name="work_item_runs_alone"
                    ),
                ],
            },
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
