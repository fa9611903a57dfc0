"""Payout accounts: entered by the marketplace, signed by people, paid to after a while, ended by anybody.

Every verb locks the party first and then its accounts, so that of two at one moment the second sees what the first did.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from compliance import account_numbers, parameters
from compliance.account_numbers import AccountNumber
from compliance.enums import AccountType, BankAccountState
from compliance.events import (
    BankAccountAccepted,
    BankAccountActivated,
    BankAccountRejected,
    BankAccountRequested,
    BankAccountRetired,
)
from compliance.models import BankAccount, Party
from compliance.selectors import bank_accounts as register
from compliance.selectors import parties as party_register
from compliance.selectors.bank_accounts import BankAccountNotFound
from compliance.services import account_numbers as seals
from compliance.services.parties import require_good_standing
from core import ids
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.outbox import services as outbox

CHANGE = "compliance.change_payout_account"
TAKEN_BACK = "taken back before it was paid to"
RETIRED = "retired by the marketplace"


class InvalidBankAccount(Refusal):
    """Names the fields at fault and repeats nothing of what they held."""

    code = "INVALID_BANK_ACCOUNT"
    title = "Invalid bank account"


class BankAccountPending(Refusal):
    code = "BANK_ACCOUNT_PENDING"
    status = 409
    title = "Another account of the party is waiting"


class BankAccountExists(Refusal):
    code = "BANK_ACCOUNT_EXISTS"
    status = 409
    title = "The party is paid to this account already"


class BankAccountIsOver(Refusal):
    code = "BANK_ACCOUNT_IS_OVER"
    status = 409
    title = "The account is not waiting or paid to any more"


class BankAccountChanged(Refusal):
    """The party is paid to another account than the signers saw."""

    code = "BANK_ACCOUNT_CHANGED"
    status = 409
    title = "What the account would replace has changed"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account as a marketplace enters it."""

    party_id: str
    holder_name: str
    account_type: AccountType
    routing_number: str
    number: AccountNumber


@dataclass(frozen=True, slots=True)
class Correction:
    """What a bank says is right about an account that it holds: `source` is the id of its notification of change.

    `account_id` is the new row's, which `kept` was sealed for.
    """

    corrects: str
    account_id: str
    source: str
    holder_name: str
    account_type: AccountType
    routing_number: str
    kept: seals.Sealed


def create(*, new: NewAccount, livemode: bool, actor: Actor, now: datetime, account_id: str = "") -> BankAccount:
    """Enter an account and ask for its signatures; a first one in test data may be active at once without.

    `account_id` is for accounts of test data whose name is documented (`services.sandbox_accounts`).

    Raises InvalidBankAccount, PartyNotFound, PartyNotEligible, BankAccountPending, BankAccountExists, VaultUnavailable,
    NobodyCanSign.
    """
    _require_valid(new)
    party = party_register.get(party_id=new.party_id, livemode=livemode)
    require_good_standing(party)
    account_id = account_id or ids.prefixed("ba", now)
    kept = seals.seal(
        number=new.number, routing_number=new.routing_number, account_id=account_id, party_id=party.party_id,
        livemode=livemode,
    )  # fmt: skip
    with transaction.atomic():
        _lock(party)
        _require_room(party, kept.fingerprint)
        account = BankAccount.objects.create(
            account_id=account_id, livemode=livemode, party=party, holder_name=new.holder_name.strip(),
            account_type=new.account_type, routing_number=new.routing_number, last4=kept.last4, sealed=kept.sealed,
            fingerprint=kept.fingerprint, requested_by=str(actor), created_at=now,
        )  # fmt: skip
        _record(account, "requested", actor=actor, now=now)
        outbox.publish(BankAccountRequested(account_id, party.party_id, livemode, now), now=now)
        if not livemode and parameters.are_test_accounts_unsigned(now) and not register.had_any(party):
            account.active_from = now
            _activate(account, actor=actor, now=now)
        else:
            _ask(account, now=now)
    return account


def accept_signed(
    *, account_id: str, approval_id: str, replaces: str | None, actor: Actor, now: datetime
) -> BankAccount:
    """For an executed approval: a first account is active at once, a changed one after it has cooled off.

    `replaces` is the account the signers saw as the one paid to. Raises BankAccountNotFound, BankAccountIsOver,
    BankAccountChanged.
    """
    with transaction.atomic():
        account = _locked(account_id)
        if account.state != BankAccountState.PENDING or account.approval_id != approval_id or account.active_from:
            raise BankAccountIsOver
        current = register.find_active(account.party)
        if (current.account_id if current else None) != replaces:
            raise BankAccountChanged
        waits = parameters.account_cooling(now) if register.had_any(account.party) else None
        account.active_from = now + waits if waits else now
        if not waits:
            _activate(account, actor=actor, now=now)
            return account
        account.version += 1
        account.save(update_fields=["active_from", "version"])
        _record(account, "accepted", actor=actor, now=now, active_from=account.active_from.isoformat())
        outbox.publish(
            BankAccountAccepted(account_id, account.party.party_id, account.livemode, now, account.active_from), now=now
        )
    return account


def correct(*, correction: Correction, approval_id: str, actor: Actor, now: datetime) -> BankAccount:
    """For an executed approval of what the bank said: the corrected account is paid to at once, the old one retires.

    In the caller's transaction or its own. Raises BankAccountNotFound, BankAccountIsOver where the old one is not paid
    to any more, InvalidBankAccount.
    """
    with transaction.atomic():
        old = _locked(correction.corrects)
        if old.state != BankAccountState.ACTIVE:
            raise BankAccountIsOver(f"{old.account_id} is not paid to any more")
        errors = account_numbers.routing_errors(correction.routing_number)
        if errors:
            raise InvalidBankAccount(errors=(*errors,))
        account = BankAccount.objects.create(
            account_id=correction.account_id, livemode=old.livemode, party=old.party, corrects=old,
            correction=correction.source, holder_name=correction.holder_name.strip() or old.holder_name,
            account_type=correction.account_type, routing_number=correction.routing_number,
            last4=correction.kept.last4, sealed=correction.kept.sealed, fingerprint=correction.kept.fingerprint,
            requested_by=str(SYSTEM), created_at=now,
        )  # fmt: skip
        _record(account, "corrected", actor=actor, now=now, corrects=old.account_id, source=correction.source)
        outbox.publish(BankAccountRequested(account.account_id, old.party.party_id, old.livemode, now), now=now)
        account.approval_id, account.active_from = approval_id, now
        account.save(update_fields=["approval_id"])
        _activate(account, actor=actor, now=now)
    return account


def activate_due(*, now: datetime, limit: int = 200) -> int:
    """Pay to what has cooled off, each in its own transaction. Returns how many."""
    activated = 0
    for account_id in register.list_due(now=now, limit=limit):
        with transaction.atomic():
            account = _locked(account_id)
            if account.is_cooling_off and account.active_from and account.active_from <= now:
                _activate(account, actor=SYSTEM, now=now)
                activated += 1
    return activated


def retire(*, account_id: str, livemode: bool, actor: Actor, now: datetime) -> BankAccount:
    """End an account: one that waits is rejected, one that is paid to is retired. Nobody needs to sign for less.

    Raises BankAccountNotFound, BankAccountIsOver.
    """
    with transaction.atomic():
        account = _locked(account_id, livemode=livemode)
        if account.state == BankAccountState.PENDING:
            _reject(account, reason=TAKEN_BACK, actor=actor, now=now)
        elif account.state == BankAccountState.ACTIVE:
            _retire(account, reason=RETIRED, replaced_by=None, actor=actor, now=now)
        else:
            raise BankAccountIsOver
    return account


def reject_unsigned(*, account_id: str, reason: str, actor: str, now: datetime) -> None:
    """Its question ended without effect. Does nothing about an account that is not waiting for it any more."""
    with transaction.atomic():
        account = _locked(account_id)
        if account.state == BankAccountState.PENDING and account.active_from is None:
            kind, _, name = actor.partition(":")
            _reject(account, reason=reason, actor=Actor(kind, name), now=now)


def _require_valid(new: NewAccount) -> None:
    errors = (
        *account_numbers.holder_errors(new.holder_name, new.number),
        *account_numbers.routing_errors(new.routing_number),
        *account_numbers.number_errors(new.number),
    )
    if errors:
        raise InvalidBankAccount(errors=errors)


def _require_room(party: Party, fingerprint: str) -> None:
    held = BankAccount.objects.filter(party=party, state__in=(BankAccountState.PENDING, BankAccountState.ACTIVE))
    for each in held.only("account_id", "state", "fingerprint"):
        if each.state == BankAccountState.PENDING:
            raise BankAccountPending(f"{each.account_id} is waiting; retire it first")
        if each.fingerprint == fingerprint:
            raise BankAccountExists(f"{each.account_id} is this account")


def _ask(account: BankAccount, *, now: datetime) -> None:
    """In the program's name: whoever entered it is part of what is signed."""
    request = approvals.ask(
        action=CHANGE, subject=account.account_id, given={},
        reason=f"Entered for {account.party.party_id} by {account.requested_by}", actor=SYSTEM, now=now,
    )  # fmt: skip
    account.approval_id = request.request_id
    account.save(update_fields=["approval_id"])


def _activate(account: BankAccount, *, actor: Actor, now: datetime) -> None:
    """In the place of the one paid to. The account, its party and that one are locked."""
    current = register.find_active(account.party)
    if current is not None:
        reason = f"replaced by {account.account_id}"
        _retire(current, reason=reason, replaced_by=account.account_id, actor=actor, now=now)
    replaces = current.account_id if current else None
    account.state, account.activated_at, account.version = BankAccountState.ACTIVE, now, account.version + 1
    account.save(update_fields=["state", "active_from", "activated_at", "version"])
    _record(account, "activated", actor=actor, now=now, replaces=replaces)
    outbox.publish(
        BankAccountActivated(account.account_id, account.party.party_id, account.livemode, now, replaces), now=now
    )


def _retire(account: BankAccount, *, reason: str, replaced_by: str | None, actor: Actor, now: datetime) -> None:
    _end(account, BankAccountState.RETIRED, reason=reason, actor=actor, now=now)
    _record(account, "retired", actor=actor, now=now, replaced_by=replaced_by)
    outbox.publish(
        BankAccountRetired(account.account_id, account.party.party_id, account.livemode, now, replaced_by), now=now
    )


def _reject(account: BankAccount, *, reason: str, actor: Actor, now: datetime) -> None:
    _end(account, BankAccountState.REJECTED, reason=reason, actor=actor, now=now)
    _record(account, "rejected", actor=actor, now=now, reason=account.ended_reason)
    outbox.publish(BankAccountRejected(account.account_id, account.party.party_id, account.livemode, now), now=now)


def _end(account: BankAccount, state: BankAccountState, *, reason: str, actor: Actor, now: datetime) -> None:
    account.state, account.version = state, account.version + 1
    account.ended_at, account.ended_by, account.ended_reason = now, str(actor), reason[:500]
    account.save(update_fields=["state", "version", "ended_at", "ended_by", "ended_reason"])


def _lock(party: Party) -> None:
    """Payments of the party go on: they only need it to stay."""
    Party.objects.select_for_update(no_key=True).get(pk=party.pk)


def _locked(account_id: str, *, livemode: bool | None = None) -> BankAccount:
    """The account as it is once nobody else changes the party's. Raises BankAccountNotFound."""
    named = BankAccount.objects.filter(account_id=account_id)
    if livemode is not None:
        named = named.filter(livemode=livemode)
    found = named.select_related("party").first()
    if found is None:
        raise BankAccountNotFound(f"no bank account is named {account_id[:40]}")
    _lock(found.party)
    return BankAccount.objects.select_for_update(of=("self",)).select_related("party").get(pk=found.pk)


def _record(account: BankAccount, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"compliance.bank_account.{verb}", subject=account.account_id, at=now,
        details={"party": account.party.party_id, "livemode": account.livemode, **details},
    )  # fmt: skip
