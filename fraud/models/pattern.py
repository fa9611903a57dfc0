"""Something that many payments suddenly have in common."""

from django.db import models
from django.db.models import Q

from fraud.enums import PatternKind, PatternMeasure


class UnusualPattern(models.Model):
    """A spike: `seen` attempts within the hour before `last_seen_at`, where `expected` are usual at that time of day.

    `baseline` are the counts it was compared with, oldest first. While it lasts the row is carried on: `peak` is the
    largest hour, `last_seen_at` the end of the last unusual one.
    """

    pattern_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    kind = models.CharField(max_length=7, choices=PatternKind)
    measure = models.CharField(max_length=8, choices=PatternMeasure)
    subject = models.CharField(max_length=128)
    seen = models.PositiveIntegerField()
    peak = models.PositiveIntegerField()
    expected = models.FloatField()
    limit = models.FloatField()
    baseline = models.JSONField()
    amount_minor = models.BigIntegerField()
    window_minutes = models.PositiveIntegerField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["livemode", "kind", "measure", "subject", "first_seen_at"],
                name="unusual_pattern_begins_once",
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=models.F("first_seen_at")) & Q(peak__gte=models.F("seen")),
                name="unusual_pattern_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=PatternKind.values) & Q(measure__in=PatternMeasure.values),
                name="unusual_pattern_is_of_a_known_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "-first_seen_at", "-id"], name="pattern_by_time"),
            models.Index(fields=["last_seen_at"], name="pattern_by_end"),
        ]

    def __str__(self) -> str:
        return self.pattern_id
