"""A decided case judged again by somebody who does not know what the first one found."""

from django.db import models
from django.db.models import F, Q

from fraud.enums import CaseOutcome
from fraud.models.review_case import ReviewCase


class SecondReview(models.Model):
    """`agrees` is empty until the second case is decided. Where the two differ a lead settles it, once.

    `second_by` and the `settled_…` fields are filled as they become known; nothing that is filled changes.
    """

    first = models.OneToOneField(ReviewCase, on_delete=models.PROTECT, related_name="looked_at_again")
    second = models.OneToOneField(ReviewCase, on_delete=models.PROTECT, related_name="looks_at")
    first_by = models.CharField(max_length=120)
    second_by = models.CharField(max_length=120, blank=True)
    agrees = models.BooleanField(null=True)
    drawn_at = models.DateTimeField()
    concluded_at = models.DateTimeField(null=True)
    settled_outcome = models.CharField(max_length=15, choices=CaseOutcome, blank=True)
    settled_reason = models.CharField(max_length=1000, blank=True)
    settled_by = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(second_by=F("first_by")), name="second_review_is_by_another"),
            models.CheckConstraint(
                condition=Q(agrees__isnull=True, second_by="", concluded_at=None)
                | Q(agrees__isnull=False, concluded_at__isnull=False) & ~Q(second_by=""),
                name="second_review_is_concluded_whole_or_not_at_all",
            ),
            models.CheckConstraint(
                condition=Q(settled_by="", settled_outcome="", settled_reason="", settled_at=None)
                | Q(agrees=False, settled_outcome__in=CaseOutcome.values, settled_at__isnull=False)
                & ~Q(settled_by="")
                & ~Q(settled_reason="")
                & ~Q(settled_by=F("first_by"))
                & ~Q(settled_by=F("second_by")),
                name="difference_is_settled_by_a_third",
            ),
        ]
        indexes = [
            models.Index(fields=["-concluded_at", "-id"], name="second_review_by_end"),
        ]
