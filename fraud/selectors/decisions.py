"""The decisions behind the numbers, narrowed as the dashboards count them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery, TextChoices

from fraud.enums import Outcome
from fraud.models import Assessment, Label

FLAGGED, BLOCKED = "FLAGGED", "BLOCKED"
GROUPS = {
    FLAGGED: [Outcome.REVIEW, Outcome.BLOCK, Outcome.INVESTIGATE],
    BLOCKED: [Outcome.BLOCK, Outcome.INVESTIGATE],
}
# A payment is observed in the request that judges it; a day is more than enough between the two.
BESIDE = timedelta(days=1)


class Verdict(TextChoices):
    """What the payment of a decision turned out to be."""

    FRAUD = "FRAUD", "Fraud"
    GENUINE = "GENUINE", "Genuine"
    UNKNOWN = "UNKNOWN", "No label"


class Source(TextChoices):
    """Decisions that were not made as they should be."""

    DEGRADED = "DEGRADED", "Degraded"
    BYPASSED = "BYPASSED", "Under the bypass"


@dataclass(frozen=True, slots=True)
class DecisionFilters:
    """`outcome` is one of them, FLAGGED or BLOCKED; `since` is included, `before` is not. Empty narrows nothing."""

    outcome: str = ""
    verdict: str = ""
    source: str = ""
    score_from: int | None = None
    score_to: int | None = None
    rule: str = ""
    customer_id: str = ""
    since: datetime | None = None
    before: datetime | None = None


def search(wanted: DecisionFilters, *, livemode: bool) -> QuerySet[Assessment]:
    """For pages by `(created_at, id)`. Each carries `is_fraud`: its payment's strongest label, None without one.

    Decisions made again after a bypass are left out, as they are in the figures.
    """
    strongest = Label.objects.filter(livemode=OuterRef("livemode"), payment_id=OuterRef("payment_id"))
    found = Assessment.objects.filter(livemode=livemode, rescores__isnull=True).annotate(
        is_fraud=Subquery(strongest.order_by("-strength", "-known_at", "-id").values("is_fraud")[:1])
    )
    found = found.filter(_narrowing(wanted))
    if wanted.verdict == Verdict.FRAUD:
        # Fraud is rare: its labels lead to its decisions.
        found = found.filter(payment_id__in=_labelled_fraud(wanted, livemode=livemode), is_fraud=True)
    elif wanted.verdict:
        found = found.filter(is_fraud=False if wanted.verdict == Verdict.GENUINE else None)
    return found


def _narrowing(wanted: DecisionFilters) -> Q:
    narrowed = Q()
    if wanted.outcome:
        group = GROUPS.get(wanted.outcome)
        narrowed &= Q(outcome__in=group) & ~Q(outcome=Outcome.APPROVE) if group else Q(outcome=wanted.outcome)
    if wanted.source == Source.DEGRADED:
        narrowed &= ~Q(degraded="")
    elif wanted.source == Source.BYPASSED:
        narrowed &= Q(bypass_turn__isnull=False)
    if wanted.rule:
        narrowed &= Q(hits__contains=[{"code": wanted.rule}]) & ~Q(hits=[])
    ranges = {
        "score__gte": wanted.score_from, "score__lte": wanted.score_to, "customer_id": wanted.customer_id or None,
        "created_at__gte": wanted.since, "created_at__lt": wanted.before,
    }  # fmt: skip
    return narrowed & Q(**{name: value for name, value in ranges.items() if value is not None})


def _labelled_fraud(wanted: DecisionFilters, *, livemode: bool) -> QuerySet[Label, str]:
    labels = Label.objects.filter(livemode=livemode, is_fraud=True)
    if wanted.since:
        labels = labels.filter(event_at__gte=wanted.since - BESIDE)
    if wanted.before:
        labels = labels.filter(event_at__lt=wanted.before + BESIDE)
    return labels.values_list("payment_id", flat=True)
