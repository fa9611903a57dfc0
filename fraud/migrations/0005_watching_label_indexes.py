"""Labels are found by payment, reports and attempts by time and by transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0004_decisions_and_labels"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="fraudreport",
            index=models.Index(fields=["reported_at", "id"], name="report_by_time"),
        ),
        migrations.AddIndex(
            model_name="label",
            index=models.Index(fields=["payment_id"], name="label_by_payment"),
        ),
        migrations.AddIndex(
            model_name="observation",
            index=models.Index(fields=["livemode", "transaction_id"], name="observation_by_transaction"),
        ),
        migrations.AddIndex(
            model_name="observation",
            index=models.Index(fields=["at", "id"], name="observation_by_time"),
        ),
    ]
