"""Two parties, three approvers, a mediator, two officers and the clock, two at a time: real threads, real commits.

What one alone may do in any order is in `test_escrow_machine`; here every pair of deeds meets at the same row.
"""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.actors import Actor
from core.approvals.models import ApprovalRequest, Verdict
from core.approvals.services import policies, sign
from core.errors import Refusal
from core.staff.models import User
from escrow.dispute_enums import DisputeSide
from escrow.enums import LockReason, Side, TimerState
from escrow.models import Dispute, Escrow, Movement, Part, Terms, Timer
from escrow.services import disputes as of_disputes
from escrow.services import locks, mediation, refunds, releases, resolutions, terms
from ledger import chart
from ledger.selectors import balances
from tests.factories import clocks, disputes, escrows, staff
from tests.factories.approvals import code_of
from tests.factories.escrows import BACKEND
from tests.factories.payments import NOW
from tests.functional.test_payment_races import together

WHOLE = 600_000
CLEAR = frozenset({403, 404, 409, 422})
"""With these a loser is told why; anything else, and any error of the database, is none of it."""
_numbers = itertools.count(1)


class Crowd(RuleBasedStateMachine):
    """One escrow of 6,000.00 in two milestones, paid by the bank."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.statuses = NOW, set[int]()
        number = next(_numbers)
        people = [staff.person("ESCROW_APPROVER", email=f"a{each}.{number}@holdfast.example") for each in range(3)]
        self.approvers = people
        self.officers = [Actor("STAFF", f"{name}{number}@holdfast.example", frozenset({"COMPLIANCE"})) for name in "bc"]
        self.mediator = disputes.mediator(email=f"mia{number}@holdfast.example")
        wire = escrows.terms(("first", 200_000), ("second", 400_000))
        self.pk = escrows.funded(WHOLE, document=wire, booking_id=f"book_{number}").pk

    def teardown(self) -> None:
        """What is left does not go on into the next life."""
        Timer.objects.filter(escrow=self.pk, state=TimerState.PENDING).update(
            state=TimerState.STOPPED, ended_at=self.now
        )
        User.objects.filter(pk__in=[each.user.pk for each in self.approvers]).update(is_active=False)
        User.objects.filter(email=self.mediator.id).update(is_active=False)

    @property
    def escrow(self) -> Escrow:
        return Escrow.objects.select_related("payer", "payee").get(pk=self.pk)

    def named(self, actor: Actor = BACKEND) -> dict[str, Any]:
        return {"escrow_id": self.escrow.public_id, "livemode": False, "actor": actor, "now": self.now}

    def of_dispute(self, actor: Actor) -> dict[str, Any]:
        dispute = Dispute.objects.filter(escrow=self.pk).order_by("-id").first()
        named = {"livemode": False, "actor": actor, "now": self.now}
        return named | {"dispute_id": dispute.public_id if dispute else "dsp_none"}

    # Deeds: each one call of a service, as the API, the console or a worker makes it

    def meet_first(self) -> None:
        escrows.meet(self.escrow, "first", now=self.now)

    def meet_second(self) -> None:
        escrows.meet(self.escrow, "second", now=self.now)

    def release_all(self) -> None:
        releases.release(**self.named())

    def release_first(self) -> None:
        releases.release(**self.named(), condition_id="first")

    def release_some(self) -> None:
        releases.release(**self.named(), amount_minor=150_001)

    def refund_all(self) -> None:
        refunds.refund(**self.named(), reason="wanted", payee_agrees=True)

    def refund_some(self) -> None:
        refunds.refund(**self.named(), reason="wanted", amount_minor=99_999, payee_agrees=True)

    def propose(self) -> None:
        wire = escrows.terms(("first", 100_000), ("second", 500_000))
        terms.propose(**self.named(), wire=wire, side=Side.PAYER, reason="changed")

    def agree(self) -> None:
        version = Terms.objects.filter(escrow=self.pk).count()
        terms.agree(**self.named(), version=version, side=Side.PAYEE)

    def dispute(self) -> None:
        disputes.raised(self.escrow, now=self.now, side=DisputeSide.PAYER)

    def withdraw(self) -> None:
        of_disputes.withdraw(**self.of_dispute(BACKEND), side=DisputeSide.PAYER)

    def tell(self) -> None:
        for side in ("PAYER", "PAYEE"):
            disputes.said(self.escrow, side, now=self.now)

    def take(self) -> None:
        mediation.take(**self.of_dispute(self.mediator))

    def decide(self) -> None:
        resolutions.decide(**self.of_dispute(self.mediator), release_minor=self.escrow.held_minor // 3, reason="heard")

    def put_to_signers(self) -> None:
        release = self.escrow.held_minor // 3
        resolutions.propose(**self.of_dispute(self.mediator), release_minor=release, reason="heard")

    def sign_first(self) -> None:
        self._sign(self.approvers[0])

    def sign_second(self) -> None:
        self._sign(self.approvers[1])

    def sign_third(self) -> None:
        self._sign(self.approvers[2])

    def hold(self) -> None:
        locks.hold(**self.named(self.officers[0]), reason=LockReason.COMPLIANCE, note="looked at")

    def free(self) -> None:
        locks.free(**self.named(self.officers[1]), reason=LockReason.COMPLIANCE, note="fine")

    def clock(self) -> None:
        clocks.fire(self.now)

    def _sign(self, person: staff.Person) -> None:
        for request in ApprovalRequest.objects.filter(state="PENDING", subject=self.escrow.public_id):
            sign(
                request_id=request.request_id, user=person.user, digest=request.digest, code=code_of(person),
                reason="", device="", origin="198.51.100.7", present=timezone.now(), now=self.now,
            )  # fmt: skip

    # One after the other, and two at once

    @rule(deed=st.deferred(lambda: DEEDS))
    def alone(self, deed: str) -> None:
        self.run(deed)

    @rule(first=st.deferred(lambda: DEEDS), second=st.deferred(lambda: DEEDS))
    def at_once(self, first: str, second: str) -> None:
        self.run(first, second)

    @rule(hours=st.sampled_from([24, 100, 336, 720]), deed=st.deferred(lambda: DEEDS))
    def time_passes_while(self, hours: int, deed: str) -> None:
        """The hour of a timer comes in the moment in which somebody acts."""
        self.now += timedelta(hours=hours)
        self.run("clock", deed)

    def run(self, *deeds: str) -> None:
        self.now += timedelta(minutes=1)
        together(len(deeds), lambda number: self.attempt(getattr(self, deeds[number])))

    def attempt(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Refusal as refused:
            self.statuses.add(refused.status)

    # What is always true

    @invariant()
    def money_in_is_money_out_and_held(self) -> None:
        escrow = self.escrow
        held = balances.get("test", chart.escrow_held(escrow.account)).posted.minor
        there = sum(Part.objects.filter(escrow=escrow, state="HELD").values_list("amount_minor", flat=True))
        assert held == there == escrow.held_minor == WHOLE - escrow.released_minor - escrow.refunded_minor
        assert (held == 0) == (escrow.status in ("RELEASED", "REFUNDED"))

    @invariant()
    def no_part_went_both_ways_or_twice(self) -> None:
        moved = Movement.objects.filter(escrow=self.pk)
        assert moved.values("part").distinct().count() == moved.count()
        assert moved.values("entry_id", "part").distinct().count() == moved.count()
        released = sum(moved.filter(kind="RELEASE").values_list("amount_minor", flat=True))
        assert released == self.escrow.released_minor

    @invariant()
    def large_releases_were_signed_by_two_who_may(self) -> None:
        gone, allowed = 0, {each.user.email for each in self.approvers}
        for movement in Movement.objects.filter(escrow=self.pk, kind="RELEASE").order_by("id"):
            gone += movement.amount_minor
            if movement.approval_id:
                request = ApprovalRequest.objects.get(request_id=movement.approval_id)
                signed = request.signatures.filter(verdict=Verdict.SIGN)
                signers = set(signed.values_list("signer__email", flat=True))
                assert request.state == "EXECUTED"
                assert signers <= allowed
                assert len(signers) >= (2 if request.action == "escrow.release" else 1)
            elif not movement.reference.startswith("dsp_"):
                assert gone < 500_000, "nobody signed for it"

    @invariant()
    def the_books_balance(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(sum(amount_minor), 0) FROM ledger_posting")
            assert cursor.fetchone()[0] == 0

    @invariant()
    def who_lost_was_told_why(self) -> None:
        assert self.statuses <= CLEAR


DEEDS = st.sampled_from(
    [
        "meet_first", "meet_second", "release_all", "release_first", "release_some", "refund_all", "refund_some",
        "propose", "agree", "dispute", "withdraw", "tell", "take", "decide", "put_to_signers", "sign_first",
        "sign_second", "sign_third", "hold", "free", "clock",
    ]
)  # fmt: skip
PROFILE = settings(
    max_examples=2,
    phases=[Phase.generate],
    stateful_step_count=12,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    database=None,
)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policies() -> None:
    policies.install()


def test_two_at_a_time_keep_every_cent() -> None:
    run_state_machine_as_test(Crowd, settings=PROFILE)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_crowd_keeps_every_cent() -> None:
    run_state_machine_as_test(Crowd, settings=settings(PROFILE, max_examples=40, stateful_step_count=30))


def test_the_crowd_can_walk_to_a_signed_release_and_to_one_winner() -> None:
    """The control of the sequences: with both milestones met, the last signature meets a dispute; one of them wins."""
    crowd = Crowd()
    for deeds in (("meet_first", "meet_second"), ("release_all",), ("sign_first",), ("sign_second", "dispute")):
        crowd.run(*deeds)
        crowd.money_in_is_money_out_and_held()
        crowd.large_releases_were_signed_by_two_who_may()
    assert crowd.escrow.status in ("RELEASED", "DISPUTED")
    assert crowd.statuses == {409}
    crowd.teardown()
