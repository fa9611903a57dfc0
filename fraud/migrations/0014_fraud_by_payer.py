"""Fraud that a customer is known for is found by an index, whoever else has labels."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0013_stopped_rules"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="label",
            index=models.Index(
                condition=models.Q(("is_fraud", True)),
                fields=["livemode", "payer_id", "known_at"],
                name="label_of_fraud_by_payer",
            ),
        ),
    ]
