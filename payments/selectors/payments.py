"""Reads of payments and refunds. A key of one mode never sees the other mode's rows: they do not exist for it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from compliance.selectors import parties
from core.errors import Refusal
from core.idempotency.models import IdempotentRequest
from payments.models import Payment, Refund

KEYS_READ = 20


class PaymentNotFound(Refusal):
    code = "PAYMENT_NOT_FOUND"
    status = 404
    title = "Payment ID not found"


class RefundNotFound(Refusal):
    code = "REFUND_NOT_FOUND"
    status = 404
    title = "No such refund"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list may be narrowed by. Empty means all; ids are the marketplace's own names of its parties."""

    status: str = ""
    customer_id: str = ""
    provider_id: str = ""
    created_from: datetime | None = None
    created_before: datetime | None = None


def get(payment_id: str, *, livemode: bool | None = None) -> Payment:
    """With its parties and assessment. Raises PaymentNotFound, also for a payment of the other mode."""
    payment = _in_mode(livemode).filter(public_id=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    return payment


def lock(payment_id: str, *, livemode: bool | None = None) -> Payment:
    """As `get`, and the row is the caller's until its transaction ends.

    Its key stays readable: a row that refers to it, written twice in one transaction, has it checked again, and must
    not wait for whoever waits for that row.
    """
    payment = _in_mode(livemode).select_for_update(of=("self",), no_key=True).filter(public_id=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    return payment


def find_by_claim(claim_id: int) -> Payment | None:
    """The payment that the request with this claim has made, if it came so far."""
    return _in_mode(None).filter(claim_id=claim_id).first()


def list_in_mode(*, livemode: bool) -> QuerySet[Payment]:
    """All payments of a mode, for the API's pages, which order and narrow them."""
    # The customer's own mode follows from the payment's; said aloud, it lets a party be found by its unique index.
    return Payment.objects.select_related("customer", "provider").filter(livemode=livemode, customer__livemode=livemode)


def list_newest(filters: Filters, *, livemode: bool | None) -> QuerySet[Payment]:
    """Newest first, for pages. An unknown party has no payments."""
    found = _in_mode(livemode).order_by("-created_at", "-id")
    if filters.status:
        found = found.filter(status=filters.status)
    if filters.created_from:
        found = found.filter(created_at__gte=filters.created_from)
    if filters.created_before:
        found = found.filter(created_at__lt=filters.created_before)
    if filters.customer_id:
        found = found.filter(customer__in=_party_keys(filters.customer_id, livemode))
    if filters.provider_id:
        found = found.filter(provider__in=_party_keys(filters.provider_id, livemode))
    return found


def list_by_last4(last4: str, *, livemode: bool) -> QuerySet[Payment]:
    """Newest first."""
    found = Payment.objects.filter(livemode=livemode, card_last4=last4)
    return found.order_by("-created_at", "-id")


def list_by_idempotency_key(key: str, *, livemode: bool) -> list[Payment]:
    """What was asked for under this key, by whichever caller: a handful of keys, each with its payment."""
    claims = IdempotentRequest.objects.filter(key=key).values_list("pk", flat=True)[:KEYS_READ]
    return list(Payment.objects.filter(claim_id__in=list(claims), livemode=livemode).order_by("-created_at", "-id"))


def find_refund(refund_id: str, *, livemode: bool) -> Refund | None:
    return Refund.objects.select_related("payment").filter(public_id=refund_id, livemode=livemode).first()


def get_refund(refund_id: str) -> Refund:
    return _refunds().get(public_id=refund_id)


def find_refund_of_escrow(reference: str) -> Refund | None:
    """The refund that escrow has ordered under this reference."""
    return _refunds().filter(escrow_reference=reference).first()


def find_refund_by_claim(claim_id: int) -> Refund | None:
    return _refunds().filter(claim_id=claim_id).first()


def _refunds() -> QuerySet[Refund]:
    return Refund.objects.select_related("payment__customer", "payment__provider")


def _in_mode(livemode: bool | None) -> QuerySet[Payment]:
    found = Payment.objects.select_related("customer", "provider", "assessment")
    return found if livemode is None else found.filter(livemode=livemode)


def _party_keys(party_id: str, livemode: bool | None) -> list[int]:
    modes = (True, False) if livemode is None else (livemode,)
    found = (parties.find(party_id=party_id, livemode=mode) for mode in modes)
    return [party.pk for party in found if party is not None]
