"""What an analyst is good at: which cases of special kind they are served."""

from django.db import models
from django.db.models import Q

from fraud.enums import ReviewSkill


class ReviewerSkill(models.Model):
    """`person` is an actor. A skill that nobody has restricts nothing."""

    person = models.CharField(max_length=120)
    skill = models.CharField(max_length=20, choices=ReviewSkill)
    given_by = models.CharField(max_length=120)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "skill"], name="skill_is_given_once"),
            models.CheckConstraint(condition=Q(skill__in=ReviewSkill.values), name="review_skill_is_known"),
        ]
