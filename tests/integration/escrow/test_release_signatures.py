"""6,400.00 leaves an escrow: two sign who have nothing to do with it, on exactly what is there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compliance.services.bank_accounts import retire
from core.actors import SYSTEM, Actor
from core.approvals import selectors
from core.approvals.devices import Hands
from core.approvals.refusals import ApprovalClosed, ContentChanged, NobodyCanSign, NotAllowedToAsk, NotAllowedToSign
from core.approvals.selectors import quorum
from core.approvals.services import affiliations, ask, expire_due
from core.staff.services import people
from escrow.approvals import InvalidRelease
from escrow.dispute_enums import DisputeReason, DisputeSide
from escrow.enums import LockReason, Side
from escrow.models import Escrow, Movement
from escrow.services import conditions, disputes, locks
from escrow.services import terms as amendments
from escrow.services.endings import end_question
from tests.factories import bank_accounts as accounts
from tests.factories import releases, staff
from tests.factories.approvals import signed
from tests.factories.releases import BACKEND, PAYEE, PAYER, TREASURER, asked, funded, request_of

pytestmark = pytest.mark.django_db

LARGE = 640_000


@pytest.fixture
def approvers(db: None) -> list[staff.Person]:
    return [staff.person("ESCROW_APPROVER", email=f"approver{number}@holdfast.example") for number in (1, 2, 3)]


def again(escrow: Escrow) -> Escrow:
    return Escrow.objects.get(pk=escrow.pk)


class TestTwoSign:
    def test_the_second_signature_moves_the_money(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE)
        found = asked(escrow)
        assert (found.needed, found.moved) == (2, ())
        request = request_of(found)
        assert request.summary == f"Release 6,400.00 USD of {escrow.public_id} to prov_lumen"
        assert again(escrow).status == "LOCKED"
        assert signed(request, approvers[0]).state == "PENDING"
        assert again(escrow).released_minor == 0
        assert signed(request, approvers[1]).state == "EXECUTED"
        assert (again(escrow).status, again(escrow).released_minor) == ("RELEASED", LARGE)
        assert [move.approval_id for move in Movement.objects.all()] == [request.request_id]

    def test_a_key_asks_and_never_signs(self, approvers: list[staff.Person]) -> None:
        found = asked(funded(LARGE), actor=BACKEND)
        assert request_of(found).asked_by == "API_KEY:key_test"

    def test_without_the_right_nobody_asks(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE)
        for actor in (
            Actor("API_KEY", "key_read", frozenset({"escrows:read"})),
            Actor("STAFF", "x@holdfast.example", frozenset({"ESCROW_APPROVER"})),
        ):
            with pytest.raises(NotAllowedToAsk):
                asked(escrow, actor=actor)
        assert again(escrow).status == "FUNDED", "what was not asked leaves nothing behind"

    def test_less_needs_nobody(self) -> None:
        escrow = funded(499_999)
        assert asked(escrow).needed == 0
        assert again(escrow).status == "RELEASED"

    def test_two_small_ones_do_not_pass_where_a_large_one_would_not(self, approvers: list[staff.Person]) -> None:
        """4,000.00 of 8,000.00 goes, the rest is the second 4,000.00: together 8,000.00."""
        escrow = funded(800_000)
        assert asked(escrow, amount_minor=400_000).needed == 0
        found = asked(escrow)
        assert found.needed == 2
        assert found.reasons == ("8,000.00 USD, with what was released before, is at least 5,000.00 USD",)

    def test_with_too_few_approvers_it_is_not_asked(self) -> None:
        staff.person("ESCROW_APPROVER")
        escrow = funded(LARGE)
        with pytest.raises(NobodyCanSign, match="Escrow approver missing"):
            asked(escrow)
        assert again(escrow).status == "FUNDED"


class TestWhoDoesNotSign:
    def test_whoever_asked(self, approvers: list[staff.Person]) -> None:
        request = request_of(asked(funded(LARGE)))
        treasurer = staff.person("ESCROW_APPROVER", email=TREASURER.id)
        with pytest.raises(NotAllowedToSign, match="asks does not sign"):
            signed(request, treasurer)

    def test_the_same_person_twice(self, approvers: list[staff.Person]) -> None:
        request = request_of(asked(funded(LARGE)))
        signed(request, approvers[0])
        with pytest.raises(NotAllowedToSign, match="already"):
            signed(request, approvers[0])

    def test_the_same_browser_under_another_name(self, approvers: list[staff.Person]) -> None:
        request = request_of(asked(funded(LARGE)))
        signed(request, approvers[0], hands=Hands("s1", "b1"))
        with pytest.raises(NotAllowedToSign, match="same browser"):
            signed(request, approvers[1], hands=Hands("s2", "b1"))

    @pytest.mark.parametrize("party_id", [PAYER, PAYEE])
    def test_the_affiliated(self, approvers: list[staff.Person], party_id: str) -> None:
        request = request_of(asked(funded(LARGE)))
        affiliations.declare(
            email=approvers[0].user.email, party_id=party_id, nature="director", since=timezone.now().date(),
            actor=SYSTEM, now=timezone.now(),
        )  # fmt: skip
        with pytest.raises(NotAllowedToSign, match="director"):
            signed(request, approvers[0])

    def test_the_affiliated_with_whom_the_payee_shares_a_phone(self, approvers: list[staff.Person]) -> None:
        releases.party(PAYEE, phone="+1 (555) 010-7788")
        releases.party("prov_other", phone="+15550107788")
        request = request_of(asked(funded(LARGE)))
        affiliations.declare(
            email=approvers[0].user.email, party_id="prov_other", nature="director", since=timezone.now().date(),
            actor=SYSTEM, now=timezone.now(),
        )  # fmt: skip
        with pytest.raises(NotAllowedToSign, match="director of prov_other, with which it shares its phone number"):
            signed(request, approvers[0])

    def test_whoever_said_that_the_work_is_done(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE, met=False)
        conditions.satisfy(
            escrow_id=escrow.public_id, condition_id="service_completed", livemode=False, by="", evidence=[],
            actor=approvers[0].user.actor(), now=timezone.now(),
        )  # fmt: skip
        with pytest.raises(NotAllowedToSign, match="about this person"):
            signed(request_of(asked(escrow)), approvers[0])

    def test_a_lost_role_between(self, approvers: list[staff.Person]) -> None:
        """The first signature no longer counts: a third person is needed, and the page says why."""
        escrow = funded(LARGE)
        request = request_of(asked(escrow))
        signed(request, approvers[0])
        now = timezone.now()
        people.take_roles(user_id=approvers[0].user.pk, roles=["ESCROW_APPROVER"], actor=SYSTEM, now=now)
        assert signed(request, approvers[1]).state == "PENDING"
        standing = quorum.of(selectors.get(request.request_id), now=timezone.now()).standings[0]
        assert standing.objection == "The role it was given with is gone."
        assert signed(request, approvers[2]).state == "EXECUTED"


class TestNamedApprovers:
    def test_where_the_terms_ask_for_signatures_only_those_they_name_sign(self, approvers: list[staff.Person]) -> None:
        names = [approvers[0].user.email.upper(), approvers[1].user.email, PAYEE]
        escrow = funded(100_00, document=releases.terms(approvers=names, manual=True, least=2))
        found = asked(escrow)
        assert (found.needed, found.reasons) == (2, ("The terms ask for 2 of their approvers",))
        with pytest.raises(NotAllowedToSign, match="Only those named"):
            signed(request_of(found), approvers[2])
        signed(request_of(found), approvers[0])
        assert signed(request_of(found), approvers[1]).state == "EXECUTED"

    def test_one_is_enough_where_the_terms_say_one(self, approvers: list[staff.Person]) -> None:
        names = [approvers[0].user.email]
        found = asked(funded(100_00, document=releases.terms(approvers=names, manual=True)))
        assert found.needed == 1
        assert signed(request_of(found), approvers[0]).state == "EXECUTED"

    def test_three_where_they_say_three(self, approvers: list[staff.Person]) -> None:
        found = asked(funded(LARGE, document=releases.terms(manual=True, least=3)))
        assert found.needed == 3
        states = [signed(request_of(found), approver).state for approver in approvers]
        assert states == ["PENDING", "PENDING", "EXECUTED"]

    def test_a_payee_as_the_only_name_binds_nobody_where_the_house_asks(self, approvers: list[staff.Person]) -> None:
        """As printed: 5,000.00, the photographer is the approver, no manual approval. Any two approvers sign."""
        escrow = funded(500_000, document=releases.terms(approvers=[PAYEE]))
        found = asked(escrow)
        assert request_of(found).content.get("signers") is None
        signed(request_of(found), approvers[0])
        assert signed(request_of(found), approvers[2]).state == "EXECUTED"

    def test_a_name_that_lost_its_role_stays_named(self, approvers: list[staff.Person]) -> None:
        names = [approver.user.email for approver in approvers]
        found = asked(funded(LARGE, document=releases.terms(approvers=names)))
        signed(request_of(found), approvers[0])
        now = timezone.now()
        people.take_roles(user_id=approvers[2].user.pk, roles=["ESCROW_APPROVER"], actor=SYSTEM, now=now)
        assert signed(request_of(found), approvers[1]).state == "EXECUTED"


class TestWhatIsCovered:
    def test_version_amount_parts_payee_account_documents_and_terms(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE)
        covered = request_of(asked(escrow)).content
        assert covered["version"] == {
            "escrowVersion": again(escrow).version,
            "heldMinor": LARGE,
            "partsReleased": [{"number": 1, "amountMinor": LARGE, "condition": ""}],
            "payee": PAYEE,
            "beneficiaryAccount": "none",
        }
        assert covered["evidence"]["conditions"]["service_completed"] == {
            "state": "MET", "saidBy": PAYER, "documents": [{"name": "photos.zip", "sha256": "ab" * 32}],
        }  # fmt: skip
        assert covered["evidence"]["termsDigest"].startswith("sha256:")
        assert covered["facts"] == {
            "amountMinor": LARGE, "currency": "USD", "signatures": 2, "sellerAgeDays": 400, "riskScore": 300,
            "livemode": False,
        }  # fmt: skip
        assert covered["parties"] == [PAYER, PAYEE]

    def test_another_payout_account_voids_what_was_signed(self, approvers: list[staff.Person]) -> None:
        """The account by its ending and a digest; its number nowhere."""
        escrow = funded(LARGE)
        first = accounts.active(PAYEE, number="000123456789", now=timezone.now())
        request = request_of(asked(escrow))
        beneficiary = request.content["version"]["beneficiaryAccount"]
        assert (beneficiary["account"], beneficiary["number"]) == (first.account_id, "•••• 6789")
        assert "000123456789" not in request.covered
        signed(request, approvers[0])
        now = timezone.now()
        retire(account_id=first.account_id, livemode=False, actor=accounts.MARKETPLACE, now=now)
        with pytest.raises(ContentChanged) as refused:
            signed(request, approvers[1])
        assert "version.beneficiaryAccount" in {change.path for change in refused.value.difference}

    def test_amended_terms_void_what_was_signed_and_show_the_difference(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE)
        request = request_of(asked(escrow))
        signed(request, approvers[0])
        amend(escrow, releases.terms(disputePolicy={"autoResolutionDays": 14}))
        with pytest.raises(ContentChanged) as refused:
            signed(request, approvers[1])
        paths = {change.path for change in refused.value.difference}
        assert {"evidence.termsVersion", "evidence.termsDigest", "version.escrowVersion"} <= paths
        request = selectors.get(request.request_id)
        assert (request.revision, again(escrow).released_minor) == (2, 0)
        assert signed(request, approvers[1]).state == "PENDING"
        assert signed(request, approvers[0]).state == "EXECUTED"

    def test_what_is_disputed_is_not_signed_for(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE)
        request = request_of(asked(escrow))
        signed(request, approvers[0])
        disputes.raise_(
            escrow_id=escrow.public_id, livemode=False, side=DisputeSide.PAYER, reason=DisputeReason.NOT_AS_AGREED,
            text="Half of the pictures are missing", actor=BACKEND, now=timezone.now(),
        )  # fmt: skip
        with pytest.raises(ApprovalClosed, match="voided"):
            signed(request, approvers[1])
        assert selectors.get(request.request_id).closed_reason == "a dispute was raised"
        assert again(escrow).released_minor == 0

    @pytest.mark.parametrize(
        "given",
        [{}, {"parts": [], "amountMinor": 0}, {"parts": ["1"], "amountMinor": LARGE}, {"parts": [1], "amountMinor": 1},
         {"parts": [1, 1], "amountMinor": 2 * LARGE}],
    )  # fmt: skip
    def test_what_is_no_release_is_not_asked(self, approvers: list[staff.Person], given: dict[str, object]) -> None:
        escrow = funded(LARGE)
        with pytest.raises(InvalidRelease):
            ask(
                action="escrow.release", subject=escrow.public_id, given=given, reason="x", actor=TREASURER,
                now=timezone.now(),
            )  # fmt: skip


class TestTime:
    def test_signatures_are_waited_for_as_long_as_the_terms_say(self, approvers: list[staff.Person]) -> None:
        document = releases.terms(releaseConditions={"approvalTimeoutHours": 48})
        request = request_of(asked(funded(LARGE, document=document)))
        assert request.expires_at - request.asked_at == timedelta(hours=48)

    def test_after_that_nobody_signs_and_the_escrow_waits_no_more(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE)
        request = request_of(asked(escrow))
        signed(request, approvers[0])
        assert expire_due(now=request.expires_at) == 1
        with pytest.raises(ApprovalClosed, match="expired"):
            signed(request, approvers[1])
        end_question(escrow_id=escrow.public_id, request_id=request.request_id, state="EXPIRED", now=request.expires_at)
        assert (again(escrow).status, again(escrow).released_minor) == ("FUNDED", 0)
        assert request_of(asked(escrow)).state == "PENDING", "it may be asked anew"

    def test_a_hold_meanwhile_keeps_the_money_and_the_signatures(self, approvers: list[staff.Person]) -> None:
        escrow = funded(LARGE)
        request = request_of(asked(escrow))
        locks.hold(
            escrow_id=escrow.public_id, livemode=False, reason=LockReason.FRAUD, note="a pattern", actor=SYSTEM,
            now=timezone.now(),
        )  # fmt: skip
        with pytest.raises(ContentChanged):
            signed(request, approvers[0])
        request = selectors.get(request.request_id)
        signed(request, approvers[0])
        last = signed(request, approvers[1])
        assert (last.state, again(escrow).released_minor) == ("PENDING", 0)
        assert last.failure


def amend(escrow: Escrow, document: dict) -> None:
    now = timezone.now()
    proposed = amendments.propose(
        escrow_id=escrow.public_id, livemode=False, wire=document, side=Side.PAYER, reason="sooner", actor=BACKEND,
        now=now,
    )  # fmt: skip
    amendments.agree(
        escrow_id=escrow.public_id, livemode=False, version=proposed.version, side=Side.PAYEE, actor=BACKEND, now=now
    )
