"""What was approved unseen under the bypass, and what it would have been."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum, Value

from fraud.enums import Outcome
from fraud.models import Assessment


@dataclass(frozen=True, slots=True)
class Line:
    """Payments of one turn that came to one outcome afterwards; an empty outcome is not judged yet."""

    outcome: str
    currency: str
    payments: int
    amount_minor: int


def list_waiting(*, limit: int) -> list[Assessment]:
    """Approved unseen and not judged since, oldest first."""
    made_up_for = Assessment.objects.filter(rescores=OuterRef("pk"))
    waiting = Assessment.objects.filter(~Exists(made_up_for), bypass_turn__isnull=False)
    return list(waiting.order_by("id")[:limit])


def held_after_all(*, turn_id: int, livemode: bool) -> QuerySet[Assessment]:
    """Later decisions that would not have approved, for pages."""
    found = Assessment.objects.filter(rescores__bypass_turn=turn_id, livemode=livemode)
    return found.exclude(outcome=Outcome.APPROVE)


def report(*, turn_id: int, livemode: bool) -> list[Line]:
    """By outcome and currency."""
    found = Assessment.objects.filter(rescores__bypass_turn=turn_id, livemode=livemode)
    made_up_for = Assessment.objects.filter(rescores=OuterRef("pk"))
    waiting = Assessment.objects.filter(~Exists(made_up_for), bypass_turn=turn_id, livemode=livemode)
    return [*_sums(found, F("outcome")), *_sums(waiting, Value(""))]


def _sums(rows: "QuerySet[Assessment]", outcome: F | Value) -> list[Line]:
    grouped = rows.order_by().annotate(came_to=outcome).values("came_to", "currency")
    summed = grouped.annotate(payments=Count("pk"), amount=Sum("amount_minor")).order_by("came_to", "currency")
    return [Line(row["came_to"], row["currency"], row["payments"], row["amount"]) for row in summed]
