"""Decisions in which a rule was true are found by an index of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fraud", "0011_model_versions"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(
                condition=models.Q(models.Q(("hits", []), _negated=True), ("rescores__isnull", True)),
                fields=["livemode", "created_at", "id"],
                name="assessment_with_hits",
            ),
        ),
    ]
