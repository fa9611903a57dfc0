"""What hangs on a case: further hits, notes, and who has it on the screen."""

from django.db import models
from django.db.models import Q

from fraud.models.assessment import Assessment
from fraud.models.review_case import ReviewCase


class CaseHit(models.Model):
    """Append-only. Something more that was found about the subject of a case while it waited.

    `reference` is the assessment or payment that brought it, and brings it once; a person's remark has none.
    """

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="further_hits")
    reference = models.CharField(max_length=40, blank=True)
    payment_id = models.CharField(max_length=40, null=True)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    score = models.PositiveSmallIntegerField(null=True)
    why = models.CharField(max_length=500)
    found_by = models.CharField(max_length=120)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "reference"], condition=~Q(reference=""), name="hit_is_attached_once"
            ),
        ]


class CaseNote(models.Model):
    """Append-only. What somebody wants the next reader to know."""

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=2000)
    written_by = models.CharField(max_length=120)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="case_note_says_something")]


class CaseViewer(models.Model):
    """Who has a case on the screen, and when they last had. No record: the access log is."""

    case = models.ForeignKey(ReviewCase, on_delete=models.PROTECT, related_name="viewers")
    person = models.CharField(max_length=120)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "person"], name="viewer_is_counted_once_per_case")]
