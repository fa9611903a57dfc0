"""What gives people power and so takes two: roles for a person, other permissions for a role, other rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.urls import reverse

from core.approvals.actions import Action, Content, Execution
from core.approvals.registry import register
from core.audit.chain import JSON
from core.staff import roles_in_force
from core.staff.models import RoleAssignment, RoleVersion, Separation, User
from core.staff.services import people, roles

SEPARATION = "separation"
_ONE_SECURITY_OFFICER: dict[str, JSON] = {
    "expiresHours": 72,
    "rules": [{"name": "usual", "when": {}, "require": {"permission": "staff.approve_role", "count": 1}}],
}


class AssignRoles(Action):
    """`subject` is the person's e-mail, `given` `{"roles": [codes to add]}`."""

    name: ClassVar[str] = "staff.assign_roles"
    title: ClassVar[str] = "Give roles to a person"
    ask_permission: ClassVar[str] = "staff.change_user"
    policy: ClassVar[Mapping[str, JSON]] = _ONE_SECURITY_OFFICER

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        user = User.objects.filter(email=subject).first()
        if user is None or not user.is_active:
            raise people.UnableToChangePerson("There is no open account of this address.")
        asked = _names(given.get("roles"))
        held = sorted(user.role_assignments.values_list("role", flat=True))
        if why := people.objection_to_giving(held=held, roles=asked):
            raise people.UnableToChangePerson(why)
        titles = [roles_in_force.read().roles[code].title for code in asked]
        return Content(
            summary=f"Give {user} the role {', '.join(titles)}",
            version={"person": user.email, "holds": list(held), "getsRoles": list(asked)},
            evidence={code: f"version {_newest(code).pk} of the role" for code in asked},
            facts={"roles": list(asked)},
            people=frozenset({user.email}),
            url=reverse("admin:staff_person", args=[user.pk]),
        )

    def effect(self, execution: Execution) -> None:
        user = User.objects.get(email=execution.subject)
        people.give_roles(
            user_id=user.pk,
            roles=_names(execution.given.get("roles")),
            approval_id=execution.request_id,
            actor=execution.asked_by,
            now=execution.now,
        )


class ChangeRole(Action):
    """`subject` is `role:<code>`, `given` `{"permissions": [all it shall have]}`. Who holds the role does not sign."""

    name: ClassVar[str] = "staff.change_role"
    title: ClassVar[str] = "Change what a role allows"
    ask_permission: ClassVar[str] = "staff.change_role"
    policy: ClassVar[Mapping[str, JSON]] = _ONE_SECURITY_OFFICER

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        code, wanted = _code(subject), _names(given.get("permissions"))
        table = roles_in_force.read()
        if why := roles.objection(code, wanted, table=table):
            raise roles.UnableToChangeRole(why)
        before = table.roles[code].permissions
        gains, loses = sorted(frozenset(wanted) - before), sorted(before - frozenset(wanted))
        if not gains and not loses:
            raise roles.UnableToChangeRole("This is what the role allows already.")
        holders = RoleAssignment.objects.filter(role=code).values_list("user__email", flat=True)
        return Content(
            summary=f"{table.roles[code].title}: {_difference(gains, loses)}"[:300],
            version={"role": code, "version": _newest(code).pk, "gains": list(gains), "loses": list(loses)},
            evidence={"separation": f"version {_newest_separation().pk} of the rules"},
            facts={"role": code, "gains": list(gains), "loses": list(loses)},
            people=frozenset(holders),
            url=reverse("admin:staff_role", args=[code]),
        )

    def effect(self, execution: Execution) -> None:
        roles.change(
            code=_code(execution.subject),
            permissions=_names(execution.given.get("permissions")),
            reason=execution.reason,
            approval_id=execution.request_id,
            actor=execution.asked_by,
            now=execution.now,
        )


class ChangeSeparation(Action):
    """`subject` is `separation`, `given` `{"pairs": [[making, checking]], "money": [verbs]}`."""

    name: ClassVar[str] = "staff.change_separation"
    title: ClassVar[str] = "Change which duties stay apart"
    ask_permission: ClassVar[str] = "staff.change_role"
    policy: ClassVar[Mapping[str, JSON]] = _ONE_SECURITY_OFFICER

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        pairs, money = _pairs(given.get("pairs")), _names(given.get("money"))
        if subject != SEPARATION:
            raise roles.UnableToChangeRole("There is one set of rules.")
        if why := roles.separation_objection(pairs, money, table=roles_in_force.read()):
            raise roles.UnableToChangeRole(why)
        current = _newest_separation()
        return Content(
            summary="Change which duties stay apart",
            version={
                "version": current.pk,
                "pairs": [list(pair) for pair in pairs],
                "money": list(money),
                "pairsBefore": current.pairs,
                "moneyBefore": current.money,
            },
            url=reverse("admin:staff_roles_table"),
        )

    def effect(self, execution: Execution) -> None:
        roles.change_separation(
            pairs=_pairs(execution.given.get("pairs")),
            money=_names(execution.given.get("money")),
            reason=execution.reason,
            approval_id=execution.request_id,
            actor=execution.asked_by,
            now=execution.now,
        )


def _names(value: Any) -> list[str]:
    """The sorted texts of a list; anything else is refused."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value) or not value:
        raise roles.UnableToChangeRole("A list of names is needed.")
    return sorted(set(value))


def _pairs(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise roles.UnableToChangeRole("A list of pairs is needed.")
    return [(str(making), str(checking)) for making, checking in value]


def _code(subject: str) -> str:
    return subject.removeprefix("role:")


def _newest(code: str) -> RoleVersion:
    return RoleVersion.objects.filter(role=code).latest("id")


def _newest_separation() -> Separation:
    return Separation.objects.latest("id")


def _difference(gains: list[str], loses: list[str]) -> str:
    return "; ".join(f"{word} {', '.join(names)}" for word, names in (("gains", gains), ("loses", loses)) if names)


register(AssignRoles())
register(ChangeRole())
register(ChangeSeparation())
