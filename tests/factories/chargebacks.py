"""Chargebacks for tests: the network takes money back, and decides."""

import itertools
from datetime import datetime

from core.actors import SYSTEM
from core.money import Money
from ledger.services import journal
from ledger.services.journal import Leg
from payments.enums import ChargebackState
from payments.models import Chargeback, Payment
from payments.services import chargebacks
from payments.services.chargebacks import Notice
from tests.factories.payments import NOW

_numbers = itertools.count(1)


def notice(payment: Payment, amount_minor: int | None = None, **different: object) -> Notice:
    wanted: dict[str, object] = {
        "gateway": "sandbox",
        "network_reference": f"ncb_{next(_numbers)}",
        "payment_id": payment.public_id,
        "amount_minor": payment.amount_minor if amount_minor is None else amount_minor,
        "currency": payment.currency,
        "reason_code": "10.4",
        "opened_at": NOW,
    }
    return Notice(**wanted | different)  # type: ignore[arg-type]


def charge_back(
    payment: Payment, amount_minor: int | None = None, *, now: datetime = NOW, **different: object
) -> Chargeback:
    return chargebacks.open_(notice(payment, amount_minor, **different), actor=SYSTEM, now=now)


def decide(chargeback: Chargeback, outcome: str, *, now: datetime = NOW) -> Chargeback:
    return chargebacks.close(
        chargeback_id=chargeback.public_id, outcome=ChargebackState(outcome), actor=SYSTEM, now=now
    )


def move(amount_minor: int, *, debit: str, credit: str) -> None:
    """As other apps would: a release, a payout, a repayment."""
    money = Money(amount_minor)
    journal.post(
        book="test", kind="test.moved", legs=[Leg.debit(debit, money), Leg.credit(credit, money)], reference="test",
        idempotency_key=f"test:{next(_numbers)}", effective_at=NOW, now=NOW,
    )  # fmt: skip
