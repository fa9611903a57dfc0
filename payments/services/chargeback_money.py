"""The ledger legs of a chargeback: who bears what the network takes, and who gets what it gives back.

500.00 (fee 40.00, net 460.00), half of the net released: acquirer_receivable is credited 500.00, and debited are
escrow_held 230.00, fees:platform 40.00, returns_receivable:<payee> 230.00. Won, the same goes back the other way.

What a party has paid of its debt before a chargeback is won becomes the party's again: a receivable never falls below
nothing. Nothing here can refuse the network: a fee that is not there any more is a cost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from compliance.models import Party
from core.money import Currency, Money
from ledger import chart
from ledger.selectors import balances
from ledger.selectors import entries as written
from ledger.services import journal
from ledger.services.journal import AccountOverdrawn, Leg
from payments.fees import GivenBack
from payments.models import Chargeback, Payment, Refund
from payments.selectors import chargebacks
from payments.services import entries

COSTS = chart.costs("chargebacks")
TRIES = 5


@dataclass(frozen=True, slots=True)
class Opening:
    """`part` is what had not gone back before, `beyond` what had; `replaced` refunds are paid by the chargeback."""

    chargeback_id: str
    part: GivenBack
    beyond: Money
    replaced: tuple[Refund, ...]

    @property
    def amount(self) -> Money:
        return self.part.fee + self.part.net + self.beyond


@dataclass(frozen=True, slots=True)
class Taken:
    entry_id: str
    held: Money
    late: Money


def take(payment: Payment, opening: Opening, *, held_by_escrow: int | None, now: datetime) -> Taken:
    """Post the opening. `held_by_escrow` is what escrow keeps for it; None where no escrow holds the payment's net."""
    taken: list[Taken] = []
    fees = [chart.FEES_PLATFORM, COSTS]

    def legs() -> list[Leg]:
        minor = held_without_escrow(payment, opening.part.net.minor) if held_by_escrow is None else held_by_escrow
        held = Money(minor, opening.amount.currency)
        taken[:] = [Taken("", held, opening.part.net - held)]
        return _taken_legs(payment, opening, held=held, fee_account=fees[0])

    def short(account: str) -> None:
        if account == chart.FEES_PLATFORM:
            fees.pop(0)

    posted = _post(payment, f"opened:{opening.chargeback_id}", legs, short, now=now)
    return Taken(posted, taken[0].held, taken[0].late)


def give_back(payment: Payment, chargeback: Chargeback, *, replaced_minor: int, now: datetime) -> str:
    """Post the return of a won chargeback; the id of the entry."""
    return _post(
        payment,
        f"won:{chargeback.public_id}",
        lambda: _returned_legs(payment, chargeback, replaced_minor=replaced_minor),
        lambda _: None,
        now=now,
    )


def find_replacing(payment: Payment, refund: Refund) -> Chargeback | None:
    """A chargeback that brought the payer what a refused refund would have, and that the payer still owes for."""
    if _owed(payment, payment.customer) < refund.amount_minor:
        return None
    return next((row for row, owed in chargebacks.find_owed(payment) if owed >= refund.amount_minor), None)


def replace_refund(payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Pay what the payer owes for a chargeback out of a refund that was refused."""
    payer, amount = payment.customer.party_id, Money(refund.amount_minor, Currency[refund.currency])
    journal.post(
        book=entries.book(payment.livemode),
        kind="payments.refund_replaced",
        legs=[
            Leg.debit(chart.customer_refundable(payer), amount),
            Leg.credit(chart.returns_receivable(payer), amount),
        ],
        reference=payment.public_id,
        idempotency_key=f"refund.replaced:{refund.public_id}:{refund.tries}",
        effective_at=now,
        now=now,
    )


def held_without_escrow(payment: Payment, net_minor: int) -> int:
    """How much of the net whoever it is for still has here: a provider's balance, or a customer's deposit."""
    account = entries.beneficiary(payment)
    there = balances.get(entries.book(payment.livemode), account, Currency[payment.currency]).available.minor
    if payment.provider is None:
        there -= chargebacks.set_aside_minor(payment.customer_id)
    return max(0, min(net_minor, there))


def _taken_legs(payment: Payment, opening: Opening, *, held: Money, fee_account: str) -> list[Leg]:
    payer = payment.customer.party_id
    replaced = Money(sum(refund.amount_minor for refund in opening.replaced), held.currency)
    return [
        *entries.debit(entries.beneficiary(payment), held),
        *entries.debit(fee_account, opening.part.fee),
        *entries.debit(chart.returns_receivable(_payee(payment).party_id), opening.part.net - held),
        *entries.debit(chart.customer_refundable(payer), replaced),
        *entries.debit(chart.returns_receivable(payer), opening.beyond - replaced),
        Leg.credit(chart.ACQUIRER_RECEIVABLE, opening.amount),
    ]


def _returned_legs(payment: Payment, chargeback: Chargeback, *, replaced_minor: int) -> list[Leg]:
    currency = Currency[chargeback.currency]
    payer, payee = payment.customer, _payee(payment)
    replaced = Money(replaced_minor, currency)
    late, lent = Money(chargeback.late_minor, currency), Money(chargeback.beyond_minor, currency) - replaced
    repaid_late = Money(min(late.minor, _owed(payment, payee)), currency)
    left = _owed(payment, payer) - (repaid_late.minor if payer == payee else 0)
    repaid_lent = Money(min(lent.minor, left), currency)
    own = chart.provider_payable(payee.party_id) if payment.provider else chart.customer_refundable(payee.party_id)
    return [
        Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(chargeback.amount_minor, currency)),
        *entries.credit(entries.beneficiary(payment), Money(chargeback.held_minor, currency)),
        *entries.credit(_fee_account(chargeback), Money(chargeback.fee_minor, currency)),
        *entries.credit(chart.returns_receivable(payee.party_id), repaid_late),
        *entries.credit(own, late - repaid_late),
        *entries.credit(chart.returns_receivable(payer.party_id), repaid_lent),
        *entries.credit(chart.customer_refundable(payer.party_id), replaced + lent - repaid_lent),
    ]


def _payee(payment: Payment) -> Party:
    """Whose money the net is; a deposit is the customer's own."""
    return payment.provider or payment.customer


def _owed(payment: Payment, party: Party) -> int:
    account = chart.returns_receivable(party.party_id)
    return balances.get(entries.book(payment.livemode), account, Currency[payment.currency]).available.minor


def _fee_account(chargeback: Chargeback) -> str:
    """Where the opening took the fee from."""
    accounts = {leg.account for leg in written.get(chargeback.entry_id).legs}
    return COSTS if COSTS in accounts else chart.FEES_PLATFORM


def _post(
    payment: Payment, what: str, legs: Callable[[], list[Leg]], short: Callable[[str], None], *, now: datetime
) -> str:
    """Balances may fall between reading and posting: then they are read again. Raises AccountOverdrawn at last."""
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return journal.post(
                    book=entries.book(payment.livemode),
                    kind=f"payments.chargeback_{what.partition(':')[0]}",
                    legs=legs(),
                    reference=payment.public_id,
                    idempotency_key=f"chargeback.{what}",
                    effective_at=now,
                    now=now,
                ).entry_id
        except AccountOverdrawn as lacking:
            if not left:
                raise
            short(lacking.account)
    raise AssertionError("unreachable")
