"""Something that a person has to look at. One open case per kind and subject."""

from django.db import models
from django.db.models import Q

from ach.enums import CaseKind, CaseState


class Case(models.Model):
    """`subject` is the public id of an entry, item, file or change; `facts` are for the page, without secrets."""

    public_id = models.CharField(max_length=40, unique=True)
    livemode = models.BooleanField()
    kind = models.CharField(max_length=16, choices=CaseKind)
    subject = models.CharField(max_length=64)
    summary = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    amount_minor = models.BigIntegerField(default=0)
    state = models.CharField(max_length=6, choices=CaseState, default=CaseState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, blank=True, default="")
    resolution = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(state=CaseState.OPEN), name="ach_case_is_open_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=CaseKind.values), name="ach_case_kind_is_known"),
            models.CheckConstraint(
                condition=Q(state=CaseState.OPEN, closed_at=None, closed_by="", resolution="")
                | (Q(state=CaseState.CLOSED, closed_at__isnull=False) & ~Q(closed_by="") & ~Q(resolution="")),
                name="ach_case_closes_with_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["livemode", "state", "-opened_at", "-id"], name="ach_case_by_state")]

    def __str__(self) -> str:
        return self.public_id
