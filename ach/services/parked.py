"""A parked entry in a person's hands: to the next cutoff, checked anew, with its account as the bank corrected it."""

from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach import outgoing
from ach.enums import Direction, EntryKind, EntryState
from ach.models import Change, Entry
from ach.nacha import text
from ach.selectors.entries import EntryNotFound
from ach.services import changes, entries, holding, stops
from ach.services.new_entries import NewEntry, require_still_valid, require_writable
from ach.states import EntryStateForbids
from compliance.enums import PartyStatus
from compliance.models import BankAccount
from compliance.services import account_numbers
from core.actors import Actor
from core.errors import Refusal
from core.vault.envelope import UnableToOpen


class NotReleasable(Refusal):
    """What keeps it from a file is still there; `detail` names it."""

    code: ClassVar[str] = "ACH_ENTRY_NOT_RELEASABLE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The parked entry cannot leave yet"


def release(*, entry_id: str, actor: Actor, now: datetime) -> Entry:
    """It waits again. Not in a transaction of the caller's: the number is opened to see that it can be.

    Raises EntryNotFound, EntryStateForbids, NotReleasable, InvalidEntry, AccountStopped, VaultUnavailable.
    """
    account = current_of(entry_id)
    try:
        account_numbers.unseal(account)
    except UnableToOpen:
        raise NotReleasable(f"the number of {account.account_id} cannot be opened") from None
    with transaction.atomic():
        rows = Entry.objects.select_for_update(of=("self",), no_key=True)
        entry = rows.select_related("account__party", "originator", "original").get(public_id=entry_id)
        if entry.state == EntryState.WAITING:
            return entry
        if entry.state != EntryState.PARKED:
            raise EntryStateForbids(f"{entry.public_id} is {entry.state}")
        if changes.current(entry.account).pk != account.pk:
            raise NotReleasable("its account was corrected at this moment: look again")
        before = entry.account.account_id
        _follow(entry, account)
        _require_sound(entry, now)
        entries.wait_again(entry, actor=actor, now=now, account=account.account_id, account_before=before)
    return entry


def current_of(entry_id: str) -> BankAccount:
    """The account it would go to. Raises EntryNotFound."""
    entry = Entry.objects.select_related("account__party").filter(public_id=entry_id).first()
    if entry is None:
        raise EntryNotFound(f"no entry is named {entry_id[:40]}")
    return changes.current(entry.account)


def _follow(entry: Entry, account: BankAccount) -> None:
    """Correction by correction: the database lets an entry go to the account that corrects its own, and to no other."""
    while entry.account_id != account.pk:
        old = entry.account
        entry.account = BankAccount.objects.select_related("party").get(corrects=old)
        entry.transaction_code = outgoing.transaction_code(entry.account.account_type, entry.direction, entry.kind)
        if entry.name == text.fit(old.holder_name, outgoing.NAME_WIDTH):
            entry.name = text.fit(entry.account.holder_name, outgoing.NAME_WIDTH)
        entry.save(update_fields=["account", "transaction_code", "name"])


def _require_sound(entry: Entry, now: datetime) -> None:
    account = entry.account
    if account.party.status == PartyStatus.BLOCKED and entry.kind != EntryKind.REVERSAL:
        raise NotReleasable(holding.BLOCKED)
    if Change.objects.filter(account=account, state__in=changes.OPEN).exists():
        raise NotReleasable(holding.CORRECTED)
    asked = NewEntry(
        kind=EntryKind(entry.kind), reference=entry.reference, account=account, direction=Direction(entry.direction),
        amount_minor=entry.amount_minor, sec=entry.sec, description=entry.description, currency=entry.currency,
        addenda=entry.addenda, name=entry.name, individual_id=entry.individual_id, payment_type=entry.payment_type,
        original=entry.original,
    )  # fmt: skip
    require_still_valid(asked, livemode=entry.livemode, now=now)
    if entry.kind != EntryKind.REVERSAL:
        stops.require_open(account, entry.direction)
    require_writable(entry, originator=entry.originator, routing=account.routing_number)
