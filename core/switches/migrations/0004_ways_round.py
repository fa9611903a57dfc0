"""A switch that opens a way round the fraud decision, for an hour at most."""

import datetime

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("switches", "0003_opening_is_approved")]
    operations = [
        migrations.AlterField(
            model_name="switchturn",
            name="switch",
            field=models.CharField(
                choices=[
                    ("PAYMENTS", "Payments"),
                    ("REFUNDS", "Refunds"),
                    ("CARD_TOKENS", "Card Tokens"),
                    ("CARD_REVEAL", "Card Reveal"),
                    ("FRAUD_SCORING", "Fraud Scoring"),
                    ("FRAUD_BYPASS", "Fraud Bypass"),
                    ("WEBHOOKS", "Webhooks"),
                ],
                max_length=40,
            ),
        ),
        migrations.AddConstraint(
            model_name="switchturn",
            constraint=models.CheckConstraint(
                condition=~Q(switch="FRAUD_BYPASS", state="OPEN")
                | Q(expires_at__isnull=False, expires_at__lte=F("turned_at") + datetime.timedelta(hours=1)),
                name="bypass_opens_for_an_hour_at_most",
            ),
        ),
    ]
