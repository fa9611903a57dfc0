"""Roles are rows: the newest version is in force, duties stay apart in the database too, an upgrade keeps changes."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.actors import SYSTEM
from core.database.refusals import refusal_name
from core.staff import permissions, roles, roles_in_force
from core.staff.models import RoleAssignment, RoleVersion, Separation
from core.staff.role_table import Table
from core.staff.services import roles as role_service
from tests.factories import staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def write(code: str, *names: str, **changes: Any) -> RoleVersion:
    """A version as the program itself would write it."""
    columns = {
        "role": code,
        "title": code,
        "purpose": "",
        "permissions": [roles.ANY_STAFF, *names],
        "stands_alone": False,
        "origin": "CHANGED",
        "reason": "test",
        "written_by": str(SYSTEM),
        "written_at": NOW,
    }
    row = RoleVersion.objects.create(**columns | changes)
    roles_in_force.forget_cache()
    return row


def assign(person: staff.Person, code: str, **changes: Any) -> RoleAssignment:
    columns = {"role": code, "assigned_by": str(SYSTEM), "assigned_at": NOW}
    return RoleAssignment.objects.create(user=person.user, **columns | changes)


def refused(act: Callable[[], object]) -> str | None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        act()
    return refusal_name(caught.value)


def test_what_is_shipped_is_installed() -> None:
    assert roles_in_force.read() == Table(
        {code: roles.ROLES[code] for code in sorted(roles.ROLES)}, roles.MAKER_AND_CHECKER, roles.MONEY
    )


def test_the_newest_version_is_in_force_and_no_other() -> None:
    write("AUDITOR", "staff.view_user")

    assert roles.grants(["AUDITOR"], "staff.view_user")
    assert not roles.grants(["AUDITOR"], "ledger.view_entry")


def test_a_process_reads_the_rows_again_after_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(roles_in_force.time, "monotonic", lambda: now)
    assert roles.grants(["AUDITOR"], "ledger.view_entry")
    RoleVersion.objects.bulk_create(
        [
            RoleVersion(
                role="AUDITOR", title="A", purpose="", permissions=[], stands_alone=False, origin="CHANGED",
                reason="x", written_by=str(SYSTEM), written_at=NOW,
            )
        ]
    )  # fmt: skip

    now += 4.9
    assert roles.grants(["AUDITOR"], "ledger.view_entry")
    now += 0.2
    assert not roles.grants(["AUDITOR"], "ledger.view_entry")


def test_a_table_nobody_can_read_allows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Table:
        raise DatabaseError

    monkeypatch.setattr(roles_in_force, "read", fails)

    assert not roles.grants(["AUDITOR"], "ledger.view_entry")
    assert not roles.reaches(["AUDITOR"], "ledger")


class TestUpgrade:
    def test_shipped_permission_arrives_with_the_upgrade(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = RoleVersion.objects.count()
        newer = replace(roles.ROLES["ON_CALL"], permissions=roles.ROLES["ON_CALL"].permissions | {"api.view_key"})
        monkeypatch.setitem(roles.ROLES, "ON_CALL", newer)

        role_service.install(now=NOW)
        role_service.install(now=NOW)

        assert RoleVersion.objects.count() == before + 1
        assert roles.grants(["ON_CALL"], "api.view_key")

    def test_role_changed_on_purpose_is_kept_and_the_difference_shown(self) -> None:
        write("ON_CALL", "payments.view_payment", "api.view_key")

        role_service.install(now=NOW)

        assert not roles.grants(["ON_CALL"], "switches.change_switch")
        page = staff.signed_in("ADMINISTRATOR").get("/admin/staff/roles/ON_CALL/").content.decode()
        assert "Different from what is shipped" in page
        assert "api.view_key" in page.partition("Different from what is shipped")[2].partition("Without")[0]
        assert "switches.change_switch" in page.partition("Without")[2].partition("</p>")[0]


class TestDatabase:
    def test_a_role_with_both_of_a_pair(self) -> None:
        act = lambda: write("TREASURY", "ledger.ask_adjustment", "ledger.approve_adjustment")  # noqa: E731
        assert refused(act) == "nobody_makes_and_checks"

    def test_a_role_over_people_and_money(self) -> None:
        act = lambda: write("TREASURY", "staff.change_user", "payments.refund_payment")  # noqa: E731
        assert refused(act) == "power_over_people_is_none_over_money"

    def test_views_of_people_are_no_power_over_them(self) -> None:
        assert write("TREASURY", "staff.view_user", "payments.refund_payment").pk

    def test_a_version_that_breaks_what_somebody_holds(self) -> None:
        staff.person("TREASURY", "AUDITOR")
        assert refused(lambda: write("AUDITOR", "ledger.approve_adjustment")) == "nobody_makes_and_checks"

    def test_a_version_that_stands_alone_while_somebody_holds_two(self) -> None:
        staff.person("TREASURY", "AUDITOR")
        act = lambda: write("AUDITOR", "payments.view_*", stands_alone=True)  # noqa: E731
        assert refused(act) == "role_that_stands_alone_is_alone"

    def test_rules_that_a_role_breaks(self) -> None:
        columns = {"money": [], "origin": "CHANGED", "reason": "x", "written_by": str(SYSTEM), "written_at": NOW}
        pair = ["payments.refund_payment", "payments.cancel_payment"]
        assert refused(lambda: Separation.objects.create(pairs=[pair], **columns)) == "nobody_makes_and_checks"

    @pytest.mark.parametrize("name", ["payments.*", "*.refund_payment", "*", "payments", "payments.refund_*", ""])
    def test_a_pattern_over_verbs(self, name: str) -> None:
        assert refused(lambda: write("TREASURY", name)) == "permission_names_one_verb_or_views"

    def test_a_second_role_beside_one_that_stands_alone(self) -> None:
        person = staff.person("ADMINISTRATOR")
        assert refused(lambda: assign(person, "AUDITOR")) == "role_that_stands_alone_is_alone"

    def test_maker_and_checker_in_one_person(self) -> None:
        person = staff.person("FRAUD_ANALYST")
        assert refused(lambda: assign(person, "FRAUD_LEAD")) == "nobody_makes_and_checks"

    def test_two_roles_in_one_statement_see_each_other(self) -> None:
        rows = [
            RoleAssignment(user=staff.person().user, role=code, assigned_by=str(SYSTEM), assigned_at=NOW)
            for code in ("FRAUD_ANALYST", "FRAUD_LEAD")
        ]
        rows[1].user = rows[0].user
        assert refused(lambda: RoleAssignment.objects.bulk_create(rows)) == "nobody_makes_and_checks"

    def test_a_role_nobody_wrote(self) -> None:
        assert refused(lambda: assign(staff.person(), "KING")) == "assigned_role_exists"

    def test_an_assignment_is_never_rewritten(self) -> None:
        person = staff.person("AUDITOR")
        act = lambda: person.user.role_assignments.update(role="TREASURY")  # noqa: E731
        assert refused(act) == "role_is_given_or_taken"

    @pytest.mark.parametrize("approval", ["", "apr_nothing"])
    def test_a_role_that_a_person_gave_without_a_signed_request(self, approval: str) -> None:
        person = staff.person()
        act = lambda: assign(person, "AUDITOR", assigned_by="STAFF:x@y.example", approval_id=approval)  # noqa: E731
        assert refused(act) == "act_is_approved"

    def test_a_version_and_a_rule_without_a_signed_request(self) -> None:
        assert refused(lambda: write("AUDITOR", written_by="STAFF:x@y.example")) == "act_is_approved"
        columns = {"pairs": [], "money": [], "origin": "CHANGED", "reason": "x", "written_at": NOW}
        act = lambda: Separation.objects.create(written_by="STAFF:x@y.example", **columns)  # noqa: E731
        assert refused(act) == "act_is_approved"

    def test_without_rules_nobody_gets_anything(self) -> None:
        person = staff.person()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("DELETE FROM staff_separation")
            cursor.execute("SET LOCAL session_replication_role = origin")
        assert refused(lambda: assign(person, "AUDITOR")) == "nobody_makes_and_checks"
        assert not roles_in_force.read().grants(["AUDITOR"], "ledger.view_entry")


@pytest.mark.django_db(transaction=True)
def test_a_role_that_grows_and_a_person_who_gets_it_at_that_moment_see_each_other() -> None:
    """Each alone would fit; together somebody would both ask for adjustments and approve them."""
    person, grown, answers = staff.person("TREASURY"), threading.Event(), []

    def give() -> None:
        grown.wait(10)
        try:
            assign(person, "AUDITOR")
        except DatabaseError as error:
            answers.append(refusal_name(error))
        finally:
            connection.close()

    thread = threading.Thread(target=give)
    thread.start()
    with transaction.atomic():
        write("AUDITOR", "ledger.approve_adjustment")
        grown.set()
        thread.join(0.5)
        assert thread.is_alive(), "the assignment did not wait for the version"
    thread.join()

    assert answers == ["nobody_makes_and_checks"]


class TestCatalogue:
    def test_knows_what_pages_and_records_ask_for(self) -> None:
        assert {"staff.view_user", "payments.view_payment", "audit.view_auditentry"} <= permissions.known()

    @pytest.mark.parametrize(
        ("name", "known"),
        [
            ("payments.refund_payment", True),
            ("payments.view_*", True),
            ("*.view_*", True),
            ("payments.refund_paymnet", False),
            ("paymnets.view_*", False),
            ("payments.*", False),
        ],
    )
    def test_misspelt_permission_is_refused(self, name: str, known: bool) -> None:
        assert (permissions.objection(name, permissions.known()) == "") is known

    def test_every_shipped_pattern_covers_something(self) -> None:
        names = permissions.known()
        patterns = {name for role in roles.ROLES.values() for name in role.permissions if name.endswith("*")}
        # Apps that bring their pages later than their roles are named here.
        assert {name for name in patterns if permissions.objection(name, names)} <= {"webhooks.view_*"}
