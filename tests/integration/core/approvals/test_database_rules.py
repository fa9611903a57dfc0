"""Past every service the database still asks for four eyes, and says what it refuses by name."""

from collections.abc import Callable

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import timezone

from core.approvals import digests
from core.approvals.models import Affiliation, ApprovalRequest, PolicyVersion, Signature
from core.database.refusals import refusal_name
from tests.factories import staff
from tests.factories.approvals import ASKER, RenameABook, asked, signed

pytestmark = pytest.mark.django_db


def refused(act: Callable[[], object]) -> str | None:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act()
    return refusal_name(error.value)


def set_to(request: ApprovalRequest, **values: object) -> Callable[[], object]:
    return lambda: ApprovalRequest.objects.filter(pk=request.pk).update(**values)


def closed(state: str) -> dict[str, object]:
    return {"state": state, "closed_at": timezone.now(), "closed_by": "STAFF:x"}


def signature(request: ApprovalRequest, person: staff.Person, **values: object) -> Callable[[], object]:
    given = {
        "request": request, "revision": request.revision, "digest": request.digest, "verdict": "SIGN",
        "signer": person.user, "signed_by": str(person.user.actor()), "roles": [], "device": "x", "origin": "x",
        "signed_at": timezone.now(), **values,
    }  # fmt: skip
    return lambda: Signature.objects.create(**given)


class TestRequests:
    def test_executed_takes_signatures(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked()
        assert refused(set_to(request, **closed("EXECUTED"))) == "approval_has_its_signatures"
        signature(request, controller)()
        set_to(request, **closed("EXECUTED"))()

    def test_as_many_as_the_rule_takes_at_the_least(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person
    ) -> None:
        book.shelf["book_1"]["pages"] = 500
        request = asked()
        signature(request, controller)()
        assert refused(set_to(request, **closed("EXECUTED"))) == "approval_has_its_signatures"
        assert refused(set_to(request, needed=0)) == "approval_needs_a_signature"

    def test_a_closed_account_and_an_earlier_revision_do_not_count(
        self, book: RenameABook, controller: staff.Person
    ) -> None:
        request = asked()
        signature(request, controller)()
        controller.user.is_active = False
        controller.user.save()
        assert refused(set_to(request, **closed("EXECUTED"))) == "approval_has_its_signatures"
        controller.user.is_active = True
        controller.user.save()
        text = request.covered.replace("Untitled", "Journals")
        set_to(request, covered=text, digest=digests.digest(text), revision=2)()
        assert refused(set_to(request, **closed("EXECUTED"))) == "approval_has_its_signatures"

    def test_a_denied_one_is_not_executed_and_nobody_denies_silently(
        self, book: RenameABook, controller: staff.Person
    ) -> None:
        request = asked()
        assert refused(set_to(request, **closed("DENIED"))) == "denial_is_signed"
        signature(request, controller)()
        signature(request, controller, verdict="DENY", reason="No")()
        assert refused(set_to(request, **closed("EXECUTED"))) == "approval_has_its_signatures"
        assert refused(signature(request, controller, verdict="DENY", reason="")) == "denial_has_a_reason"

    def test_ends_are_final_and_terms_stay(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked()
        for change in ({"given": {}}, {"asked_by": "STAFF:x"}, {"subject": "y"}, {"expires_at": timezone.now()}):
            assert refused(set_to(request, **change)) == "approval_terms_do_not_change"
        set_to(request, **closed("WITHDRAWN"))()
        assert refused(set_to(request, **closed("EXPIRED"))) == "approval_terms_do_not_change"
        assert refused(set_to(request, state="PENDING", closed_at=None, closed_by="")) == "approval_terms_do_not_change"
        assert refused(lambda: ApprovalRequest.objects.filter(pk=request.pk).delete()) == "approval_is_never_deleted"

    def test_what_is_covered_changes_only_with_its_digest_and_revision(
        self, book: RenameABook, controller: staff.Person
    ) -> None:
        request = asked()
        text = request.covered.replace("Untitled", "Journals")
        assert refused(set_to(request, covered=text)) == "digest_is_of_what_is_covered"
        assert refused(set_to(request, covered=text, digest=digests.digest(text))) == "approval_terms_do_not_change"
        assert refused(set_to(request, revision=2)) == "approval_terms_do_not_change"

    def test_a_request_begins_pending(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked()
        request.pk, request.request_id, request.subject, request.state = None, "apr_2", "book_2", "EXECUTED"
        request.closed_at, request.closed_by = timezone.now(), "STAFF:x"
        assert refused(lambda: request.save(force_insert=True)) == "approval_begins_pending"


class TestSignatures:
    def test_neither_a_key_nor_the_program_signs(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked()
        for actor in ("API_KEY:key_1", "SYSTEM:holdfast"):
            assert refused(signature(request, controller, signed_by=actor)) in (
                "only_staff_sign", "signature_is_of_an_open_account",
            )  # fmt: skip

    def test_nobody_signs_under_another_name(self, book: RenameABook, controller: staff.Person) -> None:
        act = signature(asked(), controller, signed_by="STAFF:somebody@holdfast.example")
        assert refused(act) == "signature_is_of_an_open_account"

    def test_neither_the_asker_nor_those_it_is_about(self, book: RenameABook, controller: staff.Person) -> None:
        staff.person("CONTROLLER")
        asker = staff.person("TREASURY", email=ASKER.id)
        book.people = frozenset({controller.user.email})
        request = asked()
        assert refused(signature(request, asker)) == "nobody_signs_for_themselves"
        assert refused(signature(request, controller)) == "nobody_signs_for_themselves"

    def test_on_what_is_covered_in_time_and_once(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked()
        assert refused(signature(request, controller, digest="0" * 64)) == "signature_is_on_what_is_covered"
        assert refused(signature(request, controller, revision=2)) == "signature_is_on_what_is_covered"
        late = signature(request, controller, signed_at=request.expires_at)
        assert refused(late) == "signature_is_on_an_open_request"
        signature(request, controller)()
        assert refused(signature(request, controller)) == "approval_is_signed_once_by_a_person"

    def test_only_those_named(self, book: RenameABook, controller: staff.Person) -> None:
        book.signers = frozenset({controller.user.email})
        request = asked()
        assert refused(signature(request, staff.person("CONTROLLER"))) == "only_those_named_sign"
        signature(request, controller)()

    @pytest.mark.parametrize("mark", ["session_digest", "browser_digest"])
    def test_one_pair_of_hands_signs_once(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person, mark: str
    ) -> None:
        request = asked()
        signature(request, controller, **{mark: "a" * 64})()
        assert refused(signature(request, compliance, **{mark: "a" * 64})) == "one_pair_of_hands_signs_once"
        signature(request, compliance, **{mark: "b" * 64})()

    def test_it_stays(self, book: RenameABook, controller: staff.Person) -> None:
        signed(asked(), controller)
        assert refused(lambda: Signature.objects.update(reason="x")) == "approvals_signature_is_append_only"


class TestPolicies:
    def test_a_later_version_takes_an_executed_approval(self, book: RenameABook) -> None:
        version = PolicyVersion.objects.get(action="tests.rename")
        version.pk, version.effective_from = None, timezone.now()
        assert refused(lambda: version.save(force_insert=True)) == "act_is_approved"
        version.approval_id = "apr_nothing"
        assert refused(lambda: version.save(force_insert=True)) == "act_is_approved"


class TestTheFunction:
    def call(self, request_id: str, action: str, subject: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT approvals_require_executed(%s, %s, %s)", [request_id, action, subject])

    def test_it_asks_for_this_act_on_this_subject(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked()
        assert refused(lambda: self.call(request.request_id, "tests.rename", "book_1")) == "act_is_approved"
        signed(request, controller)
        self.call(request.request_id, "tests.rename", "book_1")
        assert refused(lambda: self.call(request.request_id, "tests.rename", "book_2")) == "act_is_approved"
        assert refused(lambda: self.call(request.request_id, "tests.other", "book_1")) == "act_is_approved"
        assert refused(lambda: self.call("", "tests.rename", "book_1")) == "act_is_approved"


def test_an_affiliation_is_ended_once_and_nothing_else_changes(controller: staff.Person) -> None:
    now = timezone.now()
    row = Affiliation.objects.create(
        email=controller.user.email, party_id="prov_1", nature="director", since=now.date(), declared_by="x",
        declared_at=now,
    )  # fmt: skip
    rows = Affiliation.objects.filter(pk=row.pk)
    assert refused(lambda: rows.update(party_id="prov_2")) == "affiliation_is_ended_once"
    assert refused(lambda: rows.delete()) == "affiliation_is_ended_once"
    rows.update(until=now.date(), ended_at=now, ended_by="x")
    assert refused(lambda: rows.update(until=None, ended_at=None, ended_by="")) == "affiliation_is_ended_once"
