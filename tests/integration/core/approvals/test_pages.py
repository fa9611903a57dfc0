"""The inbox and the page of a request, as browsers see them."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.approvals import selectors
from core.approvals.models import Affiliation, PolicyVersion
from core.approvals.services import ask
from core.staff.services import people
from tests.factories import staff
from tests.factories.approvals import RenameABook, asked, code_of, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(controller: staff.Person) -> Client:
    """The controller's browser."""
    client = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"})
    staff.sign_in(client, controller.user)
    return client


def browser(person: staff.Person) -> Client:
    client = Client()
    staff.sign_in(client, person.user)
    return client


def sign_form(request: object, person: staff.Person, **changes: str) -> dict[str, str]:
    return {"verdict": "SIGN", "digest": request.digest, "code": code_of(person), "reason": "Read it", **changes}


class TestTheInbox:
    def test_what_i_may_sign_waits_for_me(self, book: RenameABook, desk: Client) -> None:
        asked()
        shown = desk.get("/admin/approvals/").content.decode()
        assert "Call book_1" in shown
        assert "Controller" in shown

    def test_what_i_signed_waits_for_others(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person, desk: Client
    ) -> None:
        book.shelf["book_1"]["pages"] = 500
        signed(asked(), controller)
        assert "Call book_1" not in desk.get("/admin/approvals/").content.decode()
        assert "Call book_1" in desk.get("/admin/approvals/?show=others").content.decode()
        assert "Call book_1" in browser(compliance).get("/admin/approvals/").content.decode()

    def test_who_can_do_nothing_with_it_does_not_see_it(self, book: RenameABook, desk: Client) -> None:
        request = asked()
        analyst = staff.signed_in("FRAUD_ANALYST")
        for show in ("me", "others", "all"):
            assert "Call book_1" not in analyst.get(f"/admin/approvals/?show={show}").content.decode()
        assert analyst.get(f"/admin/approvals/{request.request_id}/").status_code == 404
        assert analyst.post(f"/admin/approvals/{request.request_id}/sign/").status_code == 404
        assert "Call book_1" in staff.signed_in("AUDITOR").get("/admin/approvals/?show=all").content.decode()

    @pytest.mark.parametrize("show", ["me", "others", "all"])
    def test_a_longer_inbox_asks_no_more(
        self, book: RenameABook, desk: Client, django_assert_max_num_queries: object, show: str
    ) -> None:
        for number in range(12):
            book.shelf[f"book_{number}"] = {"title": "Untitled", "edition": 1, "pages": 100}
            ask(
                action="tests.rename", subject=f"book_{number}", given={"title": "x"}, reason="y", actor=SYSTEM,
                now=timezone.now(),
            )  # fmt: skip
        desk.get("/admin/approvals/")
        with django_assert_max_num_queries(16):
            assert desk.get(f"/admin/approvals/?show={show}").content.decode().count("Call book_") in (0, 12)


class TestOneRequest:
    def test_it_shows_what_is_covered_who_must_sign_and_when_it_ends(
        self, book: RenameABook, desk: Client, django_assert_max_num_queries: object
    ) -> None:
        request = asked()
        desk.get("/admin/approvals/")
        with django_assert_max_num_queries(22):
            shown = desk.get(f"/admin/approvals/{request.request_id}/").content.decode()
        for text in (
            "Ledgers",
            "Untitled",
            "It is about ledgers",
            "Still missing: Controller",
            "expires without effect",
        ):
            assert text in shown

    def test_signing_keeps_browser_address_and_reason(
        self, book: RenameABook, controller: staff.Person, desk: Client
    ) -> None:
        request = asked()
        answer = desk.post(f"/admin/approvals/{request.request_id}/sign/", sign_form(request, controller))
        assert answer.status_code == 302
        signature = request.signatures.get()
        assert signature.device.startswith("Firefox 133 on Linux, session ")
        assert (signature.origin, signature.reason) == ("127.0.0.1", "Read it")
        shown = desk.get(f"/admin/approvals/{request.request_id}/").content.decode()
        assert "Executed" in shown
        assert "Firefox 133 on Linux" in shown

    def test_a_changed_object_comes_back_with_the_difference(
        self, book: RenameABook, controller: staff.Person, desk: Client
    ) -> None:
        request = asked()
        book.shelf["book_1"]["edition"] = 2
        answer = desk.post(f"/admin/approvals/{request.request_id}/sign/", sign_form(request, controller))
        shown = answer.content.decode()
        assert answer.status_code == 409
        assert "Not signed: it has changed" in shown
        assert "Edition" in shown
        assert request.signatures.count() == 0
        fresh = selectors.get(request.request_id).digest
        assert fresh in shown
        desk.post(f"/admin/approvals/{request.request_id}/sign/", sign_form(request, controller, digest=fresh))
        assert selectors.get(request.request_id).state == "EXECUTED"

    def test_the_difference_stands_there_before_anybody_signs(self, book: RenameABook, desk: Client) -> None:
        request = asked()
        book.shelf["book_1"]["edition"] = 2
        shown = desk.get(f"/admin/approvals/{request.request_id}/").content.decode()
        assert "It has changed since" in shown
        assert request.digest not in shown

    def test_a_wrong_code_and_a_denial_without_reason_say_so(
        self, book: RenameABook, controller: staff.Person, desk: Client
    ) -> None:
        request = asked()
        address = f"/admin/approvals/{request.request_id}/sign/"
        wrong = desk.post(address, sign_form(request, controller, code="12345x"))
        assert wrong.status_code == 403
        assert "not accepted" in wrong.content.decode()
        silent = desk.post(address, sign_form(request, controller, verdict="DENY", reason=""))
        assert silent.status_code == 422
        assert desk.post(address, sign_form(request, controller, verdict="DENY")).status_code == 302
        assert selectors.get(request.request_id).state == "DENIED"

    def test_the_asker_takes_it_back_and_sees_no_sign_button(self, book: RenameABook, controller: staff.Person) -> None:
        treasurer = staff.person("TREASURY", email="asker@holdfast.example")
        client, request = browser(treasurer), asked()
        shown = client.get(f"/admin/approvals/{request.request_id}/").content.decode()
        assert 'data-key="s"' not in shown
        assert "Whoever asks does not sign" in shown
        client.post(f"/admin/approvals/{request.request_id}/withdraw/", {"reason": "Another title"})
        assert selectors.get(request.request_id).state == "WITHDRAWN"

    def test_two_accounts_in_one_browser_are_one_pair_of_hands(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person, desk: Client
    ) -> None:
        """The browser keeps its token over sign-ins; the reason stands where the button was."""
        book.shelf["book_1"]["pages"] = 500
        request, client = asked(), browser(compliance)
        desk.cookies[settings.HOLDFAST_DEVICE_COOKIE] = client.cookies[settings.HOLDFAST_DEVICE_COOKIE] = "t" * 43
        address = f"/admin/approvals/{request.request_id}/"
        assert desk.post(f"{address}sign/", sign_form(request, controller)).status_code == 302
        shown = client.get(address).content.decode()
        assert "has signed this in the same browser" in shown
        assert 'data-key="s"' not in shown
        answer = client.post(f"{address}sign/", sign_form(request, compliance))
        assert answer.status_code == 403
        client.cookies[settings.HOLDFAST_DEVICE_COOKIE] = "u" * 43
        assert client.post(f"{address}sign/", sign_form(request, compliance)).status_code == 302
        assert selectors.get(request.request_id).state == "EXECUTED"

    def test_who_is_not_named_reads_why(self, book: RenameABook, controller: staff.Person, desk: Client) -> None:
        other = staff.person("CONTROLLER", email="named@holdfast.example")
        book.signers = frozenset({other.user.email})
        request = asked()
        address = f"/admin/approvals/{request.request_id}/"
        assert "Only those named sign this: named@holdfast.example" in desk.get(address).content.decode()
        assert desk.post(f"{address}sign/", sign_form(request, controller)).status_code == 403

    def test_an_effect_that_refused_is_tried_again_from_the_page(
        self, book: RenameABook, controller: staff.Person, desk: Client
    ) -> None:
        book.refuse = "the printer is on strike"
        request = signed(asked(), controller)
        assert "on strike" in desk.get(f"/admin/approvals/{request.request_id}/").content.decode()
        book.refuse = ""
        desk.post(f"/admin/approvals/{request.request_id}/again/")
        assert selectors.get(request.request_id).state == "EXECUTED"

    def test_a_signature_that_no_longer_counts_says_why(
        self, book: RenameABook, controller: staff.Person, compliance: staff.Person
    ) -> None:
        book.shelf["book_1"]["pages"] = 500
        request = signed(asked(), controller)
        people.take_roles(user_id=controller.user.pk, roles=["CONTROLLER"], actor=SYSTEM, now=timezone.now())
        shown = browser(compliance).get(f"/admin/approvals/{request.request_id}/").content.decode()
        assert "The role it was given with is gone" in shown


class TestPolicies:
    def change(self, client: Client, document: str, **more: str) -> object:
        return client.post(
            "/admin/approval-policies/tests.rename/change/", {"document": document, "reason": "Two eyes more", **more}
        )

    def test_a_new_version_is_asked_for_signed_and_then_in_force(self, book: RenameABook, desk: Client) -> None:
        officer = staff.person("SECURITY_OFFICER")
        document = (
            '{"expiresHours": 4, "rules": [{"name": "all", "when": {}, "require": {"role": "CONTROLLER", "count": 2}}]}'
        )
        answer = self.change(staff.signed_in("ADMINISTRATOR"), document)
        assert answer.status_code == 302
        request = selectors.find_open(action="approvals.change_policy", subject="tests.rename")
        assert PolicyVersion.objects.filter(action="tests.rename").count() == 1
        signed(request, officer)
        version = PolicyVersion.objects.get(approval_id=request.request_id)
        assert version.document["rules"][0]["require"]["count"] == 2
        shown = browser(officer).get("/admin/approval-policies/tests.rename/").content.decode()
        assert "2 of Controller" in shown
        assert "4 hours" in shown

    @pytest.mark.parametrize(
        ("document", "said"),
        [
            ("{", "This is no JSON"),
            ('{"expiresHours": 1.5, "rules": []}', "1.5 is no whole number"),
            ('{"expiresHours": 1, "rules": []}', "Rules: a list of 1 to 20"),
            (
                '{"expiresHours": 1, "rules": [{"name": "a", "when": {}, "require": {"role": "POPE", "count": 1}}]}',
                "there is no role POPE",
            ),
        ],
    )
    def test_what_is_no_policy_is_not_asked_for(
        self, book: RenameABook, desk: Client, document: str, said: str
    ) -> None:
        answer = self.change(staff.signed_in("ADMINISTRATOR"), document)
        assert answer.status_code in (400, 422)
        assert said in answer.content.decode()
        assert selectors.find_open(action="approvals.change_policy", subject="tests.rename") is None

    def test_another_version_meanwhile_voids_the_signatures(self, book: RenameABook) -> None:
        """What would be replaced is part of what is signed."""
        policy = {"expiresHours": 5, "rules": RenameABook.policy["rules"]}
        staff.person("SECURITY_OFFICER")
        act = Actor("STAFF", "a@holdfast.example", frozenset({"ADMINISTRATOR"}))
        request = ask(
            action="approvals.change_policy", subject="tests.rename", given={"document": policy}, reason="x", actor=act,
            now=timezone.now(),
        )  # fmt: skip
        assert request.content["version"]["document"] == RenameABook.policy

    def test_the_list_names_every_act_with_its_signers(self, book: RenameABook, desk: Client) -> None:
        shown = desk.get("/admin/approval-policies/").content.decode()
        assert "Rename a book" in shown
        assert "thick: Controller and Compliance officer" in shown


class TestAffiliations:
    def test_compliance_declares_and_ends_one(self, controller: staff.Person, compliance: staff.Person) -> None:
        client = browser(compliance)
        form = {"email": controller.user.email, "party_id": "prov_1", "nature": "director", "since": "2026-03-02"}
        assert client.post("/admin/affiliations/declare/", form).status_code == 302
        row = Affiliation.objects.get()
        assert "director" in client.get("/admin/affiliations/").content.decode()
        client.post(f"/admin/affiliations/{row.pk}/end/", {"until": "2026-03-04"})
        row.refresh_from_db()
        assert (str(row.until), row.ended_by) == ("2026-03-04", "STAFF:compliance@holdfast.example")

    def test_others_only_look(self, controller: staff.Person, desk: Client) -> None:
        assert desk.get("/admin/affiliations/").status_code == 200
        assert desk.post("/admin/affiliations/declare/", {}).status_code == 403

    def test_a_relation_with_nobody_is_none(self, controller: staff.Person, compliance: staff.Person) -> None:
        form = {"email": controller.user.email, "nature": "director", "since": "2026-03-02"}
        answer = browser(compliance).post("/admin/affiliations/declare/", form)
        assert answer.status_code == 400
        assert "one party or one person" in answer.content.decode()
        assert not Affiliation.objects.exists()

    def test_nobody_ends_their_own(self, compliance: staff.Person) -> None:
        client = browser(compliance)
        form = {"email": compliance.user.email, "party_id": "prov_1", "nature": "director", "since": "2026-03-02"}
        client.post("/admin/affiliations/declare/", form)
        client.post(f"/admin/affiliations/{Affiliation.objects.get().pk}/end/", {"until": "2026-03-04"})
        assert Affiliation.objects.get().ended_at is None
