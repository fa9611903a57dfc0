"""A version of the rules judged over stored decisions, beside the version that was active."""

from django.db import models
from django.db.models import F, Q

from fraud.enums import BacktestState

UNFINISHED = [BacktestState.QUEUED, BacktestState.RUNNING]


class Backtest(models.Model):
    """Evidence for putting a version into force: when it is over, the database keeps it as it is.

    `terms` are the thresholds and bands both versions judge under, `as_of` the moment by which labels were known, both
    fixed when it was asked for. `counts` and the place (`read_at`, `read_id`) are how far it is; `result` is what
    `fraud.rules.backtest_result.summarise` makes of the counts, with `result["rules"][code]["band"]` as the forecast.
    """

    backtest_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    rule_set_version = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    active_version = models.PositiveIntegerField()
    active_digest = models.CharField(max_length=64)
    from_at = models.DateTimeField()
    to_at = models.DateTimeField()
    as_of = models.DateTimeField()
    mature_before = models.DateTimeField()
    terms = models.JSONField()
    state = models.CharField(max_length=9, choices=BacktestState, default=BacktestState.QUEUED)
    total = models.PositiveIntegerField(null=True)
    done = models.PositiveIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    read_id = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BacktestState.values), name="backtest_state_is_known"),
            models.CheckConstraint(condition=Q(from_at__lt=F("to_at")), name="backtest_window_is_in_order"),
            models.CheckConstraint(
                condition=Q(state__in=UNFINISHED, result__isnull=True, finished_at__isnull=True)
                | Q(state=BacktestState.DONE, result__isnull=False, finished_at__isnull=False)
                | Q(state__in=[BacktestState.CANCELLED, BacktestState.FAILED], finished_at__isnull=False),
                name="finished_backtest_has_a_result",
            ),
            models.UniqueConstraint(
                fields=["livemode", "rule_set_version", "active_version", "from_at", "to_at"],
                condition=Q(state__in=UNFINISHED),
                name="backtest_runs_once",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "asked_at", "id"], name="backtest_by_time"),
            models.Index(fields=["rule_set_version", "-id"], name="backtest_by_version"),
        ]

    def __str__(self) -> str:
        return self.backtest_id

    @property
    def is_over(self) -> bool:
        return self.state not in UNFINISHED
