"""One fraud decision with everything it was made from, so that it can be made again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from fraud.enums import Arm, FeatureSource, Outcome

SCORE_RANGE = (0, 1000)


class Assessment(models.Model):
    """Append-only. `features` and `thresholds` are the very values the rules saw; `hits` says which rule did what.

    The three limits are those in force at the moment: outcome and score agree by constraint, without a gap.
    `base_score` is what the rules started from: the champion's `model_score` where there is one. `held_back` are hits
    without effect (a paused rule, a suppression), `shadow` is what a candidate would have said. Lists stand in
    `thresholds` as the entries that named this payment. `bypass_turn` is the turn of the switch under which a payment
    was approved unscored, `rescores` the decision that this one makes up for.
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
    feature_source = models.CharField(max_length=8, choices=FeatureSource, db_default=FeatureSource.DATABASE)
    degraded = models.CharField(max_length=60, blank=True, db_default="")
    model_version = models.CharField(max_length=40, null=True)
    model_raw = models.FloatField(null=True)
    model_score = models.PositiveSmallIntegerField(null=True)
    contributions = models.JSONField(default=list, db_default=[])
    challenger_version = models.CharField(max_length=40, null=True)
    challenger_raw = models.FloatField(null=True)
    challenger_score = models.PositiveSmallIntegerField(null=True)
    held_back = models.JSONField(default=list, db_default=[])
    shadow = models.JSONField(null=True)
    arm = models.CharField(max_length=9, choices=Arm, blank=True, db_default="")
    allowed_by = models.CharField(max_length=60, blank=True, db_default="")
    bypass_turn = models.BigIntegerField(null=True)
    rescores = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False, db_constraint=False)
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
            models.UniqueConstraint(
                fields=["rescores"], condition=Q(rescores__isnull=False), name="decision_is_made_up_for_once"
            ),
            models.CheckConstraint(
                condition=Q(bypass_turn__isnull=True) | Q(rescores__isnull=True, outcome=Outcome.APPROVE),
                name="bypassed_decision_approves_and_makes_up_for_none",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "transaction_id", "-id"], name="assessment_by_transaction"),
            models.Index(fields=["livemode", "customer_id", "-created_at", "-id"], name="assessment_by_customer"),
            models.Index(
                fields=["livemode", "created_at", "id"],
                condition=Q(rescores__isnull=True),
                name="assessment_by_time",
            ),
            models.Index(
                fields=["livemode", "created_at", "id"],
                condition=~Q(outcome=Outcome.APPROVE) & Q(rescores__isnull=True),
                name="assessment_not_approved",
            ),
            models.Index(
                fields=["livemode", "created_at", "id"],
                condition=(~Q(degraded="") | Q(bypass_turn__isnull=False)) & Q(rescores__isnull=True),
                name="assessment_out_of_order",
            ),
            models.Index(
                fields=["livemode", "created_at", "id"],
                condition=~Q(hits=[]) & Q(rescores__isnull=True),
                name="assessment_with_hits",
            ),
            models.Index(
                fields=["bypass_turn", "id"], condition=Q(bypass_turn__isnull=False), name="assessment_bypassed"
            ),
        ]

    def __str__(self) -> str:
        return self.assessment_id

    @property
    def evaluation_ms(self) -> int:
        """Whole milliseconds, rounded up."""
        return -(-self.evaluation_us // 1000)
