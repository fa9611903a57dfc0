"""6,400.00 of a seller known for long: its hour does not move it but asks two people, who answer or do not."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.approvals.services import deny
from core.outbox.models import Event
from escrow.enums import LockReason, Side, TimerKind, TimerState
from escrow.models import Escrow, Lock, Setback, Timer
from escrow.selectors import next_actions
from escrow.selectors.agreements import in_force
from escrow.services import firing, refunds
from escrow.services import terms as amendments
from tests.factories import releases, staff
from tests.factories.approvals import code_of, signed
from tests.factories.clocks import fire, fired, settle, waiting
from tests.factories.releases import BACKEND, TREASURER

pytestmark = pytest.mark.django_db

LARGE = 640_000


@pytest.fixture
def approvers(db: None) -> list[staff.Person]:
    return [staff.person("ESCROW_APPROVER", email=f"approver{number}@holdfast.example") for number in (1, 2)]


@pytest.fixture
def escrow(approvers: list[staff.Person]) -> Escrow:
    """Funded and met 336 hours ago: the hour of the release is now."""
    made = releases.funded(LARGE, now=timezone.now() - timedelta(hours=336))
    fire(timezone.now())
    return Escrow.objects.get(pk=made.pk)


def asked() -> ApprovalRequest:
    return ApprovalRequest.objects.order_by("-asked_at").first()


def hours_on(hours: float) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def now_of(escrow: Escrow) -> Escrow:
    return Escrow.objects.get(pk=escrow.pk)


def test_its_hour_asks_for_signatures_and_locks_it(escrow: Escrow) -> None:
    request = asked()
    assert fired(escrow)[-1] == ("AUTO_RELEASE", "", f"2 signatures asked for: {request.request_id}")
    assert (escrow.status, request.asked_by, request.state) == ("LOCKED", "SYSTEM:holdfast", "PENDING")
    lock = Lock.objects.get()
    assert (lock.reason, lock.reference) == ("APPROVALS", request.request_id)
    timer = Timer.objects.get(escrow=escrow, kind=TimerKind.APPROVAL_TIMEOUT)
    assert (timer.key, timer.due_at) == (request.request_id, request.expires_at)


def test_two_sign_and_it_is_released(escrow: Escrow, approvers: list[staff.Person]) -> None:
    for person in approvers:
        signed(asked(), person)
    settle(timezone.now())
    assert now_of(escrow).status == "RELEASED"
    assert Timer.objects.get(escrow=escrow, kind=TimerKind.APPROVAL_TIMEOUT).state == TimerState.STOPPED
    assert not Lock.objects.filter(lifted_at=None).exists()


@pytest.mark.parametrize("first", ["the timer", "the engine"])
def test_nobody_signs_in_time(escrow: Escrow, first: str) -> None:
    """Told to whoever escalates, free again, asked again a day later: by whichever of two clocks is read first."""
    request, end = asked(), asked().expires_at
    if first == "the engine":
        approvals.expire_due(now=end)
        settle(end)
    fire(end)
    approvals.expire_due(now=end)
    settle(end)
    request.refresh_from_db()
    assert (request.state, now_of(escrow).status) == ("EXPIRED", "FUNDED")
    warned = [event.payload for event in Event.objects.filter(name="escrow.escrow_warned")]
    assert [each["action"] for each in warned].count("SIGNATURES") == 1
    again = Timer.objects.get(escrow=escrow, kind=TimerKind.AUTO_RELEASE, state=TimerState.PENDING)
    assert again.due_at == end + timedelta(hours=24)
    action = next_actions.next_action(now_of(escrow), in_force(escrow), end)
    assert (action.action, action.at) == ("ASK_SIGNATURES", again.due_at)
    assert action.why.startswith("Nobody signed in time; signatures are asked for again on ")
    fire(again.due_at)
    assert ApprovalRequest.objects.filter(state="PENDING").count() == 1
    assert now_of(escrow).status == "LOCKED"


def test_one_says_no_and_nothing_asks_again_by_itself(escrow: Escrow, approvers: list[staff.Person]) -> None:
    request = asked()
    deny(
        request_id=request.request_id, user=approvers[0].user, digest=request.digest, code=code_of(approvers[0]),
        reason="The photos are not there", device="Firefox", origin="198.51.100.7", now=timezone.now(),
    )  # fmt: skip
    settle(timezone.now())
    assert now_of(escrow).status == "FUNDED"
    assert "AUTO_RELEASE" not in {kind for kind, _, _ in waiting(escrow)}
    action = next_actions.next_action(now_of(escrow), in_force(escrow), timezone.now())
    assert action.action == "ESCALATE"
    assert action.why == (
        "The question for signatures was denied: the money stays held until a person asks for it again."
    )


def test_a_question_that_was_taken_back_frees_the_escrow(approvers: list[staff.Person]) -> None:
    escrow = releases.funded(LARGE)
    found = releases.asked(escrow)
    approvals.withdraw(request_id=found.request_id, actor=TREASURER, reason="too early", now=timezone.now())
    settle(timezone.now())
    assert now_of(escrow).status == "FUNDED"
    assert "APPROVAL_TIMEOUT" not in {kind for kind, _, _ in waiting(escrow)}
    assert "AUTO_RELEASE" in {kind for kind, _, _ in waiting(escrow)}


def test_an_amendment_voids_the_question_and_it_is_asked_anew(escrow: Escrow) -> None:
    first = asked()
    document = releases.terms(releaseConditions={"approvalTimeoutHours": 96})
    version = amendments.propose(
        escrow_id=escrow.public_id, livemode=False, wire=document, side=Side.PAYER, reason="more time",
        actor=BACKEND, now=timezone.now(),
    ).version  # fmt: skip
    amendments.agree(
        escrow_id=escrow.public_id, livemode=False, version=version, side=Side.PAYEE, actor=BACKEND,
        now=timezone.now(),
    )  # fmt: skip
    settle(timezone.now())
    first.refresh_from_db()
    assert (first.state, first.closed_reason) == ("VOIDED", "the terms were amended")
    fire(timezone.now())
    second = asked()
    assert second.request_id != first.request_id
    assert second.state == "PENDING"
    assert second.expires_at - second.asked_at == timedelta(hours=96)


def test_a_refund_of_the_whole_ends_the_question_too(escrow: Escrow) -> None:
    request = asked()
    refunds.refund(
        escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=timezone.now(), reason="agreed",
        payee_agrees=True,
    )  # fmt: skip
    settle(timezone.now())
    request.refresh_from_db()
    assert (now_of(escrow).status, request.state) == ("REFUNDED", "VOIDED")
    assert not Lock.objects.filter(lifted_at=None).exists()
    assert waiting(escrow) == []


def test_where_nobody_could_sign_it_is_no_silent_end() -> None:
    made = releases.funded(LARGE, now=timezone.now() - timedelta(hours=336))
    assert firing.fire_due(now=timezone.now()).failed == 1
    assert Setback.objects.get(escrow=made).error.startswith("NobodyCanSign: too few people could sign")
    staff.person("ESCROW_APPROVER", email="late1@holdfast.example")
    staff.person("ESCROW_APPROVER", email="late2@holdfast.example")
    fire(hours_on(0.1))
    assert Lock.objects.get(escrow=made).reason == LockReason.APPROVALS
