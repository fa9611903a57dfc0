"""The last signature against what takes its ground away: one comes first, the other is told, nobody waits for ever."""

import pytest
from django.utils import timezone

from core.approvals import selectors
from core.approvals.services import policies
from core.errors import Refusal
from escrow.dispute_enums import DisputeReason, DisputeSide
from escrow.enums import Side
from escrow.models import Escrow, Movement
from escrow.services import disputes
from escrow.services import terms as amendments
from tests.factories import releases, staff
from tests.factories.approvals import code_of, signed
from tests.factories.releases import BACKEND, asked, funded, request_of
from tests.integration.core.approvals.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def approvers() -> list[staff.Person]:
    policies.install()
    return [staff.person("ESCROW_APPROVER"), staff.person("ESCROW_APPROVER"), staff.person("ESCROW_APPROVER")]


def outcome(escrow: Escrow) -> tuple[str, str, int]:
    row = Escrow.objects.get(pk=escrow.pk)
    return row.status, selectors.get(escrow.request_id).state, Movement.objects.filter(escrow=escrow).count()


def waiting(approvers: list[staff.Person]) -> Escrow:
    """6,400.00 that waits for its second signature."""
    escrow = funded(640_000)
    escrow.request_id = asked(escrow).request_id
    signed(selectors.get(escrow.request_id), approvers[0])
    return escrow


@pytest.mark.parametrize("attempt", range(3))
def test_the_last_signature_and_a_dispute(approvers: list[staff.Person], attempt: int) -> None:
    escrow = waiting(approvers)
    request, code = selectors.get(escrow.request_id), code_of(approvers[1])

    def dispute() -> object:
        return disputes.raise_(
            escrow_id=escrow.public_id, livemode=False, side=DisputeSide.PAYER, reason=DisputeReason.NOT_AS_AGREED,
            text="Half of the pictures are missing", actor=BACKEND, now=timezone.now(),
        )  # fmt: skip

    answers = at_once(dispute, lambda: signed(request, approvers[1], code=code))
    assert outcome(escrow) in [("RELEASED", "EXECUTED", 1), ("DISPUTED", "VOIDED", 0)], answers
    assert sum(isinstance(answer, Refusal) for answer in answers) == 1
    assert all(answer.status == 409 for answer in answers if isinstance(answer, Refusal))


@pytest.mark.parametrize("attempt", range(3))
def test_the_last_signature_and_amended_terms(approvers: list[staff.Person], attempt: int) -> None:
    escrow = waiting(approvers)
    request, code = selectors.get(escrow.request_id), code_of(approvers[1])
    proposed = amendments.propose(
        escrow_id=escrow.public_id, livemode=False, wire=releases.terms(disputePolicy={"autoResolutionDays": 14}),
        side=Side.PAYER, reason="sooner", actor=BACKEND, now=timezone.now(),
    )  # fmt: skip
    seen = selectors.get(escrow.request_id)

    def amend() -> object:
        return amendments.agree(
            escrow_id=escrow.public_id, livemode=False, version=proposed.version, side=Side.PAYEE, actor=BACKEND,
            now=timezone.now(),
        )  # fmt: skip

    answers = at_once(amend, lambda: signed(request, approvers[1], code=code, digest=seen.digest))
    status, state, moved = outcome(escrow)
    assert (status, state, moved) in [("RELEASED", "EXECUTED", 1), ("LOCKED", "PENDING", 0)], answers
    assert sum(isinstance(answer, Refusal) for answer in answers) == 1


def test_the_two_last_signatures_move_it_once(approvers: list[staff.Person]) -> None:
    escrow = waiting(approvers)
    request = selectors.get(escrow.request_id)
    codes = [code_of(approver) for approver in approvers]
    answers = at_once(
        lambda: signed(request, approvers[1], code=codes[1]), lambda: signed(request, approvers[2], code=codes[2])
    )
    assert outcome(escrow) == ("RELEASED", "EXECUTED", 1)
    assert sum(isinstance(answer, Refusal) for answer in answers) == 1


def test_two_who_ask_at_once_ask_once(approvers: list[staff.Person]) -> None:
    escrow = funded(640_000)
    answers = at_once(lambda: asked(escrow), lambda: asked(escrow))
    assert sorted(type(answer).__name__ for answer in answers) == ["Asked", "AskedAlready"]
    assert request_of(next(each for each in answers if not isinstance(each, Refusal))).state == "PENDING"
