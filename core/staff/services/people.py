"""Accounts and their roles. Administrators ask for roles and take them away; giving one takes a second person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox
from core.staff import roles_in_force
from core.staff.events import DormantAccountClosed
from core.staff.models import RoleAssignment, StaffSession, User
from core.staff.services import authenticators, counters, passkeys, passwords, recovery


class UnableToChangePerson(Refusal):
    code = "STAFF_CHANGE_REFUSED"
    status = 409
    title = "The account cannot be changed"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new or reset account. `password` is known here only, at this moment."""

    user: User
    password: str


def create(
    *,
    email: str,
    full_name: str,
    must_change_password: bool,
    actor: Actor,
    now: datetime,
    roles: Iterable[str] = (),
) -> Issued:
    """Open an account. Only the program itself may open one that has `roles` already.

    Raises UnableToChangePerson for a known address or roles that exclude each other.
    """
    wanted = frozenset(roles)
    with transaction.atomic():
        try:
            with transaction.atomic():
                user = User.objects.create_user(email=email, full_name=full_name)
        except IntegrityError:
            raise UnableToChangePerson("An account with this address exists.") from None
        audit.record(actor=actor, action="staff.account.opened", subject=user.email, at=now)
        password = passwords.issue(user=user, must_change=must_change_password, actor=actor, now=now)
        if wanted:
            give_roles(user_id=user.pk, roles=wanted, actor=actor, now=now)
    return Issued(User.objects.get(pk=user.pk), password)


def objection_to_giving(*, held: Iterable[str], roles: Iterable[str]) -> str:
    """Why somebody who holds `held` cannot be given `roles` as well; empty when they can."""
    wanted, has = frozenset(roles), frozenset(held)
    if not wanted - has:
        return "The person holds these roles already."
    return roles_in_force.read().conflict(wanted | has)


def give_roles(*, user_id: int, roles: Iterable[str], actor: Actor, now: datetime, approval_id: str = "") -> None:
    """Add roles; they hold from the person's next request. Only the program itself does so without a signed request.

    Raises UnableToChangePerson without one, for oneself, or for roles that exclude each other.
    """
    if actor.kind != SYSTEM.kind and not approval_id:
        raise UnableToChangePerson("A second person signs before anybody gets a role.")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if _is_same_person(actor, user):
            raise UnableToChangePerson("Nobody changes their own roles.")
        held = set(user.role_assignments.values_list("role", flat=True))
        wanted = frozenset(roles)
        if why := objection_to_giving(held=held, roles=wanted):
            raise UnableToChangePerson(why)
        RoleAssignment.objects.bulk_create(
            [
                RoleAssignment(user=user, role=role, assigned_by=str(actor), assigned_at=now, approval_id=approval_id)
                for role in sorted(wanted - held)
            ]
        )
        _record_roles(user, held, held | wanted, actor=actor, now=now, approval=approval_id)


def take_roles(*, user_id: int, roles: Iterable[str], actor: Actor, now: datetime) -> None:
    """Take roles away at once: the safe direction, one person is enough. Raises UnableToChangePerson for oneself."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if _is_same_person(actor, user):
            raise UnableToChangePerson("Nobody changes their own roles.")
        held = set(user.role_assignments.values_list("role", flat=True))
        taken = held & frozenset(roles)
        if not taken:
            raise UnableToChangePerson("The person holds none of these roles.")
        RoleAssignment.objects.filter(user=user, role__in=taken).delete()
        _record_roles(user, held, held - taken, actor=actor, now=now)


def close(*, user_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """The person cannot sign in any more; sessions end with the next request."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if _is_same_person(actor, user):
            raise UnableToChangePerson("Nobody closes their own account.")
        user.is_active = False
        user.save(update_fields=["is_active"])
        StaffSession.objects.filter(user=user).delete()
        audit.record(actor=actor, action="staff.account.closed", subject=user.email, at=now, details={"reason": reason})


def close_dormant(*, user_id: int, limit: timedelta, now: datetime) -> bool:
    """Close an account nobody has signed in to for longer than `limit`; False where somebody has by now."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        since = user.last_login or user.created_at
        if not user.is_active or since + limit >= now:
            return False
        user.is_active = False
        user.save(update_fields=["is_active"])
        StaffSession.objects.filter(user=user).delete()
        audit.record(
            actor=SYSTEM, action="staff.account.closed", subject=user.email, at=now,
            details={"reason": f"no sign-in for {limit.days} days", "last_active": since.isoformat()},
        )  # fmt: skip
        outbox.publish(DormantAccountClosed(person=user.email, closed_at=now))
    return True


def reset(*, user_id: int, actor: Actor, now: datetime) -> Issued:
    """For a lost password or telephone: new password to be changed, enrolment anew, lock and closure lifted."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if _is_same_person(actor, user):
            raise UnableToChangePerson("Another administrator resets your account.")
        # The 90 days without a sign-in begin anew with the reset.
        user.is_active, user.last_login = True, None
        user.created_at = now
        user.save(update_fields=["is_active", "last_login", "created_at"])
        authenticators.forget(user=user)
        recovery.forget(user=user)
        passkeys.forget(user=user)
        StaffSession.objects.filter(user=user).delete()
        counters.clear(subject=counters.account(user.email))
        audit.record(actor=actor, action="staff.account.reset", subject=user.email, at=now)
        password = passwords.issue(user=user, must_change=True, actor=actor, now=now)
    user.refresh_from_db()
    return Issued(user, password)


def _record_roles(
    user: User, before: set[str], after: set[str] | frozenset[str], *, actor: Actor, now: datetime, approval: str = ""
) -> None:
    details: dict[str, JSON] = {"before": sorted(before), "after": sorted(after)}
    audit.record(
        actor=actor,
        action="staff.roles.assigned",
        subject=user.email,
        at=now,
        details=details | ({"approval": approval} if approval else {}),
    )


def _is_same_person(actor: Actor, user: User) -> bool:
    return actor.kind == "STAFF" and actor.id == user.email
