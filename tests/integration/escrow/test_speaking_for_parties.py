"""At the console for a party who has told us: an inspection accepted, new terms proposed, evidence written down."""

from typing import Any

import pytest
import time_machine
from django.db import Error as DatabaseError
from django.db import transaction
from django.test import Client

from core.actors import Actor
from core.approvals import registry
from core.approvals.selectors import get
from core.database.refusals import refusal_name
from core.staff import roles
from escrow.enums import Side
from escrow.models import Condition, Dispute, Escrow, Evidence, Submission, Terms, Timer
from escrow.services import conditions, mediation, releases, resolutions, terms
from escrow.services.conditions import NotAllowedToAccept
from escrow.services.evidence import Document, NotAllowedToSpeak
from escrow.services.mediation import NotAllowedToMediate
from escrow.terms.document import parse
from tests.factories import escrows, staff
from tests.factories.disputes import raised, said
from tests.factories.escrows import BACKEND, later
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock_at_noon():
    with time_machine.travel(NOW, tick=True):
        yield


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response
    return str(response.content.decode())


def concerned(request_id: str) -> set[str]:
    """Who signs nothing of it."""
    request = get(request_id)
    return set(registry.get(request.action).content(subject=request.subject, given=request.given, now=NOW).people)


def refused_by_the_database(act: Any) -> str | None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act()
    return refusal_name(error.value)


class TestAnInspectionIsAccepted:
    """A roof of 4,000.00: 48 hours to look at it."""

    @pytest.fixture
    def escrow(self) -> Escrow:
        wire = escrows.terms(("roof", 400_000))
        wire["escrowConditions"][0]["milestoneData"]["inspectionHours"] = 48
        return escrows.funded(document=wire)

    def path(self, escrow: Escrow, act: str = "accept") -> str:
        return f"/admin/escrows/{escrow.public_id}/conditions/roof/{act}/"

    def test_by_another_person_than_whoever_entered_that_it_is_met(self, escrow: Escrow) -> None:
        tess = staff.signed_in("TREASURY", email="tess@holdfast.example")
        tom = staff.signed_in("TREASURY", email="tom@holdfast.example")
        page = f"/admin/escrows/{escrow.public_id}/"
        assert "End the inspection" not in text_of(tess.get(page))
        assert "The condition is met." in text_of(tess.post(self.path(escrow, "satisfy"), follow=True))
        assert "You entered that it is met: another person accepts it." in text_of(tess.get(page))
        refused = text_of(tess.post(self.path(escrow), {"by": "cus_customer123"}, follow=True))
        assert "whoever entered that it is met does not accept it for the payer." in refused
        assert "End the inspection for the payer" in text_of(tom.get(page))
        done = text_of(tom.post(self.path(escrow), {"by": "cus_customer123"}, follow=True))
        assert "The inspection is over." in done
        assert "through tom@holdfast.example" in done
        assert Condition.objects.get().accepted_by == "STAFF:tom@holdfast.example"
        assert not Timer.objects.filter(kind="INSPECTION_END", state="PENDING").exists()

    def test_what_the_marketplace_entered_one_person_accepts(self, escrow: Escrow) -> None:
        escrows.meet(escrow, "roof")
        tess = staff.signed_in("TREASURY")
        assert "The inspection is over." in text_of(
            tess.post(self.path(escrow), {"by": "cus_customer123"}, follow=True)
        )
        again = text_of(tess.post(self.path(escrow), {"by": "cus_customer123"}, follow=True))
        assert "nothing is being inspected." in again

    def test_for_nobody_but_the_payer(self, escrow: Escrow) -> None:
        escrows.meet(escrow, "roof")
        tess = staff.signed_in("TREASURY")
        text_of(tess.post(self.path(escrow), {"by": "prov_provider456"}), 400)
        assert tess.post(f"/admin/escrows/{escrow.public_id}/conditions/none/accept/").status_code == 404
        for role in ("AUDITOR", "ESCROW_APPROVER", "MEDIATOR"):
            assert staff.signed_in(role).post(self.path(escrow), {"by": "cus_customer123"}).status_code == 403

    def test_the_database_wants_two_people_too_and_keeps_what_was_said(self, escrow: Escrow) -> None:
        tess = staff.person("TREASURY").user.actor()
        named = {"escrow_id": escrow.public_id, "condition_id": "roof", "livemode": False, "actor": tess, "now": NOW}
        conditions.satisfy(**named, by="", evidence=[])
        with pytest.raises(NotAllowedToAccept):
            conditions.accept(**named, by="")
        rows = Condition.objects.all()
        assert (
            refused_by_the_database(lambda: rows.update(accepted_by=str(tess))) == "inspection_is_accepted_by_another"
        )
        assert refused_by_the_database(lambda: rows.update(entered_by="")) == "condition_ends_once"
        rows.update(accepted_by="STAFF:tom@holdfast.example")
        assert refused_by_the_database(lambda: rows.update(accepted_by="")) == "condition_ends_once"

    def test_neither_of_the_two_signs_the_release(self) -> None:
        """6,000.00 takes two signatures; whoever entered the payer's word is none of them, whoever said it."""
        wire = escrows.terms(("roof", 600_000))
        wire["escrowConditions"][0] |= {"requiredApprovers": ["cus_customer123"]}
        wire["escrowConditions"][0]["milestoneData"]["inspectionHours"] = 48
        escrow = escrows.funded(600_000, document=wire)
        for number in (1, 2):
            staff.person("ESCROW_APPROVER", email=f"a{number}@holdfast.example")
        tess, tom = (
            staff.person("TREASURY", email=f"{name}@holdfast.example").user.actor() for name in ("tess", "tom")
        )
        named = {"escrow_id": escrow.public_id, "condition_id": "roof", "livemode": False, "by": "cus_customer123"}
        conditions.satisfy(**named, evidence=[], actor=tess, now=NOW)
        conditions.accept(**named, actor=tom, now=NOW)
        asked = releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=later(1))
        assert concerned(asked.request_id) == {"tess@holdfast.example", "tom@holdfast.example"}


def filled(response: Any, **changed: str) -> dict[str, str]:
    """What a browser would send back of the page of new terms."""
    form, rows = response.context["form"], response.context["rows"]
    sent = {}
    for part in (form, rows.management_form, *rows):
        for field in part:
            value = field.value()
            if value is True:
                sent[field.html_name] = "on"
            elif value not in (None, False):
                sent[field.html_name] = str(value)
            elif value is None and hasattr(field.field, "choices"):
                sent[field.html_name] = field.field.choices[0][0]  # a browser sends the first
    return sent | {"reason": "One week more"} | changed


class TestNewTermsAreProposed:
    def path(self, escrow: Escrow) -> str:
        return f"/admin/escrows/{escrow.public_id}/amend/"

    def test_what_is_not_touched_stays_word_for_word(self) -> None:
        """Milestones with what the parties added, percentages, names and all: only one hour differs."""
        wire = escrows.terms(("site", 100_000), ("roof", 300_000))
        wire["escrowConditions"][0]["milestoneData"] |= {"inspectionHours": 24, "drawing": {"sheet": 7}}
        wire["escrowConditions"][1] |= {
            "timeoutHours": 200,
            "onTimeout": "SATISFY",
            "requiredApprovers": ["cus_customer123"],
        }
        escrow = escrows.funded(document=wire)
        tess = staff.signed_in("TREASURY", email="tess@holdfast.example")
        sent = filled(tess.get(self.path(escrow)), auto_refund_after_hours="888")
        compared = tess.post(self.path(escrow), sent)
        table = compared.context["preview"]
        assert [(row["before"], row["after"]) for row in table.rows] == [("720", "888")]
        assert Terms.objects.count() == 1, "comparing proposes nothing"
        done = text_of(tess.post(self.path(escrow), sent | {"propose": "1"}, follow=True))
        assert "Version 2 is proposed. It holds once payer and payee have agreed." in done
        proposed = Terms.objects.get(version=2)
        assert (proposed.state, proposed.proposed_by) == ("PROPOSED", "STAFF:tess@holdfast.example")
        assert (proposed.payer_agreed_at, proposed.payee_agreed_at) == (None, None)
        before, after = parse(Terms.objects.get(version=1).document), parse(proposed.document)
        assert (after.conditions, after.release, after.disputes) == (before.conditions, before.release, before.disputes)

    def test_four_eyes_from_the_first_cent(self) -> None:
        escrow = escrows.funded()
        tess = staff.signed_in("TREASURY")
        sent = filled(tess.get(self.path(escrow)), escalation_threshold_amount="0", propose="1")
        assert tess.post(self.path(escrow), sent).status_code == 302
        assert Terms.objects.get(version=2).document["disputePolicy"]["escalationThresholdAmount"] == 0
        blank = tess.post(self.path(escrow), sent | {"escalation_threshold_amount": ""})
        assert blank.context["form"].errors["escalation_threshold_amount"] == ["This field is required."]

    def test_they_hold_when_both_sides_have_agreed(self) -> None:
        escrow = escrows.funded()
        tess = staff.signed_in("TREASURY")
        sent = filled(tess.get(self.path(escrow)), auto_refund_after_hours="888", propose="1")
        assert tess.post(self.path(escrow), sent).status_code == 302
        for side in Side:
            terms.agree(
                escrow_id=escrow.public_id, livemode=False, version=2, side=side, actor=BACKEND, now=later(1)
            )  # fmt: skip
        assert Terms.objects.get(state="AGREED").version == 2
        assert Timer.objects.get(kind="AUTO_REFUND", state="PENDING").due_at == later(888)

    def test_what_is_unsafe_is_told_at_its_field(self) -> None:
        escrow = escrows.funded()
        tess = staff.signed_in("TREASURY")
        page = tess.get(self.path(escrow))
        sent = filled(page, dispute_window_hours="337", propose="1")
        refused = tess.post(self.path(escrow), sent)
        assert refused.status_code == 422
        assert refused.context["form"].errors["dispute_window_hours"]
        sent = filled(page, propose="1") | {"form-0-timeout_hours": "721"}
        refused = tess.post(self.path(escrow), sent)
        assert refused.status_code == 422
        assert refused.context["rows"][0].errors["timeout_hours"]
        assert Terms.objects.count() == 1

    def test_conditions_come_and_go(self) -> None:
        escrow = escrows.funded()
        tess = staff.signed_in("TREASURY")
        sent = filled(tess.get(self.path(escrow)), propose="1") | {
            "form-0-remove": "on",
            "form-1-condition_id": "album", "form-1-type": "MILESTONE_REACHED", "form-1-description": "The album",
            "form-1-inspection_hours": "12", "form-1-timeout_hours": "300",
        }  # fmt: skip
        assert tess.post(self.path(escrow), sent).status_code == 302
        (condition,) = Terms.objects.get(version=2).document["escrowConditions"]
        assert condition == {
            "conditionId": "album", "type": "MILESTONE_REACHED", "description": "The album", "onTimeout": "LAPSE",
            "timeoutHours": 300, "milestoneData": {"inspectionHours": 12},
        }  # fmt: skip

    def test_one_waits_at_a_time_and_staff_take_back_only_their_own(self) -> None:
        escrow = escrows.funded()
        tess = staff.signed_in("TREASURY")
        sent = filled(tess.get(self.path(escrow)), auto_refund_after_hours="888", propose="1")
        tess.post(self.path(escrow), sent)
        again = tess.post(self.path(escrow), sent)
        assert "Another version waits for agreement." in text_of(again, 409)
        page = text_of(tess.get(f"/admin/escrows/{escrow.public_id}/"))
        assert "Take version 2 back" in page
        assert "Propose new terms" not in page
        back = f"/admin/escrows/{escrow.public_id}/amendments/2/take-back/"
        assert "Taken back: the terms in force stay." in text_of(tess.post(back, follow=True))
        assert Terms.objects.get(version=2).state == "REJECTED"
        terms.propose(
            escrow_id=escrow.public_id, livemode=False, wire=escrows.terms(), side=Side.PAYER, reason="", actor=BACKEND,
            now=later(1),
        )  # fmt: skip
        assert "Take version 3 back" not in text_of(tess.get(f"/admin/escrows/{escrow.public_id}/"))
        refused = text_of(tess.post(back.replace("/2/", "/3/"), follow=True))
        assert "The sides answer what a side has proposed." in refused
        assert Terms.objects.get(version=3).state == "PROPOSED"

    def test_only_by_treasury(self) -> None:
        escrow = escrows.funded()
        for role in ("AUDITOR", "ESCROW_APPROVER", "MEDIATOR", "COMPLIANCE"):
            client = staff.signed_in(role)
            assert client.get(self.path(escrow)).status_code == 403
            assert client.post(self.path(escrow)).status_code == 403


class TestEvidenceIsEntered:
    def enter(self, client: Client, dispute: Dispute, side: str = "payer", **sent: str) -> Any:
        return client.post(f"/admin/disputes/{dispute.public_id}/evidence/{side}/", sent)

    def test_staged_then_submitted_for_a_side(self) -> None:
        escrow = escrows.funded(80_000)
        dispute = raised(escrow, now=NOW)
        tess = staff.signed_in("TREASURY", email="tess@holdfast.example")
        page = f"/admin/disputes/{dispute.public_id}/"
        assert "Enter what the payer says" in text_of(tess.get(page))
        assert "Write down what they said" in text_of(self.enter(tess, dispute), 400)
        assert "64 hexadecimal digits" in text_of(self.enter(tess, dispute, documents="photo.jpg"), 400)
        staged = self.enter(
            tess, dispute, statement="They rang: 40 pictures are missing.", documents=f"{'a' * 64}  order.pdf"
        )
        assert staged.status_code == 302
        assert not Submission.objects.exists()
        assert self.enter(tess, dispute, submit="on").status_code == 302
        submission = Submission.objects.get()
        assert (submission.side, submission.by, submission.documents) == ("PAYER", "STAFF:tess@holdfast.example", 1)
        text = text_of(tess.get(page))
        assert "They rang: 40 pictures are missing." in text
        assert "Enter what the payer says" not in text
        assert "Enter what the payee says" in text
        assert "Submitted at 2026-" in text_of(self.enter(tess, dispute, statement="more"), 409)
        assert self.enter(tess, dispute, "network", statement="x").status_code == 404

    def test_after_the_deadline_nothing_is_offered_or_taken(self) -> None:
        dispute = raised(escrows.funded(80_000), now=NOW)
        with time_machine.travel(later(168), tick=True):
            tess = staff.signed_in("TREASURY")
            assert "Enter what" not in text_of(tess.get(f"/admin/disputes/{dispute.public_id}/"))
            assert "It was due by" in text_of(self.enter(tess, dispute, statement="late"), 409)

    def test_who_judges_speaks_for_neither_side(self) -> None:
        """Also where somebody was given both verbs meanwhile: by the service, and by the database."""
        escrow = escrows.funded(80_000)
        dispute = raised(escrow, now=NOW)
        mia, max_ = (
            staff.person("MEDIATOR", email=f"{name}@holdfast.example").user.actor() for name in ("mia", "max")
        )  # fmt: skip
        named = {"dispute_id": dispute.public_id, "livemode": False, "now": NOW}
        mediation.take(**named, actor=mia)
        with pytest.raises(NotAllowedToSpeak):
            said(escrow, "PAYER", now=NOW, actor=mia)
        both = Actor("STAFF", mia.id, mia.roles | {"TREASURY"})
        with pytest.raises(NotAllowedToSpeak, match="speaks for neither side"):
            said(escrow, "PAYER", now=NOW, actor=both)
        row = {"dispute": dispute, "side": "PAYER", "kind": "STATEMENT", "text": "x", "at": NOW}
        refused = refused_by_the_database(lambda: Evidence.objects.create(**row, by=str(mia)))
        assert refused == "mediator_speaks_for_no_side"
        Evidence.objects.create(**row, by=str(max_))
        with pytest.raises(NotAllowedToMediate, match="does not mediate between them"):
            mediation.assign(**named, actor=mia, to=max_.id)
        rows = Dispute.objects.all()
        assert refused_by_the_database(lambda: rows.update(mediator=max_.id)) == "mediator_speaks_for_no_side"

    def test_who_entered_it_does_not_sign_how_it_ends(self) -> None:
        escrow = escrows.funded(200_000)
        dispute = raised(escrow, now=NOW)
        tess = staff.person("TREASURY", email="tess@holdfast.example").user.actor()
        mia = staff.person("MEDIATOR", email="mia@holdfast.example").user.actor()
        staff.person("ESCROW_APPROVER")
        said(escrow, "PAYER", now=NOW, actor=tess)
        said(escrow, "PAYEE", now=NOW, documents=[Document("a.pdf", "ab" * 32)])
        named = {"dispute_id": dispute.public_id, "livemode": False, "actor": mia, "now": NOW}
        mediation.take(**named)
        proposed = resolutions.propose(**named, release_minor=0, reason="nothing came")
        assert concerned(proposed.approval_id) == {"tess@holdfast.example", "mia@holdfast.example"}

    def test_only_by_treasury(self) -> None:
        dispute = raised(escrows.funded(80_000), now=NOW)
        for role in ("AUDITOR", "ESCROW_APPROVER", "MEDIATOR"):
            client = staff.signed_in(role)
            assert "Enter what" not in text_of(client.get(f"/admin/disputes/{dispute.public_id}/"))
            assert self.enter(client, dispute, statement="x").status_code == 403

    def test_no_role_has_both_verbs(self) -> None:
        for judged in ("escrow.mediate_dispute", "escrow.approve_resolution"):
            assert ("escrow.enter_evidence", judged) in roles.MAKER_AND_CHECKER
