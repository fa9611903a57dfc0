"""Reads of escrows. A key of one mode never sees the other mode's rows: they do not exist for it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from compliance.selectors import parties
from core.errors import Refusal
from core.money import Money
from escrow.models import Escrow, Lock
from ledger import chart
from ledger.selectors import balances


class EscrowNotFound(Refusal):
    code = "ESCROW_NOT_FOUND"
    status = 404
    title = "No such escrow"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list may be narrowed by. Empty means all; `lock` is a reason that keeps the money now."""

    status: str = ""
    payer_id: str = ""
    payee_id: str = ""
    booking_id: str = ""
    lock: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None


def get(escrow_id: str, *, livemode: bool) -> Escrow:
    """By its own id, or the one its payment shows. Raises EscrowNotFound, also for an escrow of the other mode."""
    escrow = list_in_mode(livemode=livemode).filter(named(escrow_id)).first()
    if escrow is None:
        raise EscrowNotFound
    return escrow


def named(escrow_id: str) -> Q:
    """Both names are unique; an escrow that was agreed before it was paid has two."""
    return Q(public_id=escrow_id) | Q(account=escrow_id)


def list_in_mode(*, livemode: bool) -> QuerySet[Escrow]:
    """All escrows of a mode, with payment and parties."""
    return Escrow.objects.select_related("payment", "payer", "payee").filter(livemode=livemode)


def list_newest(filters: Filters, *, livemode: bool) -> QuerySet[Escrow]:
    """Newest first, for pages. An unknown party has no escrows."""
    found = list_in_mode(livemode=livemode).order_by("-created_at", "-id")
    if filters.status:
        found = found.filter(status=filters.status)
    if filters.payer_id:
        found = found.filter(payer=_party_key(filters.payer_id, livemode))
    if filters.payee_id:
        found = found.filter(payee=_party_key(filters.payee_id, livemode))
    if filters.booking_id:
        found = found.filter(booking_id=filters.booking_id).exclude(booking_id="")
    if filters.lock:
        found = found.filter(pk__in=Lock.objects.filter(reason=filters.lock, lifted_at__isnull=True).values("escrow"))
    if filters.created_from:
        found = found.filter(created_at__gte=filters.created_from)
    if filters.created_before:
        found = found.filter(created_at__lt=filters.created_before)
    return found


def list_by_booking(booking_id: str, *, livemode: bool) -> QuerySet[Escrow]:
    return list_newest(Filters(booking_id=booking_id), livemode=livemode)


def held(escrow: Escrow) -> Money:
    """What the ledger holds for this escrow now."""
    return balances.get("live" if escrow.livemode else "test", chart.escrow_held(escrow.account)).posted


def _party_key(party_id: str, livemode: bool) -> int:
    party = parties.find(party_id=party_id, livemode=livemode)
    return party.pk if party is not None else 0
