"""One asks, others sign, and only then something happens."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.approvals import selectors, services
from core.approvals.digests import Change
from core.approvals.models import ContentChange, Signature
from core.approvals.refusals import (
    ActionRefused,
    ApprovalClosed,
    AskedAlready,
    ContentChanged,
    NobodyCanSign,
    NotAllowedToAsk,
    NotAllowedToSign,
    ReasonMissing,
)
from core.approvals.services import affiliations
from core.audit.models import AuditEntry
from core.outbox.models import Event
from core.staff.models import User
from core.staff.services import people
from core.staff.services.step_up import NotAccepted
from tests.factories import staff
from tests.factories.approvals import ASKER, OutOfPrint, RenameABook, asked, code_of, signed

pytestmark = pytest.mark.django_db


def denied(request: object, person: staff.Person, *, reason: str = "Not this title") -> object:
    return services.deny(
        request_id=request.request_id, user=person.user, digest=request.digest, code=code_of(person), reason=reason,
        device="Firefox on Linux", origin="198.51.100.7", now=timezone.now(),
    )  # fmt: skip


def test_the_last_signature_does_it(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    assert (request.state, request.summary, request.needed) == ("PENDING", "Call book_1 “Ledgers”", 1)
    assert book.shelf["book_1"]["title"] == "Untitled"
    request = signed(request, controller, reason="Read it")
    assert request.state == "EXECUTED"
    assert book.shelf["book_1"]["title"] == "Ledgers"
    (done,) = book.done
    assert done.request_id == request.request_id
    assert done.asked_by.id == ASKER.id
    assert done.signed_by == (controller.user.actor(),)
    assert done.version == {"title": "Untitled", "edition": 1}


def test_what_a_signature_was_given_with_is_kept(book: RenameABook, controller: staff.Person) -> None:
    request = signed(asked(), controller, reason="Read it")
    kept = Signature.objects.get()
    assert (kept.device, kept.origin, kept.reason) == ("Firefox on Linux", "198.51.100.7", "Read it")
    assert (kept.signed_by, kept.roles, kept.digest) == (
        "STAFF:controller@holdfast.example", ["CONTROLLER"], request.digest,
    )  # fmt: skip


def test_every_verb_leaves_one_audit_row_and_one_event(book: RenameABook, controller: staff.Person) -> None:
    request = signed(asked(), controller)
    rows = AuditEntry.objects.filter(subject=request.request_id).order_by("id")
    assert [row.action.removeprefix("approvals.request.") for row in rows] == ["asked", "signed", "executed"]
    events = Event.objects.filter(name__startswith="approvals.").values_list("name", flat=True)
    assert sorted(events) == ["approvals.asked", "approvals.executed", "approvals.signed"]


def test_two_are_needed_where_the_policy_says_so(
    book: RenameABook, controller: staff.Person, compliance: staff.Person
) -> None:
    """500 pages: one controller and one compliance officer."""
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    assert request.needed == 2
    assert signed(request, compliance).state == "PENDING"
    assert book.done == []
    assert signed(request, controller).state == "EXECUTED"


def test_a_second_controller_does_not_fill_the_place_of_compliance(
    book: RenameABook, controller: staff.Person, compliance: staff.Person
) -> None:
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    with pytest.raises(NotAllowedToSign, match="taken"):
        signed(request, staff.person("CONTROLLER"))


def test_nobody_signs_twice(book: RenameABook, controller: staff.Person, compliance: staff.Person) -> None:
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    with pytest.raises(NotAllowedToSign, match="already"):
        signed(request, controller)


def test_whoever_asks_does_not_sign(book: RenameABook, controller: staff.Person) -> None:
    """Also where both rights came together in one person by accident."""
    staff.person("CONTROLLER")
    request = asked(actor=Actor("STAFF", controller.user.email, frozenset({"TREASURY"})))
    with pytest.raises(NotAllowedToSign, match="asks"):
        signed(request, controller)


def test_whom_it_is_about_does_not_sign(book: RenameABook, controller: staff.Person) -> None:
    staff.person("CONTROLLER")
    book.people = frozenset({"Controller@holdfast.example"})
    request = asked()
    with pytest.raises(NotAllowedToSign, match="about"):
        signed(request, controller)


@pytest.mark.parametrize("email", ["controller@holdfast.example", "asker@holdfast.example"])
def test_relatives_of_a_party_or_of_the_asker_do_not_sign(
    book: RenameABook, controller: staff.Person, email: str
) -> None:
    """Declared from either side, between persons; with a party, and no longer than it holds."""
    staff.person("CONTROLLER")
    staff.person("TREASURY", email=ASKER.id)
    book.parties = frozenset({"prov_1"})
    other = {"party_id": "prov_1"} if email == controller.user.email else {"other_email": controller.user.email}
    today = timezone.now().date()
    declared = affiliations.declare(
        email=email, nature="married", since=today, actor=SYSTEM, now=timezone.now(), **other
    )
    request = asked()
    with pytest.raises(NotAllowedToSign, match="married"):
        signed(request, controller)
    affiliations.end(affiliation_id=declared.pk, until=today, actor=SYSTEM, now=timezone.now())
    with pytest.raises(NotAllowedToSign, match="married"):
        signed(request, controller)


def test_an_affiliation_that_has_ended_keeps_nobody(book: RenameABook, controller: staff.Person) -> None:
    book.parties = frozenset({"prov_1"})
    now = timezone.now()
    long_ago = now.date() - timedelta(days=400)
    declared = affiliations.declare(
        email=controller.user.email, party_id="prov_1", nature="director", since=long_ago, actor=SYSTEM, now=now
    )
    affiliations.end(affiliation_id=declared.pk, until=now.date() - timedelta(days=1), actor=SYSTEM, now=now)
    assert signed(asked(), controller).state == "EXECUTED"


def test_without_the_role_nobody_signs(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    with pytest.raises(NotAllowedToSign, match="roles"):
        signed(request, staff.person("AUDITOR"))
    with pytest.raises(NotAllowedToSign, match="roles"):
        denied(request, staff.person("AUDITOR"))


def test_a_code_signs_once(book: RenameABook, controller: staff.Person, compliance: staff.Person) -> None:
    book.shelf["book_1"]["pages"] = 500
    first = asked()
    code = code_of(controller)
    signed(first, controller, code=code)
    services.withdraw(request_id=first.request_id, actor=ASKER, reason="Another title", now=timezone.now())
    second = asked()
    with pytest.raises(NotAccepted):
        signed(second, controller, code=code)
    assert second.signatures.count() == 0


def test_a_wrong_code_signs_nothing(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    with pytest.raises(NotAccepted):
        signed(request, controller, code="000000" if code_of(controller) != "000000" else "000001")
    assert Signature.objects.count() == 0


def test_a_changed_object_is_refused_with_the_difference(
    book: RenameABook, controller: staff.Person, compliance: staff.Person
) -> None:
    """Nothing is signed, the earlier signature is void and both stay on record; signing anew covers the new object."""
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    seen = request.digest
    book.shelf["book_1"]["edition"] = 2
    code = code_of(compliance)
    with pytest.raises(ContentChanged) as refused:
        signed(request, compliance, digest=seen, code=code)
    assert refused.value.difference == [Change("version.edition", 1, 2)]
    change = ContentChange.objects.get()
    assert (change.revision, change.voided, change.difference) == (2, 1, [["version.edition", 1, 2]])
    request = selectors.get(request.request_id)
    assert (request.state, request.revision) == ("PENDING", 2)
    assert signed(request, compliance, code=code).state == "PENDING", "the controller's signature is void"
    assert signed(request, controller).state == "EXECUTED"
    assert book.shelf["book_1"]["title"] == "Ledgers"


def test_who_saw_the_new_object_signs_it_and_voids_the_others(
    book: RenameABook, controller: staff.Person, compliance: staff.Person
) -> None:
    """The page shows what is there now, so the first who signs after a change need not be refused first."""
    from core.approvals import digests
    from core.approvals.services import contents

    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    book.shelf["book_1"]["edition"] = 2
    _, text = contents.read(request, now=timezone.now())
    request = signed(request, compliance, digest=digests.digest(text))
    assert (request.state, request.revision, ContentChange.objects.get().voided) == ("PENDING", 2, 1)


def test_back_and_forth_is_a_change_too(book: RenameABook, controller: staff.Person, compliance: staff.Person) -> None:
    """A signature on the first edition does not come to life when the object looks as it did."""
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    for edition in (2, 1):
        book.shelf["book_1"]["edition"] = edition
        with pytest.raises(ContentChanged):
            signed(request, compliance, digest="0" * 64)
    request = selectors.get(request.request_id)
    assert (request.revision, request.digest) == (3, asked_digest(request))
    assert signed(request, compliance).state == "PENDING"


def asked_digest(request: object) -> str:
    return request.changes.order_by("revision").first().before_digest


def test_a_request_whose_object_is_gone_ends(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    book.shelf.clear()
    with pytest.raises(ApprovalClosed, match="out of print"):
        signed(request, controller)
    request = selectors.get(request.request_id)
    assert (request.state, request.closed_reason) == ("VOIDED", "book_1 is out of print")


def test_a_role_taken_after_signing_takes_the_signature_along(
    book: RenameABook, controller: staff.Person, compliance: staff.Person
) -> None:
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    people.take_roles(user_id=controller.user.pk, roles=["CONTROLLER"], actor=SYSTEM, now=timezone.now())
    assert signed(request, compliance).state == "PENDING"
    assert signed(request, staff.person("CONTROLLER")).state == "EXECUTED"


def test_a_closed_account_takes_its_signature_along(
    book: RenameABook, controller: staff.Person, compliance: staff.Person
) -> None:
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    people.close(user_id=controller.user.pk, reason="left", actor=SYSTEM, now=timezone.now())
    assert signed(request, compliance).state == "PENDING"
    assert book.done == []


def test_a_relation_found_after_signing_takes_the_signature_along(
    book: RenameABook, controller: staff.Person, compliance: staff.Person
) -> None:
    book.shelf["book_1"]["pages"] = 500
    book.parties = frozenset({"prov_1"})
    request = asked()
    signed(request, controller)
    affiliations.declare(
        email=controller.user.email, party_id="prov_1", nature="director", since=timezone.now().date(), actor=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    assert signed(request, compliance).state == "PENDING"


def test_one_no_ends_it(book: RenameABook, controller: staff.Person, compliance: staff.Person) -> None:
    """Also by somebody who had signed, and whatever has changed since."""
    book.shelf["book_1"]["pages"] = 500
    request = asked()
    signed(request, controller)
    book.shelf["book_1"]["edition"] = 2
    ended = denied(request, controller)
    assert (ended.state, ended.closed_reason) == ("DENIED", "Not this title")
    with pytest.raises(ApprovalClosed, match="denied"):
        signed(request, compliance)
    assert book.done == []


def test_a_no_has_a_reason(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    with pytest.raises(ReasonMissing):
        denied(request, controller, reason="  ")
    assert selectors.get(request.request_id).state == "PENDING"


def test_the_same_question_is_open_once(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    with pytest.raises(AskedAlready) as refused:
        asked(given={"title": "Journals"})
    assert refused.value.request_id == request.request_id
    assert selectors.find_open(action="tests.rename", subject="book_1") == request
    services.withdraw(request_id=request.request_id, actor=ASKER, reason="Another title", now=timezone.now())
    assert selectors.find_open(action="tests.rename", subject="book_1") is None
    asked(given={"title": "Journals"})


def test_only_the_asker_withdraws(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    with pytest.raises(NotAllowedToAsk):
        services.withdraw(request_id=request.request_id, actor=controller.user.actor(), reason="No", now=timezone.now())


@pytest.mark.parametrize(
    "actor",
    [Actor("API_KEY", "key_1", frozenset({"TREASURY"})), Actor("STAFF", "x@holdfast.example", frozenset({"AUDITOR"}))],
)
def test_who_may_not_ask_is_refused(book: RenameABook, controller: staff.Person, actor: Actor) -> None:
    with pytest.raises(NotAllowedToAsk):
        asked(actor=actor)


def test_a_question_nobody_could_answer_is_not_put(book: RenameABook, controller: staff.Person) -> None:
    """The only controller is related to the party: better to hear it now than to wait for ever."""
    book.parties = frozenset({"prov_1"})
    affiliations.declare(
        email=controller.user.email, party_id="prov_1", nature="director", since=timezone.now().date(), actor=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(NobodyCanSign, match="Controller missing"):
        asked()


def test_nothing_is_signed_after_its_time(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    later = request.expires_at
    with pytest.raises(ApprovalClosed, match="expired"):
        services.sign(
            request_id=request.request_id, user=controller.user, digest=request.digest, code=code_of(controller),
            reason="", device="", origin="", now=later, present=timezone.now(),
        )  # fmt: skip
    assert services.expire_due(now=later - timedelta(seconds=1)) == 0
    assert services.expire_due(now=later) == 1
    assert services.expire_due(now=later) == 0
    assert selectors.get(request.request_id).state == "EXPIRED"


def test_an_effect_that_refuses_leaves_the_signature_and_says_why(book: RenameABook, controller: staff.Person) -> None:
    book.refuse = "the printer is on strike"
    request = signed(asked(), controller)
    assert (request.state, request.failure) == ("PENDING", "the printer is on strike")
    assert request.signatures.count() == 1
    with pytest.raises(ActionRefused, match="strike"):
        services.execute_again(request_id=request.request_id, user=controller.user, now=timezone.now())
    with pytest.raises(NotAllowedToSign):
        services.execute_again(request_id=request.request_id, user=staff.person("CONTROLLER").user, now=timezone.now())
    book.refuse = ""
    request = services.execute_again(request_id=request.request_id, user=controller.user, now=timezone.now())
    assert (request.state, request.failure) == ("EXECUTED", "")


def test_an_effect_tried_again_counts_anew(book: RenameABook, controller: staff.Person) -> None:
    staff.person("CONTROLLER")
    book.refuse = "the printer is on strike"
    request = signed(asked(), controller)
    book.refuse = ""
    people.close(user_id=controller.user.pk, reason="left", actor=SYSTEM, now=timezone.now())
    closed = User.objects.get(pk=controller.user.pk)
    with pytest.raises(ActionRefused):
        services.execute_again(request_id=request.request_id, user=closed, now=timezone.now())
    assert book.done == []


def test_an_object_that_cannot_be_read_is_not_asked_about(book: RenameABook, controller: staff.Person) -> None:
    book.shelf.clear()
    with pytest.raises(OutOfPrint):
        asked()


def test_a_card_number_in_a_reason_is_kept_nowhere(book: RenameABook, controller: staff.Person) -> None:
    request = signed(asked(), controller, reason="Refund of 4242 4242 4242 4242")
    kept = Signature.objects.get().reason
    assert "4242 4242 4242 4242" not in kept
    assert kept.startswith("Refund of 4242 42")
    assert not AuditEntry.objects.filter(subject=request.request_id, details__contains="4242 4242 4242").exists()


def test_what_was_asked_for_and_why_is_signed_too(book: RenameABook, controller: staff.Person) -> None:
    covered = asked().content
    assert (covered["given"], covered["reason"], covered["askedBy"]) == (
        {"title": "Ledgers"}, "It is about ledgers", "STAFF:asker@holdfast.example",
    )  # fmt: skip


def test_a_changed_object_is_told_to_the_layers_above(book: RenameABook, controller: staff.Person) -> None:
    request = asked()
    book.shelf["book_1"]["edition"] = 2
    with pytest.raises(ContentChanged):
        signed(request, controller)
    event = Event.objects.get(name="approvals.changed")
    assert (event.payload["request_id"], event.payload["voided"]) == (request.request_id, 0)
    assert AuditEntry.objects.get(action="approvals.request.changed").facts["changed"] == ["version.edition"]


def test_what_waits_is_measured_by_act(book: RenameABook, controller: staff.Person) -> None:
    from core.approvals import metrics

    assert metrics._pending()["tests.rename",] == 0
    asked()
    assert metrics._pending()["tests.rename",] == 1
    assert 0 <= metrics._oldest()["tests.rename",] < 60


def test_the_policy_of_the_moment_counts_not_the_one_it_was_asked_under(
    book: RenameABook, controller: staff.Person
) -> None:
    """Meanwhile it takes two controllers: the first signature is no longer the last one."""
    request = asked()
    administrator, officer = staff.person("ADMINISTRATOR"), staff.person("SECURITY_OFFICER")
    rules = [{"name": "two", "when": {}, "require": {"role": "CONTROLLER", "count": 2}}]
    change = services.ask(
        action="approvals.change_policy",
        subject="tests.rename",
        given={"document": {"expiresHours": 72, "rules": rules}},
        reason="Two are better",
        actor=administrator.user.actor(),
        now=timezone.now(),
    )
    assert signed(change, officer).state == "EXECUTED"
    assert signed(request, controller).state == "PENDING"
    assert signed(request, staff.person("CONTROLLER")).state == "EXECUTED"
