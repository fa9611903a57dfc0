"""Reads of chargebacks. A key of one mode never sees the other mode's rows."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from core.errors import Refusal
from payments.enums import ChargebackState, RefundStatus
from payments.models import Chargeback, Payment, Refund
from payments.selectors import payments as register

STANDING = ~Q(state=ChargebackState.WON)


class ChargebackNotFound(Refusal):
    code = "CHARGEBACK_NOT_FOUND"
    status = 404
    title = "No such chargeback"


def get(chargeback_id: str, *, livemode: bool | None = None) -> Chargeback:
    """With its payment and parties. Raises ChargebackNotFound, also for one of the other mode."""
    found = _all().filter(public_id=chargeback_id)
    chargeback = (found if livemode is None else found.filter(livemode=livemode)).first()
    if chargeback is None:
        raise ChargebackNotFound
    return chargeback


def find(*, gateway: str, network_reference: str) -> Chargeback | None:
    """By the network's own name of it."""
    return _all().filter(gateway=gateway, network_reference=network_reference).first()


def list_in_mode(*, livemode: bool) -> QuerySet[Chargeback]:
    """All of a mode, each with its `seller`: the id of the party whose sale it was."""
    return _all().filter(livemode=livemode).annotate(seller=F("payment__provider__party_id"))


def list_payments_in_mode(*, livemode: bool) -> QuerySet[Payment]:
    """Payments by the same name of their seller, for lists of what belongs to one."""
    return register.list_in_mode(livemode=livemode).annotate(seller=F("provider__party_id"))


def list_of(payment: Payment) -> list[Chargeback]:
    """Oldest first."""
    return list(Chargeback.objects.filter(payment=payment).order_by("id"))


def list_newest(*, livemode: bool, state: str = "") -> QuerySet[Chargeback]:
    """For pages that order by (opened_at, id), newest first."""
    found = _all().filter(livemode=livemode)
    return found.filter(state=state) if state else found


def count_unanswered(*, livemode: bool, now: datetime) -> tuple[int, int]:
    """How many can still be contested, and how many of them have missed their time."""
    waiting = Chargeback.objects.filter(livemode=livemode, state=ChargebackState.OPEN, contested_at__isnull=True)
    return waiting.count(), waiting.filter(respond_by__lte=now).count()


def list_stranded(payment: Payment) -> Sequence[Refund]:
    """Refunds of a payment that the network refused and nobody has got so far, oldest first."""
    return list(Refund.objects.filter(payment=payment, stranded=True).order_by("id"))


def find_owed(payment: Payment) -> list[tuple[Chargeback, int]]:
    """Standing chargebacks that took what had been refunded before, each with what the payer owes of it."""
    replaced = Refund.objects.filter(chargeback=OuterRef("pk")).order_by().values("chargeback")
    rows = (
        Chargeback.objects.filter(STANDING, payment=payment, beyond_minor__gt=0)
        .annotate(replaced=Coalesce(Subquery(replaced.annotate(total=Sum("amount_minor")).values("total")), 0))
        .order_by("id")
    )
    return [(row, row.beyond_minor - row.replaced) for row in rows if row.beyond_minor > row.replaced]


def set_aside_minor(customer_id: int) -> int:
    """What is on a customer's account only because it is on its way back to them."""
    waiting = Refund.objects.filter(Q(status=RefundStatus.PENDING) | Q(stranded=True), payment__customer=customer_id)
    return int(waiting.aggregate(total=Coalesce(Sum("amount_minor"), 0))["total"])


def _all() -> QuerySet[Chargeback]:
    return Chargeback.objects.select_related("payment__customer", "payment__provider")
