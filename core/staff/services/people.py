"""Accounts and their roles. Who changes them holds ADMINISTRATOR and, by the role table, nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from core.staff import roles as role_table
from core.staff.models import RoleAssignment, User
from core.staff.services import authenticators, counters, passwords


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
    *, email: str, full_name: str, roles: Iterable[str], must_change_password: bool, actor: Actor, now: datetime
) -> Issued:
    """Open an account. Raises UnableToChangePerson for a known address or roles that exclude each other."""
    wanted = frozenset(roles)
    with transaction.atomic():
        try:
            with transaction.atomic():
                user = User.objects.create_user(email=email, full_name=full_name)
        except IntegrityError:
            raise UnableToChangePerson("An account with this address exists.") from None
        audit.record(actor=actor, action="staff.account.opened", subject=user.email, at=now)
        password = passwords.issue(user=user, must_change=must_change_password, actor=actor, now=now)
        assign_roles(user_id=user.pk, roles=wanted, actor=actor, now=now)
    return Issued(User.objects.get(pk=user.pk), password)


def assign_roles(*, user_id: int, roles: Iterable[str], actor: Actor, now: datetime) -> None:
    """Make these the person's roles. They hold from the person's next request."""
    wanted = frozenset(roles)
    if why := role_table.conflict(wanted):
        raise UnableToChangePerson(why)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        held = set(user.role_assignments.values_list("role", flat=True))
        if held != wanted and _is_same_person(actor, user):
            raise UnableToChangePerson("Nobody changes their own roles.")
        RoleAssignment.objects.filter(user=user).exclude(role__in=wanted).delete()
        RoleAssignment.objects.bulk_create(
            [
                RoleAssignment(user=user, role=role, assigned_by=str(actor), assigned_at=now)
                for role in sorted(wanted - held)
            ]
        )
        if held != wanted:
            audit.record(
                actor=actor,
                action="staff.roles.assigned",
                subject=user.email,
                at=now,
                details={"before": sorted(held), "after": sorted(wanted)},
            )


def close(*, user_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """The person cannot sign in any more; sessions end with the next request."""
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        if _is_same_person(actor, user):
            raise UnableToChangePerson("Nobody closes their own account.")
        user.is_active = False
        user.save(update_fields=["is_active"])
        audit.record(actor=actor, action="staff.account.closed", subject=user.email, at=now, details={"reason": reason})


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
        counters.clear(subject=counters.account(user.email))
        audit.record(actor=actor, action="staff.account.reset", subject=user.email, at=now)
        password = passwords.issue(user=user, must_change=True, actor=actor, now=now)
    user.refresh_from_db()
    return Issued(user, password)


def _is_same_person(actor: Actor, user: User) -> bool:
    return actor.kind == "STAFF" and actor.id == user.email
