"""An escrow from agreement to the last part, with the ledger beside it."""

from datetime import datetime
from typing import Any

import pytest

from compliance.services import parties
from core.money import Money
from core.outbox import services as outbox
from escrow.enums import LockReason, Side
from escrow.models import Escrow, Movement, Part, Timer
from escrow.selectors import escrows as register
from escrow.services import conditions, locks, parts, refunds, releases, terms
from escrow.services.agreements import ComplianceScreeningFailed, UnsafeTerms
from escrow.states import EscrowStateForbids
from ledger.selectors import balances
from tests.factories import escrows
from tests.factories.escrows import BACKEND, later
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db


def release(escrow: Escrow, *, now: datetime = NOW, **different: Any) -> releases.Asked:
    return releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=now, **different)


def refund(escrow: Escrow, *, now: datetime = NOW, **different: Any) -> Escrow:
    wanted: dict[str, Any] = {"reason": "cancelled by the payer"} | different
    return refunds.refund(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=now, **wanted)


def balance(account: str) -> int:
    return balances.get("test", account).posted.minor


def test_agreed_funded_met_and_released() -> None:
    escrow = escrows.create()
    assert (escrow.status, escrow.risk_score, escrow.held_minor) == ("CREATED", 300, 0)
    assert escrow.available_at == later(72)
    assert "PAYEE_CANNOT_APPROVE:prov_provider456" in escrow.compliance_flags
    escrow = escrows.fund(escrow)
    assert (escrow.status, escrow.held_minor, register.held(escrow)) == ("FUNDED", 400_000, Money(400_000))
    assert balance("bank:trust") == 400_000

    with pytest.raises(releases.ReleaseConditionsNotMet) as refused:
        release(escrow)
    assert refused.value.fields["conditions"][0]["conditionId"] == "cond_service_completion"
    escrows.meet(escrow, now=later(1))
    asked = release(escrow, now=later(2))
    assert (asked.escrow.status, asked.escrow.held_minor, len(asked.moved)) == ("RELEASED", 0, 1)
    assert balance("provider_payable:prov_provider456") == 400_000
    assert register.held(escrow) == Money(0)
    assert not Timer.objects.filter(state="PENDING").exists()


def test_refunded_while_the_terms_are_not_met() -> None:
    escrow = refund(escrows.funded())
    assert (escrow.status, escrow.refunded_minor) == ("REFUNDED", 400_000)
    assert balance("customer_refundable:cus_customer123") == 400_000
    with pytest.raises(EscrowStateForbids):
        release(escrow)


def test_what_the_payee_has_earned_goes_back_only_with_the_payees_word() -> None:
    escrow = escrows.meet(escrows.funded())
    with pytest.raises(refunds.PayeeMustAgree):
        refund(escrow)
    assert refund(escrow, payee_agrees=True).status == "REFUNDED"


def test_an_escrow_that_nobody_funds_just_ends() -> None:
    escrow = refund(escrows.create())
    assert (escrow.status, escrow.refunded_minor, Movement.objects.count()) == ("REFUNDED", 0, 0)


def test_milestones_are_released_one_by_one() -> None:
    """1,000.00 as 200.00, 300.00 and 500.00; the last cent ends it."""
    wire = escrows.terms(("plan", 20_000), ("shoot", 30_000), ("album", 50_000))
    escrow = escrows.funded(100_000, document=wire)
    assert [part.amount_minor for part in Part.objects.order_by("number")] == [20_000, 30_000, 50_000]
    escrows.meet(escrow, "shoot", now=later(1))
    assert release(escrow, condition_id="shoot", now=later(2)).escrow.released_minor == 30_000
    with pytest.raises(releases.ReleaseConditionsNotMet):
        release(escrow, condition_id="plan", now=later(2))
    escrows.meet(escrow, "plan", now=later(3))
    escrows.meet(escrow, "album", now=later(3))
    done = release(escrow, now=later(4)).escrow
    assert (done.status, done.released_minor) == ("RELEASED", 100_000)


def test_an_amount_of_a_part_divides_it_and_no_cent_is_lost() -> None:
    escrow = escrows.meet(escrows.funded(100_001, document=escrows.terms()))
    release(escrow, amount_minor=33_333)
    there = [(part.number, part.amount_minor, part.state) for part in Part.objects.order_by("number")]
    assert there == [(1, 100_001, "DIVIDED"), (2, 33_333, "RELEASED"), (3, 66_668, "HELD")]
    with pytest.raises(parts.InsufficientBalance):
        release(escrow, amount_minor=66_669)


def test_a_hold_stops_both_ways_and_another_person_lifts_it() -> None:
    from core.actors import Actor

    escrow = escrows.meet(escrows.funded())
    ana = Actor("STAFF", "ana@holdfast.example", frozenset({"COMPLIANCE"}))
    ben = Actor("STAFF", "ben@holdfast.example", frozenset({"COMPLIANCE"}))
    held: dict[str, Any] = {
        "escrow_id": escrow.public_id,
        "livemode": False,
        "reason": LockReason.COMPLIANCE,
        "now": NOW,
    }
    locks.hold(**held, note="look at it", actor=ana)
    escrow.refresh_from_db()
    assert escrow.status == "LOCKED"
    for act in (release, lambda each: refund(each, payee_agrees=True)):
        with pytest.raises(releases.EscrowHeld):
            act(escrow)
    with pytest.raises(locks.UnableToLock):
        locks.free(**held, note="fine", actor=ana)
    locks.free(**held, note="fine", actor=ben)
    assert release(escrow).escrow.status == "RELEASED"


def test_a_payment_funds_the_escrow_that_waits_for_its_booking() -> None:
    """500.00 agreed and paid, 40.00 kept as the fee, 460.00 held; the account keeps the name of the capture."""
    escrow = escrows.create(
        50_000, payer_id="cus_abc123def456", payee_id="prov_xyz789ghi012", booking_id="book_service_001"
    )
    body = pay().body
    outbox.drain(now=NOW)
    escrow.refresh_from_db()
    assert Escrow.objects.count() == 1
    assert (escrow.status, escrow.fee_minor, escrow.held_minor) == ("FUNDED", 4_000, 46_000)
    assert (escrow.account, escrow.funding_rail) == (body["escrowId"], "CARD")
    assert register.held(escrow) == Money(46_000)


def test_terms_are_amended_by_both_and_what_was_met_stays_met() -> None:
    escrow = escrows.meet(escrows.funded())
    wire = escrows.terms(timeoutPolicy__autoReleaseAfterHours=400)
    version = terms.propose(
        escrow_id=escrow.public_id,
        livemode=False,
        wire=wire,
        side=Side.PAYER,
        reason="later",
        actor=BACKEND,
        now=later(1),
    ).version
    before = Escrow.objects.get().version
    terms.agree(
        escrow_id=escrow.public_id, livemode=False, version=version, side=Side.PAYEE, actor=BACKEND, now=later(2)
    )
    assert Escrow.objects.get().version > before
    due = Timer.objects.get(state="PENDING", kind="AUTO_RELEASE").due_at
    assert due == later(400)
    assert release(escrow, now=later(3)).escrow.status == "RELEASED"


def test_nothing_moves_from_the_moment_a_party_is_blocked() -> None:
    """The hold follows by an event; the block itself is enough, both ways, and for money that comes in."""
    escrow, waiting = escrows.meet(escrows.funded()), escrows.create()
    parties.block(party_id="prov_provider456", livemode=False, reason="test", actor=BACKEND, now=NOW)
    for act in (release, lambda each: refund(each, payee_agrees=True)):
        with pytest.raises(releases.EscrowHeld):
            act(escrow)
    with pytest.raises(releases.EscrowHeld):
        escrows.fund(waiting)


def test_amended_terms_bring_their_own_flags() -> None:
    escrow = escrows.funded()
    wire = escrows.terms(releaseConditions__approverUserIds=["nobody_knows"])
    named: dict[str, Any] = {"escrow_id": escrow.public_id, "livemode": False, "actor": BACKEND}
    version = terms.propose(**named, wire=wire, side=Side.PAYER, reason="another approver", now=later(1)).version
    terms.agree(**named, version=version, side=Side.PAYEE, now=later(2))
    flags = Escrow.objects.get().compliance_flags
    assert "APPROVER_UNKNOWN:nobody_knows" in flags
    assert "PAYEE_CANNOT_APPROVE:prov_provider456" not in flags
    assert "PARTY_CREATED_UNVERIFIED:cus_customer123" in flags


def test_unsafe_terms_and_parties_are_refused() -> None:
    with pytest.raises(UnsafeTerms):
        escrows.create(document=escrows.terms(disputePolicy__disputeWindowHours=337))
    escrows.create()
    parties.block(party_id="prov_provider456", livemode=False, reason="test", actor=BACKEND, now=NOW)
    with pytest.raises(ComplianceScreeningFailed):
        escrows.create()
    assert Escrow.objects.count() == 1


def test_a_condition_is_met_once_and_in_time() -> None:
    escrow = escrows.funded()
    with pytest.raises(conditions.UnableToSatisfy):
        escrows.meet(escrow, now=later(168))
    escrows.meet(escrow, now=later(167))
    with pytest.raises(conditions.UnableToSatisfy):
        escrows.meet(escrow, now=later(167))
