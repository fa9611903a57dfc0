"""The role table: deny by default, makers are not checkers, administrators have no money."""

import pytest
from django.conf import settings

from core.staff import roles
from core.staff.management.commands import roles_table

MONEY = ("payments.", "escrow.", "ledger.", "ach.", "fraud.", "compliance.")


def test_nothing_is_allowed_without_a_role() -> None:
    assert not roles.SHIPPED.grants([], roles.ANY_STAFF)
    assert not roles.SHIPPED.grants(["NO_SUCH_ROLE"], roles.ANY_STAFF)


def test_permission_no_role_lists_belongs_to_nobody() -> None:
    assert not roles.SHIPPED.grants(roles.ROLES, "payments.print_money")


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("FRAUD_ANALYST", "fraud.decide_case", True),
        ("FRAUD_ANALYST", "fraud.publish_rule", False),
        ("FRAUD_ANALYST", "payments.refund_payment", False),
        ("TREASURY", "payments.refund_payment", True),
        ("TREASURY", "ledger.view_posting", True),
        ("TREASURY", "fraud.decide_case", False),
        ("COMPLIANCE", "audit.view_auditentry", True),
        ("ON_CALL", "switches.change_switch", True),
        ("ON_CALL", "ledger.view_posting", False),
        ("AUDITOR", "vault.view_cardtoken", True),
        ("ADMINISTRATOR", "staff.change_user", True),
        ("ADMINISTRATOR", "payments.view_payment", False),
    ],
)
def test_who_may_do_what(role: str, permission: str, allowed: bool) -> None:
    assert roles.SHIPPED.grants([role], permission) is allowed


def test_auditor_changes_nothing() -> None:
    others = {permission for role in roles.ROLES.values() for permission in role.permissions}
    allowed = {permission for permission in others if roles.SHIPPED.grants(["AUDITOR"], permission)}

    looking = {"view", "verify", "export"}  # proving the record and taking a list out change nothing
    assert {permission.partition(".")[2].partition("_")[0] for permission in allowed} == looking


def test_patterns_cover_views_only() -> None:
    """A wildcard that covered verbs would hand out powers nobody decided to give."""
    for role in roles.ROLES.values():
        for permission in role.permissions:
            assert "*" not in permission or permission.endswith(".view_*"), permission


def test_administrators_have_no_power_over_money() -> None:
    assert not [name for name in roles.ROLES["ADMINISTRATOR"].permissions if name.startswith(MONEY)]
    assert not roles.SHIPPED.grants(["ADMINISTRATOR"], "payments.view_payment")


def test_no_role_makes_and_checks() -> None:
    for code in roles.ROLES:
        assert roles.SHIPPED.conflict([code]) == ""


def test_roles_that_cannot_be_held_together() -> None:
    assert "combined" in roles.SHIPPED.conflict(["ADMINISTRATOR", "TREASURY"])
    assert "make and check" in roles.SHIPPED.conflict(["FRAUD_ANALYST", "FRAUD_LEAD"])
    assert roles.SHIPPED.conflict(["AUDITOR", "COMPLIANCE"]) == ""
    assert roles.SHIPPED.conflict(["KING"]) == "There is no role KING."


def test_power_over_people_and_over_money_do_not_meet() -> None:
    """Not within a role, and not in what somebody would hold together."""
    for role in roles.ROLES.values():
        assert roles.SHIPPED.mixture(role.permissions) == ""
    mixed = frozenset({"staff.change_user", "payments.refund_payment"})
    assert "people and over money" in roles.SHIPPED.mixture(mixed)
    assert roles.SHIPPED.mixture(frozenset({"staff.view_user", "payments.refund_payment"})) == ""


def test_who_stands_alone_is_said_in_the_row_itself() -> None:
    assert {role.code for role in roles.ROLES.values() if role.stands_alone} == roles.ALONE


def test_verbs_over_money_are_verbs_some_role_has() -> None:
    written = {name for role in roles.ROLES.values() for name in role.permissions}
    assert written >= roles.MONEY


def test_published_table_is_the_one_in_force() -> None:
    written = (settings.BASE_DIR / "docs" / "roles.md").read_text()

    assert written == roles_table.document(), "run: manage.py roles_table > docs/roles.md"
