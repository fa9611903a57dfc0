"""The first half of a refund: the money is set aside for the customer, and the refund is stored as PENDING.

In the caller's transaction, which holds the payment's row. Whose account lacks the money is refused by the ledger.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from core import ids
from core.actors import Actor
from core.errors import FieldError, Refusal
from core.money import Currency, Money
from core.switches import services as switches
from core.switches.enums import Switch
from core.telemetry import context
from ledger.services import journal
from payments import fees
from payments.enums import PaymentStatus, RefundStatus
from payments.fees import GivenBack, Split
from payments.models import Payment, Refund
from payments.services import acceptance, entries


class PaymentNotRefundable(Refusal):
    code = "PAYMENT_NOT_REFUNDABLE"
    status = 409
    title = "Only a captured payment can be refunded"


class RefundExceedsRefundable(Refusal):
    code = "REFUND_EXCEEDS_REFUNDABLE"
    status = 422
    title = "More than what is left of the payment cannot be refunded"


class RefundMoneyIsGone(Refusal):
    """The escrow was released or the provider paid out: the ledger does not hold the money any more."""

    code = "REFUND_FUNDS_UNAVAILABLE"
    status = 409
    title = "The money has already been passed on"


@dataclass(frozen=True, slots=True)
class Why:
    """What a refund is for, and what makes it the same refund when it is asked for again: a request's claim or a
    reference of escrow."""

    reason: str
    claim_id: int | None = None
    escrow_reference: str | None = None


def by_amount(payment: Payment, amount_minor: int | None) -> GivenBack:
    """The parts of a refund of this much, of all that is left where None.

    Raises PaymentNotRefundable, RefundExceedsRefundable.
    """
    left = _require_captured(payment).refundable_minor
    amount = left if amount_minor is None else amount_minor
    if left == 0 or amount > left:
        raise _exceeds("/amount", left)
    money = Money(amount, Currency[payment.currency])
    return fees.split_refund(split_of(payment), before=given_back(payment), refund=money)


def by_net(payment: Payment, net_minor: int) -> GivenBack:
    """The parts of the refund that takes this much of the net. Raises PaymentNotRefundable, RefundExceedsRefundable."""
    before = given_back(_require_captured(payment))
    left = payment.net_minor - before.net.minor
    if not 0 < net_minor <= left:
        raise _exceeds("/net", left)
    return fees.gross_of_net(split_of(payment), before=before, net=Money(net_minor, Currency[payment.currency]))


def reserve(payment: Payment, part: GivenBack, why: Why, *, actor: Actor, now: datetime) -> Refund:
    """Set the parts aside and store the refund. Raises RefundMoneyIsGone, SwitchClosed."""
    amount = part.fee + part.net
    require_open(payment, amount, now=now)
    refund_id = ids.prefixed("re", now)
    try:
        reserved = journal.post(
            book=entries.book(payment.livemode),
            kind="payments.refund_reserved",
            legs=entries.refund_reserved(payment, fee=part.fee, net=part.net),
            reference=payment.public_id,
            idempotency_key=f"refund.reserve:{refund_id}",
            effective_at=now,
            now=now,
        )
    except journal.AccountOverdrawn as error:
        raise RefundMoneyIsGone from error
    _count(payment, part, now=now)
    return Refund.objects.create(
        public_id=refund_id,
        payment=payment,
        livemode=payment.livemode,
        status=RefundStatus.PENDING,
        amount_minor=amount.minor,
        fee_minor=part.fee.minor,
        net_minor=part.net.minor,
        currency=payment.currency,
        reason=why.reason[:200],
        reserve_entry=reserved.entry_id,
        resume_at=now + acceptance.resume_after(now),
        claim_id=why.claim_id,
        escrow_reference=why.escrow_reference,
        created_by=str(actor),
        request_id=context.request_id() or "",
        created_at=now,
    )


def split_of(payment: Payment) -> Split:
    currency = Currency[payment.currency]
    return Split(payment.fee_basis_points, Money(payment.fee_minor, currency), Money(payment.net_minor, currency))


def given_back(payment: Payment) -> GivenBack:
    """What refunds and chargebacks have taken from the fee and from the net so far."""
    currency = Currency[payment.currency]
    fee = payment.refunded_fee_minor + payment.disputed_fee_minor
    net = payment.refunded_minor + payment.disputed_minor - fee
    return GivenBack(Money(fee, currency), Money(net, currency))


def _require_captured(payment: Payment) -> Payment:
    if payment.status != PaymentStatus.COMPLETED:
        raise PaymentNotRefundable(f"The payment is {payment.status}.")
    return payment


def _exceeds(field: str, left: int) -> RefundExceedsRefundable:
    return RefundExceedsRefundable(
        f"{left} can be refunded.",
        errors=(FieldError(field, f"must be at most {left}"),),
        fields={"refundable": left},
    )


def require_open(payment: Payment, amount: Money, *, now: datetime) -> None:
    provider_id = payment.provider.party_id if payment.provider else None
    scopes = acceptance.scopes(payment.gateway, payment.customer.party_id, provider_id)
    switches.require_open(Switch.REFUNDS, now=now, scopes=scopes, amount=amount)


def _count(payment: Payment, part: GivenBack, *, now: datetime) -> None:
    amount = part.fee + part.net
    Payment.objects.filter(pk=payment.pk).update(
        refunded_minor=F("refunded_minor") + amount.minor,
        refunded_fee_minor=F("refunded_fee_minor") + part.fee.minor,
        updated_at=now,
    )
    payment.refunded_minor += amount.minor
    payment.refunded_fee_minor += part.fee.minor
