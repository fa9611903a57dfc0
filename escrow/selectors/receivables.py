"""Reads of what parties owe after late losses."""

from django.db.models import F, QuerySet, Sum

from core.errors import Refusal
from escrow.dispute_enums import ReceivableState
from escrow.models import Receivable, Recovery


class ReceivableNotFound(Refusal):
    code = "RECEIVABLE_NOT_FOUND"
    status = 404
    title = "No such receivable"


def get(receivable_id: str, *, livemode: bool | None = None) -> Receivable:
    """Of a mode where one is named. Raises ReceivableNotFound."""
    found = Receivable.objects.select_related("party", "escrow").filter(public_id=receivable_id)
    if livemode is not None:
        found = found.filter(livemode=livemode)
    debt = found.first()
    if debt is None:
        raise ReceivableNotFound
    return debt


def list_in_mode(*, livemode: bool) -> QuerySet[Receivable]:
    return Receivable.objects.select_related("party", "escrow").filter(livemode=livemode)


def list_recoveries(debt: Receivable) -> list[Recovery]:
    """In the order they came."""
    return list(Recovery.objects.filter(receivable=debt).order_by("id"))


def outstanding(*, livemode: bool) -> dict[str, int]:
    """What is owed in all, by currency."""
    rows = Receivable.objects.filter(livemode=livemode, state=ReceivableState.OPEN).values_list("currency")
    totals = rows.annotate(owed=Sum(F("amount_minor") - F("recovered_minor"))).order_by("currency")
    return dict(totals)


def parties_that_owe(limit: int = 500) -> list[int]:
    """Primary keys of parties with something open."""
    found = Receivable.objects.filter(state=ReceivableState.OPEN).order_by("party_id")
    return list(found.values_list("party_id", flat=True).distinct()[:limit])
