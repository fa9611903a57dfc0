"""What was approved unseen is found again, and made up for once."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("fraud", "0008_rules_life_and_lists")]
    operations = [
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                fields=["bypass_turn", "id"], condition=Q(bypass_turn__isnull=False), name="assessment_bypassed"
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.UniqueConstraint(
                fields=["rescores"], condition=Q(rescores__isnull=False), name="decision_is_made_up_for_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=Q(bypass_turn__isnull=True) | Q(rescores__isnull=True, outcome="APPROVE"),
                name="bypassed_decision_approves_and_makes_up_for_none",
            ),
        ),
    ]
