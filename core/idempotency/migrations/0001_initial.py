from django.db import migrations, models

# Every row is updated once or twice soon after it is made: room on its page keeps the update out of the indexes.
STORAGE = """
ALTER TABLE idempotency_idempotentrequest SET (fillfactor = 70);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("database", "0001_application_role")]

    operations = [
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("operation", models.CharField(max_length=80)),
                ("request_hash", models.BinaryField(max_length=32)),
                ("status", models.CharField(default="STARTED", max_length=8)),
                ("recovery_point", models.CharField(max_length=40)),
                ("resource_id", models.CharField(max_length=64, null=True)),
                ("lease_until", models.DateTimeField()),
                ("response_status", models.PositiveSmallIntegerField(null=True)),
                ("response_body", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("forget_after", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("forget_after__isnull", False)),
                        fields=["forget_after"],
                        name="idempotent_request_forget",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("caller", "key"), name="idempotency_key_is_unique_per_caller"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", False),
                                ("response_body__isnull", False),
                                ("response_status__isnull", False),
                                ("status", "FINISHED"),
                            ),
                            models.Q(
                                ("finished_at__isnull", True),
                                ("response_body__isnull", True),
                                ("response_status__isnull", True),
                                ("status", "STARTED"),
                            ),
                            _connector="OR",
                        ),
                        name="idempotent_request_is_answered_when_finished",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
