"""Parties by telephone number: who shares it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0003_referrals"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="party",
            index=models.Index(
                condition=models.Q(("phone", ""), _negated=True), fields=["livemode", "phone"], name="party_by_phone"
            ),
        ),
    ]
