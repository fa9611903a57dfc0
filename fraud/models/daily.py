"""What the dashboards show, counted beforehand: one row per day and kind, made anew from the decisions themselves.

A day is a UTC day. Nothing here is the truth: `manage.py rebuild_fraud_figures` makes every row again, the same.
"""

from django.db import models
from django.db.models import Q

from fraud.enums import Outcome


class FigureDay(models.Model):
    """A day of a mode that was counted, and when."""

    livemode = models.BooleanField()
    day = models.DateField()
    built_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["livemode", "day"], name="figure_day_is_there_once"),
        ]


class DailyScores(models.Model):
    """Decisions of one outcome whose score is at most `score_up_to` (and above the bin before); null without advice.

    `fraud` and `genuine` count those whose payment has that label; the others have none. Re-scored decisions are left
    out: they decided nothing. Amounts are minor units.
    """

    livemode = models.BooleanField()
    day = models.DateField()
    currency = models.CharField(max_length=3)
    outcome = models.CharField(max_length=11, choices=Outcome)
    score_up_to = models.PositiveSmallIntegerField(null=True)
    decisions = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()
    degraded = models.PositiveIntegerField()
    bypassed = models.PositiveIntegerField()
    fraud = models.PositiveIntegerField()
    fraud_minor = models.BigIntegerField()
    genuine = models.PositiveIntegerField()
    genuine_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "day", "currency", "outcome", "score_up_to"],
                nulls_distinct=False,
                name="daily_scores_are_counted_once",
            ),
            models.CheckConstraint(
                condition=Q(fraud__lte=models.F("decisions") - models.F("genuine")),
                name="daily_scores_have_one_label_each",
            ),
        ]


class DailyRule(models.Model):
    """Decisions in which one rule of one version was true.

    `alone` were kept from approval by nothing else: without the rule's points and floor they would have been approved.
    `held_back` were hits without effect (a paused rule, a suppression) and are in none of the other counts.
    """

    livemode = models.BooleanField()
    day = models.DateField()
    currency = models.CharField(max_length=3)
    rule_set_version = models.PositiveIntegerField()
    code = models.CharField(max_length=60)
    hits = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()
    fraud = models.PositiveIntegerField()
    fraud_minor = models.BigIntegerField()
    genuine = models.PositiveIntegerField()
    alone = models.PositiveIntegerField()
    alone_fraud = models.PositiveIntegerField()
    alone_genuine = models.PositiveIntegerField()
    held_back = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "day", "currency", "rule_set_version", "code"],
                name="daily_rule_is_counted_once",
            ),
        ]


class DailyAnalyst(models.Model):
    """Cases one actor decided on a day. `seconds` is the time from claim to decision of the `timed` ones."""

    livemode = models.BooleanField()
    day = models.DateField()
    analyst = models.CharField(max_length=120)
    approved = models.PositiveIntegerField()
    declined = models.PositiveIntegerField()
    found_fraud = models.PositiveIntegerField()
    found_genuine = models.PositiveIntegerField()
    timed = models.PositiveIntegerField()
    seconds = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["livemode", "day", "analyst"], name="daily_analyst_is_counted_once"),
        ]
