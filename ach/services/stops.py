"""Accounts that entries no longer go to: stopped by a return, lifted by two people."""

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach.enums import Direction, StopScope
from ach.events import AccountStopLifted, AccountWasStopped
from ach.models import AccountStop, InboundItem
from compliance.models import BankAccount
from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox

LIFT = "ach.lift_stop"


class AccountStopped(Refusal):
    """Something came back that ends the use of the account, or the authorization of debits from it."""

    code: ClassVar[str] = "ACCOUNT_VERIFICATION_FAILED"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "No entry may go to this account"


class StopNotFound(Refusal):
    code: ClassVar[str] = "ACH_STOP_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such stop"


class StopIsLifted(Refusal):
    code: ClassVar[str] = "ACH_STOP_IS_LIFTED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The stop is lifted"


def require_open(account: BankAccount, direction: Direction | str) -> None:
    """Raises AccountStopped where a return has closed this account number, in whatever row it stands, to such entries.

    Call it in the transaction that makes the entry.
    """
    found = find(account, direction)
    if found is not None:
        what = "entries to it" if found.scope == StopScope.ALL else "debits from it"
        raise AccountStopped(f"{account.account_id}: {what} were stopped by {found.code} ({found.public_id})")


def find(account: BankAccount, direction: Direction | str) -> AccountStop | None:
    """The stop that stands against such entries; the wider one first."""
    scopes = [StopScope.ALL, *([StopScope.DEBITS] if direction == Direction.DEBIT else [])]
    standing = AccountStop.objects.filter(fingerprint=account.fingerprint, scope__in=scopes, lifted_at=None)
    return standing.order_by("scope").first()


def stop(*, account: BankAccount, scope: StopScope, item: InboundItem, now: datetime) -> AccountStop:
    """In the caller's transaction. The one that stands already is returned as it is."""
    found, is_new = AccountStop.objects.get_or_create(
        fingerprint=account.fingerprint, scope=scope, lifted_at=None,
        defaults={
            "public_id": ids.prefixed("stop", now), "livemode": account.livemode, "account": account,
            "code": item.code, "item": item, "at": now,
        },
    )  # fmt: skip
    if is_new:
        _record(found, "stopped", actor=SYSTEM, now=now, scope=str(scope), code=item.code, item=item.public_id)
        outbox.publish(
            AccountWasStopped(
                found.public_id, account.account_id, account.party.party_id, scope, item.code, account.livemode, now
            ),
            now=now,
        )
    return found


def get(stop_id: str) -> AccountStop:
    """With its account and party. Raises StopNotFound, StopIsLifted."""
    found = AccountStop.objects.select_related("account__party").filter(public_id=stop_id).first()
    if found is None:
        raise StopNotFound(f"no stop is named {stop_id[:40]}")
    if found.lifted_at is not None:
        raise StopIsLifted(f"it was lifted by {found.lifted_by}")
    return found


def lift_signed(*, stop_id: str, approval_id: str, actor: Actor, now: datetime) -> AccountStop:
    """For an executed approval. Raises StopNotFound, StopIsLifted."""
    with transaction.atomic():
        list(AccountStop.objects.select_for_update(no_key=True).filter(public_id=stop_id).values_list("pk"))
        found = get(stop_id)
        found.lifted_at, found.lifted_by, found.approval_id = now, str(actor), approval_id
        found.save(update_fields=["lifted_at", "lifted_by", "approval_id"])
        _record(found, "lifted", actor=actor, now=now, approval=approval_id)
        account = found.account
        outbox.publish(
            AccountStopLifted(stop_id, account.account_id, account.party.party_id, found.livemode, now), now=now
        )
    return found


def _record(found: AccountStop, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"ach.account.{verb}", subject=found.public_id, at=now,
        details={"account": found.account.account_id, "livemode": found.livemode, **details},
    )  # fmt: skip
