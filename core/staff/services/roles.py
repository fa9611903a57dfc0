"""Writing a new version of a role, or of the rules that keep duties apart. The newest version is in force."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.staff import permissions as catalogue
from core.staff import role_table, roles, roles_in_force
from core.staff.models import RoleAssignment, RoleVersion, Separation
from core.staff.models.roles import Origin
from core.staff.role_table import Role, Table

LONGEST_REASON = 300
_BY_PROGRAM = {"origin": Origin.SHIPPED, "reason": "shipped with the program", "written_by": str(SYSTEM)}


class UnableToChangeRole(Refusal):
    code = "ROLE_CHANGE_REFUSED"
    status = 409
    title = "The role cannot be changed so"


def install(*, now: datetime) -> None:
    """Bring what is shipped up to date after every migrate. What people changed on purpose stays as they made it."""
    with transaction.atomic():
        rules = Separation.objects.order_by("-id").first()
        pairs, money = [list(pair) for pair in roles.SHIPPED.pairs], sorted(roles.SHIPPED.money)
        if rules is None or (rules.origin == Origin.SHIPPED and (rules.pairs, rules.money) != (pairs, money)):
            Separation.objects.create(pairs=pairs, money=money, written_at=now, **_BY_PROGRAM)
        newest = {row.role: row for row in RoleVersion.objects.order_by("role", "-id").distinct("role")}
        for role in roles.ROLES.values():
            row = newest.get(role.code)
            if row is None or (row.origin == Origin.SHIPPED and roles_in_force.as_role(row) != role):
                RoleVersion.objects.create(**_columns(role), written_at=now, **_BY_PROGRAM)
    roles_in_force.forget_cache()


def objection(code: str, permissions: Iterable[str], *, table: Table) -> str:
    """Why this role cannot have exactly these permissions in this table; empty when it can."""
    if code not in table.roles:
        return f"There is no role {code}."
    wanted, known = frozenset(permissions), catalogue.known()
    for name in sorted(wanted):
        if why := catalogue.objection(name, known):
            return why
    return table.mixture(wanted) or _misfit(with_role(table, code, wanted))


def change(
    *, code: str, permissions: Iterable[str], reason: str, approval_id: str, actor: Actor, now: datetime
) -> RoleVersion:
    """Write what the role allows from now on. `approval_id` is the signed request (`staff.change_role`).

    Raises UnableToChangeRole for an unknown role or permission, or where somebody would hold what nobody may together.
    """
    wanted = frozenset(permissions) | {roles.ANY_STAFF}
    with transaction.atomic():
        table = roles_in_force.read()
        if why := objection(code, wanted, table=table):
            raise UnableToChangeRole(why)
        before = table.roles[code]
        row = RoleVersion.objects.create(
            **_columns(with_role(table, code, wanted).roles[code]),
            origin=Origin.CHANGED,
            reason=reason[:LONGEST_REASON],
            written_by=str(actor),
            written_at=now,
            approval_id=approval_id,
        )
        audit.record(
            actor=actor, action="staff.role.changed", subject=f"role:{code}", at=now,
            details={
                "given": sorted(wanted - before.permissions), "taken": sorted(before.permissions - wanted),
                "reason": reason, "approval": approval_id,
            },
        )  # fmt: skip
        transaction.on_commit(roles_in_force.forget_cache)
    return row


def separation_objection(pairs: Iterable[tuple[str, str]], money: Iterable[str], *, table: Table) -> str:
    """Why these cannot be the rules: a name nothing asks for, or a role or person they would forbid."""
    known = catalogue.known()
    wanted = Table(table.roles, tuple(pairs), frozenset(money))
    for name in [*(name for pair in wanted.pairs for name in pair), *sorted(wanted.money)]:
        if name not in known:
            return f"Nothing asks for {name}."
    for role in table.roles.values():
        if why := wanted.mixture(role.permissions):
            return f"{role.title}: {why}"
    return _misfit(wanted)


def change_separation(
    *,
    pairs: Iterable[tuple[str, str]],
    money: Iterable[str],
    reason: str,
    approval_id: str,
    actor: Actor,
    now: datetime,
) -> Separation:
    """Write which duties stay apart from now on. Raises UnableToChangeRole."""
    wanted_pairs, wanted_money = [(making, checking) for making, checking in pairs], sorted(set(money))
    with transaction.atomic():
        table = roles_in_force.read()
        if why := separation_objection(wanted_pairs, wanted_money, table=table):
            raise UnableToChangeRole(why)
        row: Separation = Separation.objects.create(
            pairs=[list(pair) for pair in wanted_pairs],
            money=wanted_money,
            origin=Origin.CHANGED,
            reason=reason[:LONGEST_REASON],
            written_by=str(actor),
            written_at=now,
            approval_id=approval_id,
        )
        audit.record(
            actor=actor, action="staff.separation.changed", subject="separation", at=now,
            details={
                "pairs_before": [list(pair) for pair in table.pairs], "pairs_after": row.pairs,
                "money_before": sorted(table.money), "money_after": row.money,
                "reason": reason, "approval": approval_id,
            },
        )  # fmt: skip
        transaction.on_commit(roles_in_force.forget_cache)
    return row


def with_role(table: Table, code: str, permissions: frozenset[str]) -> Table:
    """The table as it would be if the role had these permissions."""
    role = table.roles[code]
    fresh = Role(code, role.title, role.purpose, permissions, role.stands_alone)
    return Table({**table.roles, code: fresh}, table.pairs, table.money)


def _misfit(table: Table) -> str:
    """The first person whose roles this table would forbid."""
    held: dict[str, set[str]] = {}
    for email, code in RoleAssignment.objects.order_by("user_id").values_list("user__email", "role"):
        held.setdefault(email, set()).add(code)
    return next((f"{email}: {why}" for email, codes in held.items() if (why := table.conflict(codes))), "")


def _columns(role: role_table.Role) -> dict[str, object]:
    return {
        "role": role.code,
        "title": role.title,
        "purpose": role.purpose,
        "permissions": sorted(role.permissions),
        "stands_alone": role.stands_alone,
    }
