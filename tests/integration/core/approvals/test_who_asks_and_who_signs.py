"""Named signers, keys that may ask, ends before the policy's, questions the program ends, one pair of hands."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.approvals import selectors, services
from core.approvals.devices import Hands
from core.approvals.refusals import (
    ApprovalClosed,
    ContentChanged,
    NobodyCanSign,
    NotAllowedToAsk,
    NotAllowedToSign,
    ReasonMissing,
)
from core.audit.models import AuditEntry
from core.outbox.models import Event
from tests.factories import staff
from tests.factories.approvals import RenameABook, asked, signed

pytestmark = pytest.mark.django_db

KEY = Actor("API_KEY", "key_1", frozenset({"books:write"}))


class TestNamedSigners:
    def test_only_these_sign(self, book: RenameABook, controller: staff.Person) -> None:
        book.signers = frozenset({controller.user.email, "nobody@holdfast.example"})
        request, other = asked(), staff.person("CONTROLLER")
        with pytest.raises(NotAllowedToSign, match=r"Only those named sign this: controller@holdfast\.example, nobody"):
            signed(request, other)
        assert signed(request, controller).state == "EXECUTED"

    def test_nor_do_others_deny(self, book: RenameABook, controller: staff.Person) -> None:
        book.signers = frozenset({controller.user.email})
        counted = selectors.quorum.of(asked(), now=timezone.now(), extra=[staff.person("CONTROLLER").user])
        assert counted.objection_to_denial(staff.person("CONTROLLER").user).startswith("Only those named")
        assert counted.objection_to_denial(controller.user) == ""

    def test_a_name_gives_no_role(self, book: RenameABook, controller: staff.Person) -> None:
        auditor = staff.person("AUDITOR")
        book.signers = frozenset({controller.user.email, auditor.user.email})
        with pytest.raises(NotAllowedToSign, match="roles"):
            signed(asked(), auditor)

    def test_too_few_of_them_and_it_is_not_asked(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person
    ) -> None:
        """500 pages take a controller and compliance: the only compliance officer is not named."""
        book.shelf["book_1"]["pages"] = 500
        book.signers = frozenset({controller.user.email})
        with pytest.raises(NobodyCanSign, match="Compliance officer missing"):
            asked()
        book.signers = frozenset()
        with pytest.raises(NobodyCanSign):
            asked()

    def test_other_names_void_what_was_signed(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person
    ) -> None:
        book.shelf["book_1"]["pages"] = 500
        book.signers = frozenset({controller.user.email, compliance.user.email})
        request = asked()
        signed(request, controller)
        book.signers = frozenset({compliance.user.email})
        with pytest.raises(ContentChanged) as refused:
            signed(request, compliance)
        assert [change.path for change in refused.value.difference] == ["signers[1]"]

    def test_where_nobody_is_named_the_digest_says_nothing_of_it(self, book: RenameABook) -> None:
        staff.person("CONTROLLER")
        assert "signers" not in asked().content


class TestKeysAsk:
    def test_a_key_with_the_scope_asks_and_takes_back(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked(actor=KEY)
        assert (request.asked_by, request.asker_email) == ("API_KEY:key_1", "")
        services.withdraw(request_id=request.request_id, actor=KEY, reason="Another title", now=timezone.now())
        assert signed(asked(actor=KEY), controller).state == "EXECUTED"

    @pytest.mark.parametrize(
        "actor",
        [Actor("API_KEY", "key_1", frozenset({"books:read"})), Actor("USER", "u/1", frozenset({"books:write"}))],
    )
    def test_no_other(self, book: RenameABook, controller: staff.Person, actor: Actor) -> None:
        with pytest.raises(NotAllowedToAsk):
            asked(actor=actor)

    def test_an_act_without_a_scope_is_asked_by_no_key(self, book: RenameABook, controller: staff.Person) -> None:
        type(book).ask_scope, before = "", type(book).ask_scope
        try:
            with pytest.raises(NotAllowedToAsk):
                asked(actor=Actor("API_KEY", "key_1", frozenset({""})))
        finally:
            type(book).ask_scope = before


class TestEnds:
    def test_earlier_than_the_policy_says(self, book: RenameABook, controller: staff.Person) -> None:
        sooner = timezone.now() + timedelta(hours=2)
        request = asked(expires_at=sooner)
        assert request.expires_at == sooner
        assert services.expire_due(now=sooner) == 1

    def test_never_later(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked(expires_at=timezone.now() + timedelta(hours=73))
        assert request.expires_at == request.asked_at + timedelta(hours=72)

    def test_not_in_the_past(self, book: RenameABook, controller: staff.Person) -> None:
        with pytest.raises(ApprovalClosed, match="expired already"):
            asked(expires_at=timezone.now() - timedelta(seconds=1))


class TestVoid:
    def test_the_program_ends_what_moved_on(self, book: RenameABook, controller: staff.Person) -> None:
        request = asked()
        ended = services.void(request.request_id, reason="It is disputed", actor=SYSTEM, now=timezone.now())
        assert (ended.state, ended.closed_reason, ended.closed_by) == ("VOIDED", "It is disputed", "SYSTEM:holdfast")
        assert AuditEntry.objects.filter(action="approvals.request.voided", subject=request.request_id).count() == 1
        assert Event.objects.get(name="approvals.ended").payload["state"] == "VOIDED"
        with pytest.raises(ApprovalClosed, match="voided"):
            signed(request, controller)
        with pytest.raises(ApprovalClosed):
            services.void(request.request_id, reason="Again", actor=SYSTEM, now=timezone.now())
        asked()

    def test_for_a_reason(self, book: RenameABook, controller: staff.Person) -> None:
        with pytest.raises(ReasonMissing):
            services.void(asked().request_id, reason=" ", actor=SYSTEM, now=timezone.now())


class TestOnePairOfHands:
    @pytest.mark.parametrize("first", [Hands("s1", "b1"), Hands("s1", ""), Hands("", "b1")])
    def test_two_accounts_in_one_browser(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person, first: Hands
    ) -> None:
        book.shelf["book_1"]["pages"] = 500
        request = asked()
        signed(request, controller, hands=first)
        with pytest.raises(NotAllowedToSign, match="Ines Duarte has signed this in the same browser"):
            signed(request, compliance, hands=Hands("s1", "b1"))
        assert signed(request, compliance, hands=Hands("s2", "b2")).state == "EXECUTED"

    def test_browsers_nobody_knows_are_not_the_same(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person
    ) -> None:
        book.shelf["book_1"]["pages"] = 500
        request = asked()
        signed(request, controller, hands=Hands())
        assert signed(request, compliance, hands=Hands()).state == "EXECUTED"

    def test_a_void_signature_was_given_by_these_hands_too(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person
    ) -> None:
        """After a change the same person signs again where they did; another account in that browser does not."""
        book.shelf["book_1"]["pages"] = 500
        request = asked()
        signed(request, controller, hands=Hands("s1", "b1"))
        book.shelf["book_1"]["edition"] = 2
        with pytest.raises(ContentChanged):
            signed(request, compliance, hands=Hands("s2", "b2"))
        request = selectors.get(request.request_id)
        with pytest.raises(NotAllowedToSign, match="same browser"):
            signed(request, compliance, hands=Hands("s3", "b1"))
        signed(request, controller, hands=Hands("s4", "b1"))
        assert signed(request, compliance, hands=Hands("s2", "b2")).state == "EXECUTED"

    def test_another_request_is_another_matter(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person
    ) -> None:
        signed(asked(), controller, hands=Hands("s1", "b1"))
        book.shelf["book_1"]["pages"] = 500
        assert signed(asked(), compliance, hands=Hands("s1", "b1")).state == "PENDING"
