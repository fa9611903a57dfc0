"""At once, by real threads: disputes against releases, decisions against chargebacks, mediators against each other."""

from collections import Counter
from typing import Any

import pytest

from core.outbox import services as outbox
from core.work import services as work
from escrow.dispute_enums import DisputeSide
from escrow.models import Dispute, DisputeCause, Escrow, Receivable, Recovery
from escrow.services import disputes, firing, mediation, receivables, releases, resolutions
from ledger.selectors import accounts, balances
from payments.models import Payment
from tests.factories import escrows
from tests.factories.chargebacks import charge_back, move
from tests.factories.disputes import DAY, heard, mediator, raised, said
from tests.factories.escrows import BACKEND, later
from tests.factories.payments import NOW, pay
from tests.functional.test_payment_races import together

pytestmark = pytest.mark.django_db(transaction=True)

WEEK = later(24 * 9)


def books_balance() -> None:
    assert [row for row in accounts.list_trial("test") if row.debits != row.credits] == []


def held(escrow: Escrow) -> int:
    return balances.get("test", f"escrow_held:{escrow.account}").posted.minor


@pytest.mark.parametrize("round_number", range(4))
def test_a_dispute_against_a_release_one_wins(round_number: int) -> None:
    escrow = escrows.meet(escrows.funded(80_000))

    def dispute() -> str:
        return raised(escrow).state

    def release() -> str:
        return releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=DAY).escrow.status

    answers = together(2, lambda number: (dispute if (number + round_number) % 2 else release)())
    assert sorted(answers) in (["ESCROW_STATE_FORBIDS", "OPEN"], ["ESCROW_STATE_FORBIDS", "RELEASED"])
    status = Escrow.objects.get().status
    assert (status, Dispute.objects.count(), held(escrow)) in (("DISPUTED", 1, 80_000), ("RELEASED", 0, 0))


def test_twenty_disputes_are_one() -> None:
    escrow = escrows.funded(80_000)
    assert Counter(together(20, lambda _: raised(escrow).state)) == {"OPEN": 1, "DISPUTE_ALREADY_OPEN": 19}


@pytest.mark.parametrize("round_number", range(4))
def test_a_decision_against_a_chargeback_goes_back_once(round_number: int) -> None:
    """460.00 held, half awarded to the payee; the network takes all. Whoever is second finds less, or nothing."""
    by = mediator()
    payment = Payment.objects.get(public_id=pay().body["paymentId"])
    outbox.drain(now=NOW)
    escrow = Escrow.objects.get()
    dispute = heard(escrow, by=by)

    def decide() -> str:
        return resolutions.decide(
            dispute_id=dispute.public_id, release_minor=23_000, reason="half", livemode=False, actor=by, now=WEEK
        ).state

    def take() -> str:
        return charge_back(payment, now=WEEK).state

    answers = together(2, lambda number: (decide if (number + round_number) % 2 else take)())
    outbox.drain(now=WEEK)
    work.drain(now=WEEK)
    assert set(answers) <= {"RESOLVED", "OPEN", "DISPUTE_STATE_FORBIDS"}
    ended, payment = Dispute.objects.get(), Payment.objects.get()
    assert ended.state == "RESOLVED"
    assert payment.refunded_minor + payment.disputed_minor <= 50_000, "no cent goes back twice"
    assert held(escrow) == 0
    books_balance()
    if ended.resolved_how == "NETWORK":
        assert DisputeCause.objects.filter(kind="CHARGEBACK").exists()
    else:
        assert (ended.release_minor, ended.refund_minor) == (23_000, 23_000)


@pytest.mark.parametrize("round_number", range(4))
def test_its_day_against_a_decision_ends_it_once(round_number: int) -> None:
    by, escrow = mediator(), escrows.funded(80_000)
    dispute = heard(escrow, by=by)
    day = dispute.auto_resolution_at

    def decide() -> str:
        return resolutions.decide(
            dispute_id=dispute.public_id, release_minor=80_000, reason="all", livemode=False, actor=by, now=day
        ).state

    def fire() -> int:
        return firing.fire_due(now=day).count

    together(2, lambda number: (decide if (number + round_number) % 2 else fire)())
    firing.fire_due(now=day)
    ended = Dispute.objects.get()
    assert (ended.state, held(escrow)) == ("RESOLVED", 0)
    assert ended.outcome == {"MEDIATOR": "RELEASE", "CLOCK": "REFUND"}[ended.resolved_how]
    assert sum(balances.get("test", name).posted.minor for name in (
        "provider_payable:prov_provider456", "customer_refundable:cus_customer123",
    )) == 80_000  # fmt: skip


def test_two_mediators_take_one_dispute() -> None:
    people = [mediator(email=f"mia{number}@holdfast.example") for number in range(4)]
    dispute = raised(escrows.funded(80_000))

    def take(number: int) -> str:
        return mediation.take(dispute_id=dispute.public_id, livemode=False, actor=people[number], now=DAY).mediator

    answers = together(4, take)
    assert sorted(Counter(answer if "_" in answer else "taken" for answer in answers).items()) == [
        ("DISPUTE_HAS_A_MEDIATOR", 3), ("taken", 1),
    ]  # fmt: skip


def test_a_side_submits_once() -> None:
    escrow = escrows.funded(80_000)
    raised(escrow)
    answers = together(8, lambda _: said(escrow, "PAYER").state)
    assert Counter(answers) == {"OPEN": 1, "EVIDENCE_ALREADY_SUBMITTED": 7}


def test_a_withdrawal_against_a_decision() -> None:
    by, escrow = mediator(), escrows.funded(80_000)
    dispute = heard(escrow, by=by)
    mine: dict[str, Any] = {"dispute_id": dispute.public_id, "livemode": False, "now": DAY}

    def act(number: int) -> str:
        if number:
            return disputes.withdraw(**mine, side=DisputeSide.PAYER, actor=BACKEND).state
        return resolutions.decide(**mine, release_minor=0, reason="none", actor=by).state

    answers = together(2, act)
    assert sorted(answers) in (["DISPUTE_STATE_FORBIDS", "RESOLVED"], ["DISPUTE_STATE_FORBIDS", "WITHDRAWN"])
    assert held(escrow) == (0 if "RESOLVED" in answers else 80_000)


def test_one_debt_is_recovered_once_however_many_ask() -> None:
    escrow = escrows.funded(80_000)
    move(30_000, debit="returns_receivable:prov_provider456", credit="bank:trust")
    move(20_000, debit="bank:trust", credit="provider_payable:prov_provider456")
    receivables.open_(party=escrow.payee, escrow=escrow, cause="cb_1", amount_minor=30_000, currency="USD", now=DAY)
    together(8, lambda _: receivables.recover(party=escrow.payee, now=DAY))
    debt = Receivable.objects.get()
    assert (debt.recovered_minor, debt.outstanding_minor, Recovery.objects.count()) == (20_000, 10_000, 1)
    assert balances.get("test", "returns_receivable:prov_provider456").posted.minor == 10_000
    books_balance()
