"""One fraud decision with everything it was made from, so that it can be made again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from fraud.enums import Outcome

SCORE_RANGE = (0, 1000)


class Assessment(models.Model):
    """Append-only. `features` and `thresholds` are the very values the rules saw; `hits` says which rule did what.

    The three limits are those in force at the moment: outcome and score agree by constraint, without a gap.
    """

    assessment_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    payment_id = models.CharField(max_length=40, null=True, db_index=True)
    transaction_id = models.CharField(max_length=80, null=True)
    customer_id = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    inputs = models.JSONField()
    features = models.JSONField()
    thresholds = models.JSONField()
    hits = models.JSONField()
    not_evaluated = ArrayField(models.CharField(max_length=60))
    reason_codes = ArrayField(models.CharField(max_length=80))
    rule_set_version = models.PositiveIntegerField(null=True)
    base_score = models.PositiveSmallIntegerField()
    approve_up_to = models.PositiveSmallIntegerField()
    review_up_to = models.PositiveSmallIntegerField()
    block_up_to = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=11, choices=Outcome)
    failure = models.CharField(max_length=60, blank=True)
    evaluation_us = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=SCORE_RANGE), name="score_is_within_0_and_1000"
            ),
            models.CheckConstraint(
                condition=Q(approve_up_to__lt=F("review_up_to"))
                & Q(review_up_to__lt=F("block_up_to"))
                & Q(block_up_to__lt=1000),
                name="score_bands_are_in_order",
            ),
            models.CheckConstraint(
                condition=Q(outcome=Outcome.NO_ADVICE, score__isnull=True)
                | Q(outcome=Outcome.APPROVE, score__lte=F("approve_up_to"))
                | Q(outcome=Outcome.REVIEW, score__gt=F("approve_up_to"), score__lte=F("review_up_to"))
                | Q(outcome=Outcome.BLOCK, score__gt=F("review_up_to"), score__lte=F("block_up_to"))
                | Q(outcome=Outcome.INVESTIGATE, score__gt=F("block_up_to")),
                name="outcome_is_the_band_of_the_score",
            ),
            models.CheckConstraint(
                condition=~Q(outcome=Outcome.NO_ADVICE) | ~Q(failure=""), name="missing_advice_has_a_failure"
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "transaction_id", "-id"], name="assessment_by_transaction"),
            models.Index(fields=["livemode", "customer_id", "-created_at", "-id"], name="assessment_by_customer"),
        ]

    def __str__(self) -> str:
        return self.assessment_id

    @property
    def evaluation_ms(self) -> int:
        """Whole milliseconds, rounded up."""
        return -(-self.evaluation_us // 1000)
