"""Power over others takes two people: one asks, a security officer signs, and then it holds."""

import pytest
from django.test import Client

from core.actors import SYSTEM
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.audit.models import AuditEntry
from core.staff import presence, roles, roles_in_force
from core.staff.models import RoleAssignment, RoleVersion, Separation, User
from core.staff.services import people
from tests.factories import staff
from tests.integration.core.staff.conftest import code_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> staff.Person:
    return staff.person("ADMINISTRATOR", email="adm@holdfast.example")


@pytest.fixture
def officer() -> staff.Person:
    return staff.person("SECURITY_OFFICER", email="sec@holdfast.example")


@pytest.fixture
def robin() -> staff.Person:
    return staff.person(email="robin@holdfast.example")


def ask(asker: staff.Person, action: str, subject: str, given: dict) -> ApprovalRequest:
    return approvals.ask(
        action=action,
        subject=subject,
        given=given,
        reason="joins the team",
        actor=User.objects.get(pk=asker.user.pk).actor(),
        now=presence.present(),
    )


def sign(request: ApprovalRequest, signer: staff.Person) -> ApprovalRequest:
    return approvals.sign(
        request_id=request.request_id,
        user=User.objects.get(pk=signer.user.pk),
        digest=request.digest,
        code=code_of(signer),
        reason="known to me",
        device="test",
        origin="192.0.2.1",
        now=presence.present(),
    )


def roles_of(person: staff.Person) -> frozenset[str]:
    return User.objects.get(pk=person.user.pk).roles


class TestGiving:
    def test_role_follows_the_signature_and_names_it(self, admin, officer, robin) -> None:
        client = Client()
        staff.sign_in(client, robin.user)
        request = ask(admin, "staff.assign_roles", "robin@holdfast.example", {"roles": ["TREASURY", "AUDITOR"]})
        assert client.get("/admin/accounts/").status_code == 403

        assert sign(request, officer).state == "EXECUTED"

        assert roles_of(robin) == {"TREASURY", "AUDITOR"}
        assert client.get("/admin/accounts/").status_code == 200
        given = RoleAssignment.objects.get(user=robin.user, role="TREASURY")
        assert (given.assigned_by, given.approval_id) == ("STAFF:adm@holdfast.example", request.request_id)
        audited = AuditEntry.objects.filter(action="staff.roles.assigned", subject="robin@holdfast.example").latest(
            "id"
        )
        assert audited.facts == {"before": [], "after": ["AUDITOR", "TREASURY"], "approval": request.request_id}

    def test_one_person_alone_gives_nothing(self, admin, officer, robin) -> None:
        request = ask(admin, "staff.assign_roles", "robin@holdfast.example", {"roles": ["TREASURY"]})

        with pytest.raises(approvals.NotAllowedToSign):
            sign(request, admin)
        with pytest.raises(people.UnableToChangePerson, match="second person"):
            people.give_roles(
                user_id=robin.user.pk, roles=["TREASURY"], actor=admin.user.actor(), now=presence.present()
            )

        assert not roles_of(robin)

    def test_who_gets_the_role_does_not_sign(self, admin, officer) -> None:
        """Two officers: one gets nothing more anyway, but the rule does not depend on that."""
        second = staff.person("SECURITY_OFFICER", email="two@holdfast.example")
        third = staff.person(email="three@holdfast.example")
        request = ask(admin, "staff.assign_roles", third.user.email, {"roles": ["SECURITY_OFFICER"]})
        people.give_roles(
            user_id=third.user.pk,
            roles=["SECURITY_OFFICER"],
            actor=SYSTEM,
            now=presence.present(),
        )

        with pytest.raises(approvals.NotAllowedToSign):
            sign(request, third)
        assert second.user.pk != officer.user.pk

    @pytest.mark.parametrize("role", ["TREASURY", "AUDITOR", "SECURITY_OFFICER"])
    def test_who_may_not_ask(self, officer, robin, role: str) -> None:
        with pytest.raises(approvals.NotAllowedToAsk):
            ask(staff.person(role), "staff.assign_roles", robin.user.email, {"roles": ["AUDITOR"]})

    @pytest.mark.parametrize(
        ("held", "asked", "why"),
        [
            (["ADMINISTRATOR"], ["AUDITOR"], "combined"),
            (["FRAUD_ANALYST"], ["FRAUD_LEAD"], "make and check"),
            (["AUDITOR"], ["AUDITOR"], "already"),
            ([], ["KING"], "no role KING"),
        ],
    )
    def test_roles_that_do_not_go_together_are_not_even_asked(self, admin, officer, held, asked, why) -> None:
        person = staff.person(*held)
        with pytest.raises(people.UnableToChangePerson, match=why):
            ask(admin, "staff.assign_roles", person.user.email, {"roles": asked})

    def test_roles_that_changed_meanwhile_void_the_question(self, admin, officer, robin) -> None:
        request = ask(admin, "staff.assign_roles", robin.user.email, {"roles": ["TREASURY"]})
        people.give_roles(user_id=robin.user.pk, roles=["AUDITOR"], actor=SYSTEM, now=presence.present())

        with pytest.raises(approvals.ContentChanged):
            sign(request, officer)

        assert roles_of(robin) == {"AUDITOR"}

    def test_nobody_gets_a_role_after_the_account_was_closed(self, admin, officer, robin) -> None:
        request = ask(admin, "staff.assign_roles", robin.user.email, {"roles": ["TREASURY"]})
        people.close(user_id=robin.user.pk, reason="left", actor=admin.user.actor(), now=presence.present())

        with pytest.raises(Exception, match="open account"):
            sign(request, officer)
        assert not roles_of(robin)


class TestTaking:
    def test_takes_one_person_and_holds_from_the_next_request(self, robin) -> None:
        person, client = staff.person("AUDITOR", "COMPLIANCE"), Client()
        staff.sign_in(client, person.user)
        assert client.get("/admin/access-log/").status_code == 200

        for role in ("AUDITOR", "COMPLIANCE"):
            staff.signed_in("ADMINISTRATOR").post(f"/admin/staff/{person.user.pk}/roles/take/", {"role": role})

        assert client.get("/admin/access-log/").status_code == 403
        entry = AuditEntry.objects.filter(action="staff.roles.assigned", subject=person.user.email).latest("id")
        assert entry.facts == {"before": ["COMPLIANCE"], "after": []}

    def test_nobody_takes_their_own(self, admin) -> None:
        with pytest.raises(people.UnableToChangePerson):
            people.take_roles(
                user_id=admin.user.pk, roles=["ADMINISTRATOR"], actor=admin.user.actor(), now=presence.present()
            )

    @pytest.mark.parametrize("role", ["TREASURY", "AUDITOR", "SECURITY_OFFICER"])
    def test_only_administrators_do(self, role: str) -> None:
        person = staff.person("AUDITOR")
        answer = staff.signed_in(role).post(f"/admin/staff/{person.user.pk}/roles/take/", {"role": "AUDITOR"})
        assert answer.status_code == 403
        assert roles_of(person) == {"AUDITOR"}


class TestChangingARole:
    def test_role_allows_more_when_signed(self, admin, officer) -> None:
        wanted = sorted(roles.ROLES["ON_CALL"].permissions - {"work.retry_item"} | {"audit.view_auditentry"})
        request = ask(admin, "staff.change_role", "role:ON_CALL", {"permissions": wanted})
        assert not roles.grants(["ON_CALL"], "audit.view_auditentry")

        sign(request, officer)

        roles_in_force.forget_cache()
        assert roles.grants(["ON_CALL"], "audit.view_auditentry")
        assert not roles.grants(["ON_CALL"], "work.retry_item")
        row = RoleVersion.objects.filter(role="ON_CALL").latest("id")
        assert (row.origin, row.written_by, row.approval_id) == (
            "CHANGED",
            "STAFF:adm@holdfast.example",
            request.request_id,
        )
        entry = AuditEntry.objects.get(action="staff.role.changed")
        assert (entry.facts["given"], entry.facts["taken"]) == (["audit.view_auditentry"], ["work.retry_item"])

    @pytest.mark.parametrize(
        ("code", "name", "why"),
        [
            ("TREASURY", "payments.refund_paymnet", "Nothing asks for"),
            ("TREASURY", "ledger.approve_adjustment", "make and check"),
            ("TREASURY", "staff.change_user", "people and over money"),
            ("ADMINISTRATOR", "payments.refund_payment", "people and over money"),
            ("KING", "payments.refund_payment", "no role KING"),
        ],
    )
    def test_what_no_role_may_have_is_not_even_asked(self, admin, officer, code, name, why) -> None:
        held = roles.ROLES[code].permissions if code in roles.ROLES else frozenset()
        with pytest.raises(Exception, match=why):
            ask(admin, "staff.change_role", f"role:{code}", {"permissions": sorted({*held, name})})

    def test_a_change_that_somebodys_roles_would_break_names_them(self, admin, officer) -> None:
        staff.person("TREASURY", "AUDITOR", email="both@holdfast.example")
        wanted = ["*.view_*", roles.ANY_STAFF, "ledger.approve_adjustment"]
        with pytest.raises(Exception, match=r"both@holdfast\.example"):
            ask(admin, "staff.change_role", "role:AUDITOR", {"permissions": wanted})

    def test_officers_cannot_widen_their_own_role(self, admin, officer) -> None:
        wanted = sorted(roles.ROLES["SECURITY_OFFICER"].permissions | {"parameters.view_parameter"})
        with pytest.raises(approvals.NobodyCanSign):
            ask(admin, "staff.change_role", "role:SECURITY_OFFICER", {"permissions": wanted})

    def test_rules_change_when_signed(self, admin, officer) -> None:
        pairs = [list(pair) for pair in roles.MAKER_AND_CHECKER] + [["work.retry_item", "audit.view_access"]]
        given = {"pairs": pairs, "money": sorted(roles.MONEY)}

        sign(ask(admin, "staff.change_separation", "separation", given), officer)

        assert Separation.objects.latest("id").pairs == pairs
        assert "make and check" in roles_in_force.read().mixture(frozenset({"work.retry_item", "audit.view_access"}))

    def test_rules_that_a_role_breaks_are_not_asked(self, admin, officer) -> None:
        given = {"pairs": [["payments.refund_payment", "payments.cancel_payment"]], "money": ["payments.clear_break"]}
        with pytest.raises(Exception, match="Treasury operator"):
            ask(admin, "staff.change_separation", "separation", given)


def test_matrix_shows_roles_rules_and_holders(django_assert_max_num_queries) -> None:
    staff.person("TREASURY", full_name="Tess Treasury")
    client = staff.signed_in("ADMINISTRATOR")
    with django_assert_max_num_queries(11):
        page = client.get("/admin/staff/roles/").content.decode()
    assert "payments.refund_payment" in page
    assert "ledger.ask_adjustment" in page.partition("Never together")[2]
    with django_assert_max_num_queries(14):
        assert "Tess Treasury" in client.get("/admin/staff/roles/TREASURY/").content.decode()
    assert client.get("/admin/staff/roles/KING/").status_code == 404
