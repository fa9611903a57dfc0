"""Raised, heard, decided: who may do what when, and what the database says of it."""

import pytest
from django.utils import timezone

from core.actors import Actor
from core.approvals.models import ApprovalRequest
from core.approvals.services import deny
from core.money import Money
from core.outbox import services as outbox
from escrow.dispute_enums import DisputeSide
from escrow.models import Dispute, DisputeCause, Escrow, Timer
from escrow.selectors import disputes as register
from escrow.selectors import escrows as escrow_register
from escrow.services import awards, disputes, evidence, mediation, movements, parts, refunds, releases, resolutions
from escrow.services import escrows as rows
from escrow.states import EscrowStateForbids
from ledger.selectors import balances
from tests.factories import escrows, staff
from tests.factories.approvals import code_of
from tests.factories.disputes import DAY, HEARD, heard, mediator, raised, said
from tests.factories.escrows import BACKEND, later

pytestmark = pytest.mark.django_db


def pending() -> set[str]:
    return set(Timer.objects.filter(state="PENDING").values_list("kind", flat=True))


def small(amount_minor: int = 80_000, **different: object) -> Escrow:
    """800.00 brought by the bank: below every threshold, no time lock."""
    return escrows.funded(amount_minor, **different)


def test_raising_freezes_the_escrow_and_stops_what_happens_by_itself() -> None:
    escrow = escrows.meet(small(), now=later(1))
    dispute = raised(escrow)
    escrow.refresh_from_db()
    assert (escrow.status, dispute.state, dispute.amount_minor) == ("DISPUTED", "OPEN", 80_000)
    assert (dispute.evidence_due_at, dispute.auto_resolution_at) == (HEARD, later(24 + 720))
    assert pending() & {"AUTO_RELEASE", "AUTO_REFUND", "WARNING"} == set()
    assert pending() >= {"EVIDENCE_DUE", "AUTO_RESOLUTION"}
    assert DisputeCause.objects.get().kind == "ESCROW"
    with pytest.raises(EscrowStateForbids):
        releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=DAY)
    with pytest.raises(EscrowStateForbids):
        refunds.refund(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=DAY, reason="no")


def test_withdrawing_lets_the_terms_go_on() -> None:
    escrow = small()
    dispute = raised(escrow)
    with pytest.raises(disputes.NotAllowedToDispute):
        disputes.withdraw(
            dispute_id=dispute.public_id, livemode=False, side=DisputeSide.PAYEE, actor=BACKEND, now=later(30)
        )
    ended = disputes.withdraw(
        dispute_id=dispute.public_id, livemode=False, side=DisputeSide.PAYER, actor=BACKEND, now=later(30)
    )
    escrow.refresh_from_db()
    assert (ended.state, escrow.status) == ("WITHDRAWN", "FUNDED")
    assert pending() >= {"AUTO_RELEASE", "AUTO_REFUND"}
    assert not pending() & {"EVIDENCE_DUE", "AUTO_RESOLUTION"}
    assert Timer.objects.get(kind="AUTO_RELEASE", state="PENDING").due_at == later(336)


def test_the_window_is_half_open_and_staff_are_not_bound_by_it() -> None:
    """168 hours: at 167:59 a party may, at 168:00 it may not; staff may as long as money is held."""
    with pytest.raises(disputes.DisputeWindowClosed):
        raised(small(), now=later(168))
    assert raised(small(), now=later(167.99)).state == "OPEN"
    support = staff.person("TREASURY").user.actor()
    late = raised(small(), side=DisputeSide.STAFF, actor=support, now=later(300))
    assert (late.side, late.raised_by) == ("STAFF", str(support))


def test_terms_without_disputes() -> None:
    wire = escrows.terms(disputePolicy__allowDisputes=False)
    escrow = small(document=wire)
    with pytest.raises(disputes.DisputesNotAllowed):
        raised(escrow)
    support = staff.person("TREASURY").user.actor()
    assert raised(escrow, side=DisputeSide.STAFF, actor=support).state == "OPEN"


def test_what_cannot_be_disputed() -> None:
    escrow = small()
    with pytest.raises(parts.InsufficientBalance):
        raised(escrow, amount_minor=80_001)
    raised(escrow)
    with pytest.raises(disputes.DisputeAlreadyOpen):
        raised(escrow)
    with pytest.raises(EscrowStateForbids):
        raised(escrows.create(50_000))
    with pytest.raises(disputes.NotAllowedToDispute):
        raised(small(), side=DisputeSide.STAFF, actor=BACKEND)
    with pytest.raises(disputes.NotAllowedToDispute):
        raised(small(), side=DisputeSide.STAFF, actor=staff.person("AUDITOR").user.actor())
    with pytest.raises(disputes.NotAllowedToDispute):
        raised(small(), side=DisputeSide.NETWORK)


def test_evidence_is_staged_then_submitted_once() -> None:
    escrow = small()
    dispute = raised(escrow)
    said(escrow, "PAYER", submit=False, statement="First try")
    said(escrow, "PAYER", submit=False, statement="Half of the pictures are missing", documents=[])
    story = register.stories(dispute)[DisputeSide.PAYER]
    assert (story.statement, len(story.documents), story.submission) == ("Half of the pictures are missing", 1, None)
    said(escrow, "PAYER", statement="", documents=[])
    with pytest.raises(evidence.EvidenceAlreadySubmitted):
        said(escrow, "PAYER")
    with pytest.raises(evidence.EvidenceNotAccepted):
        said(escrow, "PAYEE", statement="", documents=[])
    with pytest.raises(evidence.EvidenceTooLate):
        said(escrow, "PAYEE", now=HEARD)
    said(escrow, "PAYEE", now=later(24 + 167.9))
    assert "EVIDENCE_DUE" not in pending()


def test_a_side_names_so_many_documents_and_no_more() -> None:
    escrow = small()
    raised(escrow)
    many = [evidence.Document(f"{number}.jpg", "cd" * 32) for number in range(21)]
    with pytest.raises(evidence.EvidenceNotAccepted):
        said(escrow, "PAYER", documents=many)
    said(escrow, "PAYER", documents=many[:20])


def test_a_card_number_in_a_story_is_not_kept() -> None:
    escrow = small()
    dispute = raised(escrow, text="I paid with 4242 4242 4242 4242")
    said(escrow, "PAYER", statement="My card 4242424242424242 was charged")
    kept = dispute.text + register.stories(dispute)[DisputeSide.PAYER].statement
    assert "4242424242424242" not in kept.replace(" ", "")


def test_the_mediator_awards_all_of_it() -> None:
    for award, status, payee, payer in ((80_000, "RELEASED", 80_000, 0), (0, "REFUNDED", 80_000, 80_000)):
        by = mediator(email=f"mia{award}@holdfast.example")
        escrow = small()
        dispute = heard(escrow, by=by)
        ended = resolutions.decide(
            dispute_id=dispute.public_id, release_minor=award, reason="as agreed", livemode=False, actor=by, now=DAY
        )
        escrow.refresh_from_db()
        assert (ended.state, ended.resolved_how, escrow.status) == ("RESOLVED", "MEDIATOR", status)
        assert balances.get("test", "provider_payable:prov_provider456").posted == Money(payee)
        assert balances.get("test", "customer_refundable:cus_customer123").posted == Money(payer)
        assert escrow_register.held(escrow) == Money(0)


def test_a_dispute_about_a_part_leaves_the_rest_to_the_terms() -> None:
    """300.00 of 800.00: 100.00 to the payee, 200.00 back; 500.00 stay held and the clocks go on."""
    by, escrow = mediator(), small()
    dispute = heard(escrow, by=by, amount_minor=30_000)
    resolutions.decide(
        dispute_id=dispute.public_id, release_minor=10_000, reason="a third", livemode=False, actor=by, now=DAY
    )
    escrow.refresh_from_db()
    assert (escrow.status, escrow.held_minor) == ("FUNDED", 50_000)
    assert (escrow.released_minor, escrow.refunded_minor) == (10_000, 20_000)
    assert pending() >= {"AUTO_RELEASE", "AUTO_REFUND"}


def test_nothing_is_decided_before_both_were_heard_or_their_time_is_over() -> None:
    by, escrow = mediator(), small()
    dispute = raised(escrow)
    said(escrow, "PAYER")
    mediation.take(dispute_id=dispute.public_id, livemode=False, actor=by, now=DAY)
    decision = {"dispute_id": dispute.public_id, "release_minor": 0, "livemode": False, "actor": by}
    with pytest.raises(resolutions.NotHeardYet):
        resolutions.decide(**decision, reason="why not", now=later(24 + 167))
    with pytest.raises(awards.ResolutionNotAccepted):
        resolutions.decide(**decision, reason=" ", now=HEARD)
    with pytest.raises(awards.ResolutionNotAccepted):
        resolutions.decide(**decision | {"release_minor": 80_001}, reason="more", now=HEARD)
    assert resolutions.decide(**decision, reason="the payee said nothing", now=HEARD).state == "RESOLVED"


def test_who_does_not_mediate() -> None:
    escrow = small()
    raiser = staff.person("TREASURY", email="rae@holdfast.example").user
    dispute = raised(escrow, side=DisputeSide.STAFF, actor=raiser.actor())
    take = {"dispute_id": dispute.public_id, "livemode": False, "now": DAY}
    with pytest.raises(mediation.NotAllowedToMediate) as refused:
        mediation.take(**take, actor=raiser.actor())
    assert refused.value.detail == "Your roles do not mediate disputes."
    first, second = mediator(), mediator(email="max@holdfast.example")
    mediation.take(**take, actor=first)
    with pytest.raises(mediation.MediatedByAnother):
        mediation.take(**take, actor=second)
    with pytest.raises(mediation.MediatedByAnother):
        mediation.assign(**take, to="max@holdfast.example", actor=second)
    given = mediation.assign(**take, to="max@holdfast.example", actor=first)
    assert (given.mediator, given.state) == ("max@holdfast.example", "EVIDENCE")
    with pytest.raises(mediation.NotAllowedToMediate):
        mediation.assign(**take, to="rae@holdfast.example", actor=second)


def test_the_terms_may_name_who_mediates() -> None:
    wire = escrows.terms(disputePolicy__mediatorUserIds=["max@holdfast.example", "admin_mediator001"])
    mia, max_ = mediator(), mediator(email="max@holdfast.example")
    dispute = raised(small(document=wire))
    with pytest.raises(mediation.NotAllowedToMediate) as refused:
        mediation.take(dispute_id=dispute.public_id, livemode=False, actor=mia, now=DAY)
    assert refused.value.detail == "The terms name who mediates: max@holdfast.example."
    mediation.take(dispute_id=dispute.public_id, livemode=False, actor=max_, now=DAY)


def test_who_is_tied_to_a_side_does_not_mediate() -> None:
    from core.approvals.services import affiliations

    by = mediator()
    affiliations.declare(
        email=by.id, party_id="prov_provider456", other_email="", nature="sister of the owner", since=DAY.date(),
        actor=Actor("STAFF", "cora@holdfast.example", frozenset({"COMPLIANCE"})), now=DAY,
    )  # fmt: skip
    dispute = raised(small())
    with pytest.raises(mediation.NotAllowedToMediate) as refused:
        mediation.take(dispute_id=dispute.public_id, livemode=False, actor=by, now=DAY)
    assert refused.value.detail.startswith("Related: ")


def test_a_hold_and_the_time_lock_stand_above_a_decision() -> None:
    from escrow.enums import LockReason
    from escrow.services import locks

    by, escrow = mediator(), small()
    dispute = heard(escrow, by=by)
    locks.hold(
        escrow_id=escrow.public_id, livemode=False, reason=LockReason.COMPLIANCE, note="look at it",
        actor=staff.person("COMPLIANCE").user.actor(), now=DAY,
    )  # fmt: skip
    decision = {"dispute_id": dispute.public_id, "reason": "r", "livemode": False, "actor": by, "now": DAY}
    with pytest.raises(releases.EscrowHeld):
        resolutions.decide(**decision, release_minor=0)
    other = small()
    Escrow.objects.filter(pk=other.pk).update(available_at=later(72))
    second = heard(other, by=by)
    with pytest.raises(releases.ReleaseConditionsNotMet):
        resolutions.decide(**decision | {"dispute_id": second.public_id}, release_minor=80_000)
    assert resolutions.decide(**decision | {"dispute_id": second.public_id}, release_minor=0).outcome == "REFUND"


def test_raising_during_a_hold_comes_back_to_locked() -> None:
    from escrow.enums import LockReason
    from escrow.services import locks

    escrow = small()
    locks.hold(
        escrow_id=escrow.public_id, livemode=False, reason=LockReason.FRAUD, note="look at it",
        actor=staff.person("COMPLIANCE").user.actor(), now=DAY,
    )  # fmt: skip
    dispute = raised(escrow)
    disputes.withdraw(dispute_id=dispute.public_id, livemode=False, side=DisputeSide.PAYER, actor=BACKEND, now=DAY)
    escrow.refresh_from_db()
    assert escrow.status == "LOCKED"


def test_a_proposal_that_is_denied_is_its_mediators_again() -> None:
    by, approver = mediator(), staff.person("ESCROW_APPROVER")
    escrow = escrows.funded(200_000)
    dispute = heard(escrow, by=by)
    resolutions.propose(
        dispute_id=dispute.public_id, release_minor=1, reason="r", livemode=False, actor=by, now=timezone.now()
    )
    request = ApprovalRequest.objects.get()
    deny(
        request_id=request.request_id, user=approver.user, digest=request.digest, code=code_of(approver),
        reason="too little", device="", origin="", now=timezone.now(),
    )  # fmt: skip
    outbox.drain(now=timezone.now())
    dispute.refresh_from_db()
    assert (dispute.state, dispute.approval_id, dispute.release_minor) == ("ESCALATED", "", None)
    again = resolutions.propose(
        dispute_id=dispute.public_id, release_minor=2, reason="r", livemode=False, actor=by, now=timezone.now()
    )
    assert (again.state, ApprovalRequest.objects.count()) == ("PROPOSED", 2)


def test_withdrawing_voids_what_waits_for_signatures() -> None:
    by = mediator()
    staff.person("ESCROW_APPROVER")
    dispute = heard(escrows.funded(200_000), by=by)
    resolutions.propose(
        dispute_id=dispute.public_id, release_minor=1, reason="r", livemode=False, actor=by, now=timezone.now()
    )
    disputes.withdraw(dispute_id=dispute.public_id, livemode=False, side=DisputeSide.PAYER, actor=BACKEND, now=DAY)
    assert ApprovalRequest.objects.get().state == "VOIDED"


def test_money_taken_meanwhile_voids_a_proposal() -> None:
    """What was to be signed is about other amounts: nobody can execute it, and the mediator proposes anew."""
    by = mediator()
    staff.person("ESCROW_APPROVER")
    escrow = escrows.funded(200_000)
    dispute = heard(escrow, by=by)
    resolutions.propose(
        dispute_id=dispute.public_id, release_minor=1, reason="r", livemode=False, actor=by, now=timezone.now()
    )
    held = rows.lock(escrow.public_id, livemode=False)
    taken = parts.take(held, 50_000, now=DAY, last_first=True)
    movements.note_taken(held, taken, reference="ACH_return", entry_id="ent_1", actor=BACKEND, now=DAY)
    disputes.join_ach_return(held, reference="ACH_return", taken_minor=50_000, now=DAY)
    dispute = Dispute.objects.select_related("escrow").get()
    assert (ApprovalRequest.objects.get().state, dispute.state) == ("VOIDED", "ESCALATED")
    assert dispute.disposable_minor == 150_000
