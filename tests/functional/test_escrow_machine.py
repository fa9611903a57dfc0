"""Two parties, three approvers, a mediator, the network and the clock do what they like: no cent is lost or paid twice.

Refusals are welcome, contradictions are not. A failing run prints the shortest sequence it found.
"""

import contextlib
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import TestCase
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.actors import Actor
from core.approvals.models import ApprovalRequest, Verdict
from core.approvals.services import sign
from core.errors import Refusal
from escrow.dispute_enums import DisputeSide
from escrow.enums import LockReason, Side
from escrow.models import Dispute, Escrow, Movement, Part
from escrow.services import disputes as of_disputes
from escrow.services import locks, mediation, movements, refunds, releases, resolutions, terms
from ledger import chart
from ledger.selectors import balances
from payments.models import Chargeback, Payment
from payments.services import refunds as of_payments
from payments.services.refunds import RefundOrder
from tests.factories import clocks, disputes, escrows, staff
from tests.factories.approvals import code_of
from tests.factories.chargebacks import charge_back, decide
from tests.factories.escrows import BACKEND
from tests.factories.payments import NOW, forget_payments, pay, ticket

BANK, CARD = 600_000, 46_000
PAYERS = {"bank": "cus_customer123", "card": "cus_abc123def456"}
PAYEES = {"bank": "prov_provider456", "card": "prov_xyz789ghi012"}
which = st.sampled_from(["bank", "card"])
share = st.sampled_from([0, 1, 10_000, 23_000, 45_999, 46_000, 300_000, 599_999])


class EscrowMachine(RuleBasedStateMachine):
    """One escrow of 6,000.00 that the bank brought, and one of 460.00 that a card paid (500.00 less 40.00)."""

    def __init__(self) -> None:
        super().__init__()
        self.atomics = TestCase._enter_atomics()
        try:
            self.begin()
        except BaseException:
            self.teardown()
            raise

    def begin(self) -> None:
        self.now = NOW
        self.approvers = [staff.person("ESCROW_APPROVER", email=f"a{number}@holdfast.example") for number in (1, 2, 3)]
        self.officers = [Actor("STAFF", f"{name}@holdfast.example", frozenset({"COMPLIANCE"})) for name in "bc"]
        self.mediator = disputes.mediator()
        wire = escrows.terms(("first", 200_000), ("second", 400_000))
        bank = escrows.funded(BANK, document=wire)
        forget_payments()
        body = pay().body
        clocks.settle(self.now)
        self.payment = Payment.objects.get(public_id=body["paymentId"])
        self.ids = {"bank": bank.public_id, "card": Escrow.objects.get(payment=self.payment).public_id}

    def teardown(self) -> None:
        TestCase._rollback_atomics(self.atomics)

    def attempt(self, act: Any, *given: Any, **named: Any) -> Any:
        """What the service answers, or None where it refuses; a refusal leaves nothing behind."""
        self.now += timedelta(minutes=1)
        try:
            with transaction.atomic():
                answer = act(*given, **named, now=self.now)
                with connection.cursor() as cursor:
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        except Refusal:
            return None
        return answer or True

    def escrow(self, name: str) -> Escrow:
        return Escrow.objects.get(public_id=self.ids[name])

    def named(self, name: str, actor: Actor = BACKEND) -> dict[str, Any]:
        return {"escrow_id": self.ids[name], "livemode": False, "actor": actor}

    # What the marketplace and the parties do

    @rule(name=which, condition=st.sampled_from(["first", "second", "service_completed"]))
    def meet(self, name: str, condition: str) -> None:
        self.attempt(lambda now: escrows.meet(self.escrow(name), condition, now=now))

    @rule(name=which, condition=st.sampled_from(["", "first", "second"]), amount=share)
    def release(self, name: str, condition: str, amount: int) -> None:
        self.attempt(releases.release, **self.named(name), condition_id=condition, amount_minor=amount or None)

    @rule(name=which, amount=share, agrees=st.booleans())
    def refund(self, name: str, amount: int, agrees: bool) -> None:
        self.attempt(
            refunds.refund, **self.named(name), reason="wanted", amount_minor=amount or None, payee_agrees=agrees
        )

    @rule(amount=st.sampled_from([1, 10_000, 25_000, 50_000]))
    def refund_of_the_payment(self, amount: int) -> None:
        self.now += timedelta(minutes=1)
        order = RefundOrder(self.payment.public_id, amount, "")
        with contextlib.suppress(Refusal):  # not inside another transaction: it asks the network
            of_payments.create(order, ticket=ticket("refunds.create"), livemode=False, actor=BACKEND, now=self.now)

    @rule(name=which, side=st.sampled_from(Side.values))
    def amend(self, name: str, side: str) -> None:
        wire = escrows.terms(("first", 100_000), ("second", 500_000)) if name == "bank" else escrows.terms()
        found = self.attempt(terms.propose, **self.named(name), wire=wire, side=Side(side), reason="changed")
        if found:
            other = Side.PAYEE if side == Side.PAYER else Side.PAYER
            self.attempt(terms.agree, **self.named(name), version=found.version, side=other)

    # Disputes

    @rule(name=which, side=st.sampled_from(["PAYER", "PAYEE"]))
    def dispute(self, name: str, side: str) -> None:
        self.attempt(lambda now: disputes.raised(self.escrow(name), now=now, side=DisputeSide(side)))

    @precondition(lambda self: Dispute.objects.exists())
    @rule(side=st.sampled_from(["PAYER", "PAYEE"]))
    def take_back(self, side: str) -> None:
        for dispute in Dispute.objects.all():
            self.attempt(
                of_disputes.withdraw,
                dispute_id=dispute.public_id,
                livemode=False,
                side=DisputeSide(side),
                actor=BACKEND,
            )

    @precondition(lambda self: Dispute.objects.exists())
    @rule(part=st.integers(0, 4))
    def mediate(self, part: int) -> None:
        """Both tell their story, then so many quarters go to the payee."""
        for dispute in Dispute.objects.all():
            for side in ("PAYER", "PAYEE"):
                self.attempt(lambda now, d=dispute, s=side: disputes.said(d.escrow, s, now=now))
            named = {"dispute_id": dispute.public_id, "livemode": False, "actor": self.mediator}
            self.attempt(mediation.take, **named)
            dispute.refresh_from_db()
            award = dispute.disposable_minor * part // 4
            for act in (resolutions.decide, resolutions.propose):
                self.attempt(act, **named, release_minor=award, reason="heard both")

    # Who signs, who holds

    @rule(number=st.integers(0, 2))
    def sign(self, number: int) -> None:
        person = self.approvers[number]
        for request in ApprovalRequest.objects.filter(state="PENDING"):
            self.attempt(
                sign, request_id=request.request_id, user=person.user, digest=request.digest, code=code_of(person),
                reason="", device="", origin="198.51.100.7", present=timezone.now(),
            )  # fmt: skip

    @rule(name=which, number=st.integers(0, 1), places=st.booleans())
    def hold(self, name: str, number: int, places: bool) -> None:
        act = locks.hold if places else locks.free
        self.attempt(act, **self.named(name, self.officers[number]), reason=LockReason.COMPLIANCE, note="looked at")

    # The network and the clock

    @precondition(lambda self: not Chargeback.objects.exists())
    @rule(amount=st.sampled_from([50_000, 20_000, 1]))
    def charge_back(self, amount: int) -> None:
        self.payment.refresh_from_db()
        self.attempt(lambda now: charge_back(self.payment, amount, opened_at=now, now=now))

    @precondition(lambda self: Chargeback.objects.filter(state="OPEN").exists())
    @rule(outcome=st.sampled_from(["WON", "LOST"]))
    def decide_chargeback(self, outcome: str) -> None:
        self.attempt(lambda now: decide(Chargeback.objects.get(), outcome, now=now))

    @rule(hours=st.sampled_from([1, 24, 100, 200, 400]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        clocks.settle(self.now)
        clocks.fire(self.now)

    @rule()
    def hear(self) -> None:
        clocks.settle(self.now)

    # What is always true

    @invariant()
    def money_in_is_money_out_and_held(self) -> None:
        for name, whole in (("bank", BANK), ("card", CARD)):
            escrow = self.escrow(name)
            held = balances.get("test", chart.escrow_held(escrow.account)).posted.minor
            there = sum(Part.objects.filter(escrow=escrow, state="HELD").values_list("amount_minor", flat=True))
            assert held == there == escrow.held_minor == whole - escrow.released_minor - escrow.refunded_minor
            assert (held == 0) == (escrow.status in ("RELEASED", "REFUNDED"))

    @invariant()
    def no_part_went_both_ways(self) -> None:
        for escrow in Escrow.objects.all():
            moved = Movement.objects.filter(escrow=escrow)
            assert moved.values("part").distinct().count() == moved.count()
            released = sum(moved.filter(kind="RELEASE").values_list("amount_minor", flat=True))
            assert released == escrow.released_minor

    @invariant()
    def large_releases_were_signed_by_two_who_may(self) -> None:
        """The seller is known for a year: from 5,000.00 in all, two signatures; a dispute of that size too."""
        gone = 0
        for movement in Movement.objects.filter(escrow__public_id=self.ids["bank"], kind="RELEASE").order_by("id"):
            gone += movement.amount_minor
            if movement.approval_id:
                request = ApprovalRequest.objects.get(request_id=movement.approval_id)
                assert request.state == "EXECUTED"
                least = 2 if request.action == "escrow.release" else 1
                signers = set(request.signatures.filter(verdict=Verdict.SIGN).values_list("signer__email", flat=True))
                assert len(signers) >= least
                assert signers <= {each.user.email for each in self.approvers}
            elif not movement.reference.startswith("dsp_"):
                assert gone < 500_000, "nobody signed for it"

    @invariant()
    def the_books_balance_and_nobody_is_below_zero(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(p.amount_minor), 0) FROM ledger_posting p JOIN ledger_account a"
                " ON a.id = p.account_id"
            )
            assert cursor.fetchone()[0] == 0
        assert 0 <= self.payment_given_back() <= 50_000

    def payment_given_back(self) -> int:
        payment = Payment.objects.get(pk=self.payment.pk)
        return payment.refunded_minor + payment.disputed_minor


PROFILE = settings(
    max_examples=6,
    phases=[Phase.generate],
    stateful_step_count=25,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.mark.django_db
def test_any_sequence_of_deeds_keeps_every_cent() -> None:
    run_state_machine_as_test(EscrowMachine, settings=PROFILE)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.django_db
def test_many_sequences_of_deeds_keep_every_cent() -> None:
    run_state_machine_as_test(EscrowMachine, settings=settings(PROFILE, max_examples=80, stateful_step_count=40))


@pytest.mark.django_db
def test_the_machine_can_walk_to_a_signed_release_and_a_split() -> None:
    """The control of the sequences: chance alone may never come so far."""
    machine = EscrowMachine()
    try:
        for condition in ("first", "second"):
            machine.meet("bank", condition)
        machine.release("bank", "", 0)
        for number in (0, 0, 1):
            machine.sign(number)
            machine.large_releases_were_signed_by_two_who_may()
        assert machine.escrow("bank").status == "RELEASED"
        machine.wait(100)
        machine.dispute("card", "PAYER")
        machine.mediate(2)
        assert machine.escrow("card").released_minor == machine.escrow("card").refunded_minor == CARD // 2
        machine.money_in_is_money_out_and_held()
        machine.no_part_went_both_ways()
        machine.the_books_balance_and_nobody_is_below_zero()
    finally:
        machine.teardown()


@pytest.mark.django_db
def test_the_machine_notices_a_part_that_is_lost() -> None:
    """The control: a release that forgets to count itself is found out."""
    real = movements.release

    def forgetful(escrow: Escrow, *given: Any, **named: Any) -> Any:
        moved = real(escrow, *given, **named)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            Escrow.objects.filter(pk=escrow.pk).update(released_minor=0)
            cursor.execute("SET session_replication_role = origin")
        return moved

    machine = EscrowMachine()
    try:
        machine.meet("bank", "first")
        machine.money_in_is_money_out_and_held()
        with pytest.MonkeyPatch.context() as patch, pytest.raises(DatabaseError, match="the parts of an escrow"):
            patch.setattr(movements, "release", forgetful)
            machine.release("bank", "first", 0)
    finally:
        machine.teardown()
