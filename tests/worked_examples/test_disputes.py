"""Disputes with their numbers: a split of 1,000.00, a card's fee that follows its refund, a loss after the release."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.actors import SYSTEM
from core.approvals.models import ApprovalRequest
from core.approvals.refusals import NotAllowedToSign
from core.approvals.services import ask
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.work import services as work
from escrow.dispute_enums import DisputeOutcome
from escrow.models import Dispute, Escrow, Receivable, Recovery, Timer
from escrow.selectors import disputes as register
from escrow.services import awards, firing, joining, movements, parts, releases, resolutions
from escrow.services import escrows as rows
from escrow.services.disputes import DisputeAlreadyOpen, SaleAlreadyChargedBack
from ledger.selectors import accounts, balances
from payments.models import Payment, Refund
from tests.factories import escrows, staff
from tests.factories.approvals import signed
from tests.factories.chargebacks import charge_back, decide, move
from tests.factories.disputes import DAY, HEARD, heard, mediator, raised, said
from tests.factories.escrows import BACKEND, later
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db

PAYER, PAYEE = "cus_abc123def456", "prov_xyz789ghi012"
WEEK = later(24 * 9)
"""After the time lock of a card."""
TODAY = timezone.now()
"""Signatures are given by the clock on the wall."""


def booked(amount_minor: int = 50_000, **different: object) -> tuple[Payment, Escrow]:
    """A card pays: 8 % are the platform's, the rest is held."""
    payment = Payment.objects.get(public_id=pay(amount_minor=amount_minor, **different).body["paymentId"])
    outbox.drain(now=NOW)
    return payment, Escrow.objects.get(payment=payment)


def books(**names: str) -> dict[str, int]:
    """What is not zero, in words. Every book balances."""
    assert [row for row in accounts.list_trial("test") if row.debits != row.credits] == []
    found = {name: balances.get("test", account.replace("__", ":")).posted.minor for name, account in names.items()}
    return {name: amount for name, amount in found.items() if amount}


def of(escrow: Escrow) -> dict[str, int]:
    return books(
        held=f"escrow_held:{escrow.account}", payee=f"provider_payable:{escrow.payee.party_id}",
        payer=f"customer_refundable:{escrow.payer.party_id}", fees="fees:platform", acquirer="acquirer_receivable",
        owed=f"returns_receivable:{escrow.payee.party_id}", reserve=f"reserve:{escrow.payee.party_id}",
        losses="costs:losses",
    )  # fmt: skip


def again(escrow: Escrow) -> Escrow:
    return Escrow.objects.select_related("payer", "payee").get(pk=escrow.pk)


def release(escrow: Escrow) -> None:
    """The terms of a booking: the service is delivered, the time lock is over."""
    escrows.meet(escrow, "service_completed", now=later(1))
    over = escrow.available_at
    releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=over)
    outbox.drain(now=over)


def test_1000_are_split_650_to_350() -> None:
    """1,000.00 is what the terms leave to one mediator."""
    by, escrow = mediator(), escrows.funded(100_000)
    dispute = heard(escrow, by=by)
    ended = resolutions.decide(
        dispute_id=dispute.public_id, release_minor=65_000, reason="two thirds", livemode=False, actor=by, now=DAY,
    )  # fmt: skip
    assert (ended.state, ended.outcome, ended.release_minor, ended.refund_minor) == (
        "RESOLVED",
        "SPLIT",
        65_000,
        35_000,
    )
    escrow = again(escrow)
    assert (escrow.status, escrow.released_minor, escrow.refunded_minor) == ("RELEASED", 65_000, 35_000)
    assert of(escrow) == {"payee": 65_000, "payer": 35_000}


def test_above_the_threshold_others_sign_the_split() -> None:
    """2,000.00, above the 1,000.00 of the terms: the mediator proposes, an escrow approver signs 1,300.00 to 700.00."""
    by, approver = mediator(), staff.person("ESCROW_APPROVER")
    escrow = escrows.funded(200_000)
    dispute = heard(escrow, by=by)
    assert (dispute.state, dispute.escalated_why) == (
        "ESCALATED", "2,000.00 USD is more than the 1,000.00 USD of the terms.",
    )  # fmt: skip
    split = {"dispute_id": dispute.public_id, "release_minor": 130_000, "livemode": False, "actor": by, "now": TODAY}
    with pytest.raises(resolutions.DisputeNeedsSignatures):
        resolutions.decide(**split, reason="two thirds were delivered")
    proposed = resolutions.propose(**split, reason="two thirds were delivered")
    assert (proposed.state, proposed.outcome, of(escrow)) == ("PROPOSED", "SPLIT", {"held": 200_000})
    request = ApprovalRequest.objects.get()
    assert request.summary.endswith("1,300.00 USD to prov_provider456, 700.00 USD back to cus_customer123")
    with pytest.raises(NotAllowedToSign):
        signed(request, staff.person("MEDIATOR"))
    signed(request, approver)
    escrow, dispute = again(escrow), Dispute.objects.get()
    assert (dispute.state, dispute.resolved_how, dispute.approval_id) == ("RESOLVED", "SIGNED", request.request_id)
    assert (escrow.status, escrow.released_minor, escrow.refunded_minor) == ("RELEASED", 130_000, 70_000)
    assert of(escrow) == {"payee": 130_000, "payer": 70_000}
    moved = {(each.kind, each.amount_minor, each.approval_id) for each in escrow.movements.all()}
    assert moved == {("RELEASE", 130_000, request.request_id), ("REFUND", 70_000, request.request_id)}


def test_a_cards_refund_takes_its_share_of_the_fee_along() -> None:
    """500.00 paid, 40.00 kept, 460.00 held. 230.00 go back: 250.00 to the card, 20.00 of them from the fee."""
    by = mediator()
    _, escrow = booked()
    dispute = heard(escrow, by=by)
    resolutions.decide(
        dispute_id=dispute.public_id, release_minor=23_000, reason="half was delivered", livemode=False, actor=by,
        now=WEEK,
    )  # fmt: skip
    work.drain(now=WEEK)
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.fee_minor, refund.net_minor, refund.status) == (
        25_000,
        2_000,
        23_000,
        "COMPLETED",
    )
    assert refund.escrow_reference == dispute.public_id
    assert of(escrow) == {"payee": 23_000, "fees": 2_000, "acquirer": 25_000}
    assert again(escrow).status == "RELEASED"


def test_all_back_to_a_card_gives_back_the_whole_fee() -> None:
    by = mediator()
    _, escrow = booked()
    dispute = heard(escrow, by=by)
    resolutions.decide(
        dispute_id=dispute.public_id,
        release_minor=0,
        reason="nothing was delivered",
        livemode=False,
        actor=by,
        now=WEEK,
    )
    work.drain(now=WEEK)
    assert (again(escrow).status, of(escrow)) == ("REFUNDED", {})


def test_nobody_decides_and_the_terms_do_at_their_day() -> None:
    """30 days: not before, then all of it back, evidence or none."""
    _, escrow = booked()
    dispute = raised(escrow)
    end = dispute.auto_resolution_at
    said(escrow, "PAYEE", submit=False)
    firing.fire_due(now=HEARD)
    assert register.stories(dispute)[register.DisputeSide.PAYEE].submission.by == "SYSTEM:holdfast"
    firing.fire_due(now=end - timedelta(seconds=1))
    assert Dispute.objects.get().state == "OPEN"
    firing.fire_due(now=end)
    ended = Dispute.objects.get()
    assert (ended.state, ended.resolved_how, ended.outcome) == ("RESOLVED", "CLOCK", "REFUND")
    assert (again(escrow).status, again(escrow).refunded_minor) == ("REFUNDED", 46_000)
    assert Timer.objects.get(kind="AUTO_RESOLUTION").outcome.startswith("refunded by the terms")


def test_a_release_by_the_terms_takes_the_signatures_of_every_release() -> None:
    """6,400.00 and terms that release: at the day two are asked; unsigned, the question is put again a day later."""
    for _ in range(2):
        staff.person("ESCROW_APPROVER")
    wire = escrows.terms(disputePolicy__autoResolution=DisputeOutcome.RELEASE.value)
    escrow = escrows.funded(640_000, document=wire)
    end = raised(escrow).auto_resolution_at
    firing.fire_due(now=end)
    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.release_minor, again(escrow).status) == ("PROPOSED", 640_000, "DISPUTED")
    again_at = Timer.objects.get(kind="AUTO_RESOLUTION", state="PENDING").due_at
    assert again_at.replace(microsecond=0) == end + timedelta(hours=24)
    request = ApprovalRequest.objects.get()
    assert (request.asked_by, request.needed) == ("SYSTEM:holdfast", 2)
    firing.fire_due(now=end + timedelta(hours=25))
    assert again(escrow).status == "DISPUTED"
    assert Timer.objects.filter(kind="AUTO_RESOLUTION", state="PENDING").count() == 1


def test_a_chargeback_in_a_dispute_goes_back_once() -> None:
    """The network takes 500.00: 460.00 from the escrow, 40.00 from the fee. Nothing is left to decide."""
    payment, escrow = booked()
    dispute = raised(escrow)
    chargeback = charge_back(payment, now=DAY)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.resolved_how, dispute.outcome) == ("RESOLVED", "NETWORK", "REFUND")
    assert (dispute.release_minor, dispute.refund_minor, dispute.taken_minor) == (0, 0, 46_000)
    assert [(each.kind, each.amount_minor) for each in dispute.causes.order_by("id")] == [
        ("ESCROW", 46_000), ("CHARGEBACK", 46_000),
    ]  # fmt: skip
    assert (again(escrow).status, of(escrow)) == ("REFUNDED", {})
    outbox.drain(now=DAY)
    assert Dispute.objects.count() == 1
    decide(chargeback, "WON", now=WEEK)
    outbox.drain(now=WEEK)
    assert (again(escrow).status, again(escrow).held_minor) == ("FUNDED", 46_000)
    assert raised(escrow, now=later(100)).state == "OPEN", "what came back may be disputed again"


def test_a_chargeback_of_a_part_leaves_the_rest_to_the_mediator() -> None:
    """200.00 of 500.00 are taken: 184.00 of the net. 276.00 are left to decide about: 100.00 and 176.00."""
    by = mediator()
    payment, escrow = booked()
    dispute = heard(escrow, by=by)
    charge_back(payment, 20_000, now=DAY)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.taken_minor, dispute.disposable_minor) == ("EVIDENCE", 18_400, 27_600)
    with pytest.raises(awards.ResolutionNotAccepted):
        resolutions.decide(
            dispute_id=dispute.public_id, release_minor=27_601, reason="x", livemode=False, actor=by, now=WEEK
        )
    resolutions.decide(
        dispute_id=dispute.public_id, release_minor=10_000, reason="a part", livemode=False, actor=by, now=WEEK
    )
    work.drain(now=WEEK)
    assert of(escrow) == {"payee": 10_000, "fees": 870, "acquirer": 10_870}
    assert again(escrow).refunded_minor == 18_400 + 17_600


def test_a_chargeback_without_a_dispute_holds_the_rest() -> None:
    payment, escrow = booked()
    chargeback = charge_back(payment, 20_000, now=DAY)
    outbox.drain(now=DAY)
    dispute = Dispute.objects.get()
    assert (dispute.side, dispute.amount_minor, again(escrow).status) == ("NETWORK", 27_600, "DISPUTED")
    decide(chargeback, "WON", now=WEEK)
    outbox.drain(now=WEEK)
    dispute.refresh_from_db()
    assert (dispute.state, again(escrow).status, again(escrow).held_minor) == ("WITHDRAWN", "FUNDED", 46_000)


def test_a_sale_that_was_charged_back_is_not_disputed_again() -> None:
    """Not before the rest is held as a case of its own, and not beside that."""
    payment, escrow = booked()
    charge_back(payment, 20_000, now=DAY)
    with pytest.raises(SaleAlreadyChargedBack):
        raised(escrow)
    outbox.drain(now=DAY)
    with pytest.raises(DisputeAlreadyOpen):
        raised(escrow)


def test_an_ach_return_is_joined_like_a_chargeback() -> None:
    """Of 800.00 brought by the bank 300.00 are returned; the open case has 500.00 left."""
    escrow = escrows.funded(80_000)
    raised(escrow)
    held = rows.lock(escrow.public_id, livemode=False)
    taken = parts.take(held, 30_000, now=DAY, last_first=True)
    movements.note_taken(held, taken, reference="ACH_return", entry_id="ent_return", actor=SYSTEM, now=DAY)
    case = joining.join_ach_return(held, reference="ACH_return", taken_minor=30_000, now=DAY)
    assert case is not None
    assert (case.taken_minor, case.disposable_minor, case.causes.count()) == (30_000, 50_000, 2)
    assert joining.join_ach_return(held, reference="ACH_return", taken_minor=30_000, now=DAY) == case
    assert case.causes.count() == 2


def test_a_loss_after_the_release_is_recovered_from_the_next_one() -> None:
    """460.00 released and paid out, then charged back: 460.00 are owed. The next release pays 276.00 of it."""
    payment, first = booked()
    release(first)
    move(46_000, debit=f"provider_payable:{PAYEE}", credit="bank:trust")
    charge_back(payment, now=WEEK)
    outbox.drain(now=WEEK)
    debt = Receivable.objects.get()
    assert (debt.party.party_id, debt.amount_minor, debt.state, of(first)["owed"]) == (PAYEE, 46_000, "OPEN", 46_000)

    _, second = booked(30_000, booking_id="book_2", customer_id="cus_other")
    release(second)
    debt.refresh_from_db()
    assert (debt.recovered_minor, debt.outstanding_minor, debt.state) == (27_600, 18_400, "OPEN")
    assert of(second) == {"owed": 18_400, "fees": 2_400, "acquirer": 30_000}

    _, third = booked(30_000, booking_id="book_3", customer_id="cus_other")
    release(third)
    debt.refresh_from_db()
    assert (debt.recovered_minor, debt.state) == (46_000, "RECOVERED")
    assert of(third) == {"payee": 9_200, "fees": 4_800, "acquirer": 60_000}
    assert [each.amount_minor for each in Recovery.objects.order_by("id")] == [27_600, 18_400]


def test_a_loss_that_is_not_paid_out_yet_is_recovered_at_once() -> None:
    payment, escrow = booked()
    release(escrow)
    charge_back(payment, now=WEEK)
    outbox.drain(now=WEEK)
    debt = Receivable.objects.get()
    assert (debt.state, debt.recovered_minor, of(escrow)) == ("RECOVERED", 46_000, {})


def test_a_chargeback_that_is_won_ends_the_debt() -> None:
    """276.00 of 460.00 had been recovered: they are the seller's again, and the rest is not owed any more."""
    payment, escrow = booked()
    release(escrow)
    move(46_000, debit=f"provider_payable:{PAYEE}", credit="bank:trust")
    chargeback = charge_back(payment, now=WEEK)
    outbox.drain(now=WEEK)
    _, second = booked(30_000, booking_id="book_2", customer_id="cus_other")
    release(second)
    decide(chargeback, "WON", now=WEEK)
    outbox.drain(now=WEEK)
    debt = Receivable.objects.get()
    assert (debt.state, debt.recovered_minor) == ("RECOVERED", 46_000)
    assert sorted(Recovery.objects.values_list("kind", "amount_minor")) == [("SETTLED", 18_400), ("WITHHELD", 27_600)]
    assert of(escrow)["payee"] == 27_600
    assert "owed" not in of(escrow)


def test_a_debt_is_written_off_by_two() -> None:
    payment, escrow = booked()
    release(escrow)
    move(46_000, debit=f"provider_payable:{PAYEE}", credit="bank:trust")
    charge_back(payment, now=WEEK)
    outbox.drain(now=WEEK)
    debt, controller = Receivable.objects.get(), staff.person("CONTROLLER")
    request = ask(
        action="escrow.write_off_receivable", subject=debt.public_id, given={"amountMinor": 46_000},
        reason="gone out of business", actor=staff.person("TREASURY").user.actor(), now=TODAY,
    )  # fmt: skip
    signed(request, controller)
    debt.refresh_from_db()
    assert (debt.state, debt.written_off_minor, debt.approval_id) == ("WRITTEN_OFF", 46_000, request.request_id)
    assert of(escrow)["losses"] == 46_000
    assert "owed" not in of(escrow)


def test_a_tenth_of_a_release_is_kept_back_for_ninety_days() -> None:
    parameters.change(
        name="escrow.reserve_basis_points", value=1_000, effective_from=NOW, reason="losses", actor=BACKEND, now=NOW
    )
    _, escrow = booked()
    release(escrow)
    assert of(escrow) == {"payee": 41_400, "reserve": 4_600, "fees": 4_000, "acquirer": 50_000}
    end = later(72) + timedelta(days=90)
    assert Timer.objects.get(kind="RESERVE_END", state="PENDING").due_at == end
    firing.fire_due(now=end - timedelta(seconds=1))
    assert of(escrow)["reserve"] == 4_600
    firing.fire_due(now=end)
    assert of(escrow) == {"payee": 46_000, "fees": 4_000, "acquirer": 50_000}
