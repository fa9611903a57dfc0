"""Lists by party and by booking, each along its index."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0005_bank_accounts"),
        ("escrow", "0020_disputes"),
        ("payments", "0005_chargebacks"),
    ]

    operations = [
        migrations.AlterField(
            model_name="escrow",
            name="payee",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.party"
            ),
        ),
        migrations.AlterField(
            model_name="escrow",
            name="payer",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.party"
            ),
        ),
        migrations.AddIndex(
            model_name="escrow",
            index=models.Index(fields=["payer", "-created_at", "-id"], name="escrow_by_payer"),
        ),
        migrations.AddIndex(
            model_name="escrow",
            index=models.Index(fields=["payee", "-created_at", "-id"], name="escrow_by_payee"),
        ),
        migrations.AddIndex(
            model_name="escrow",
            index=models.Index(
                condition=models.Q(("booking_id", ""), _negated=True),
                fields=["livemode", "booking_id", "-created_at", "-id"],
                name="escrow_by_booking",
            ),
        ),
    ]
