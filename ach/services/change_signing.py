"""A correction is prepared without anybody's help, signed by two people, and applied to the account and what waits.

Numbers are opened and sealed before the question is put, outside of every transaction: the last signature only writes.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from ach.enums import ChangeState
from ach.models import Change, Entry
from ach.models.entry import UNSENT
from ach.services import change_details, changes
from compliance.account_numbers import AccountNumber, difference, number_errors, routing_errors
from compliance.enums import AccountType, BankAccountState
from compliance.models import BankAccount
from compliance.services import account_numbers, bank_accounts
from compliance.services.account_numbers import Sealed
from core import ids
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.vault.envelope import UnableToOpen

APPLY = "ach.apply_change"
_FIRST_DIGIT = {AccountType.CHECKING: "2", AccountType.SAVINGS: "3"}


def prepare(*, change_id: str, now: datetime) -> None:
    """Seal the corrected account and ask for its signatures; a case where a person has to. Not in a transaction.

    Again changes nothing. Raises VaultUnavailable, UnableToOpen.
    """
    change = Change.objects.select_related("account__party", "item__file").filter(public_id=change_id).first()
    if change is None or change.state != ChangeState.OPEN:
        return
    opened, account = change_details.open_(change.item), change.account
    said = opened.said
    if said is None or opened.why:
        _leave(change_id, opened.why, now)
        return
    told = change_details.number_of(said)
    number = told or account_numbers.unseal(account)
    routing = said.routing or account.routing_number
    if errors := [*routing_errors(routing), *number_errors(number)]:
        _leave(change_id, "; ".join(f"{error.pointer[1:]} {error.reason}" for error in errors), now)
        return
    successor = ids.prefixed("ba", now)
    kept = account_numbers.seal(
        number=number, routing_number=routing, account_id=successor, party_id=account.party.party_id,
        livemode=account.livemode,
    )  # fmt: skip
    _ask(change_id, account, successor, kept, _differs(account, told), now)


def _differs(account: BankAccount, told: AccountNumber | None) -> str:
    """What the corrected number changes; one that cannot be opened any more may be corrected all the same."""
    if told is None:
        return ""
    try:
        return difference(account_numbers.unseal(account), told)
    except UnableToOpen:
        return "which cannot be read any more"


def _ask(
    change_id: str, account: BankAccount, successor: str, kept: Sealed, differs: str, now: datetime
) -> None:  # fmt: skip
    with transaction.atomic():
        change = changes.locked(change_id)
        if change.state != ChangeState.OPEN or change.account_id != account.pk:
            return
        if _is_as_it_was(change, kept):
            changes.end(change, ChangeState.NOTED, reason="we have these details already", actor=SYSTEM, now=now)
            return
        change.successor_id, change.successor_last4 = successor, kept.last4
        change.successor_sealed, change.successor_fingerprint = kept.sealed, kept.fingerprint
        if "accountNumber" in change.after:
            change.before["accountNumber"] = f"{account.masked}, {differs}"
        change.save(
            update_fields=["successor_id", "successor_last4", "successor_sealed", "successor_fingerprint", "before"]
        )
        if change.account.state != BankAccountState.ACTIVE:
            changes.need_person(change, "the account is not paid to yet: enter the right one", now=now)
            return
        _put_question(change, SYSTEM, f"{change.code} of the receiving bank", now)


def ask_again(*, change_id: str, reason: str, actor: Actor, now: datetime) -> Change:
    """A person puts the question that was denied, ran out or found nobody to sign it. Raises ChangeNotFound,
    ChangeIsOver, and what approvals refuse."""
    with transaction.atomic():
        change = changes.locked(change_id)
        if change.state == ChangeState.OPEN:
            request = approvals.ask(action=APPLY, subject=change_id, given={}, reason=reason, actor=actor, now=now)
            change.state, change.approval_id = ChangeState.ASKED, request.request_id
            change.save(update_fields=["state", "approval_id"])
    return change


def _put_question(change: Change, actor: Actor, reason: str, now: datetime) -> None:
    try:
        request = approvals.ask(action=APPLY, subject=change.public_id, given={}, reason=reason, actor=actor, now=now)
    except approvals.NobodyCanSign as refused:
        changes.need_person(change, refused.detail, now=now)
        return
    change.state, change.approval_id = ChangeState.ASKED, request.request_id
    change.save(update_fields=["state", "approval_id"])


def let_go(*, change_id: str, approval_id: str, state: str, now: datetime) -> None:
    """Its question ended without effect: the change is open again, and a person decides."""
    with transaction.atomic():
        found = Change.objects.select_for_update(of=("self",), no_key=True).select_related("account__party")
        change = found.filter(public_id=change_id, state=ChangeState.ASKED, approval_id=approval_id).first()
        if change is not None:
            change.state, change.approval_id = ChangeState.OPEN, ""
            change.save(update_fields=["state", "approval_id"])
            changes.need_person(change, f"its signatures were {state.lower()}", now=now)


def apply_signed(*, change_id: str, approval_id: str, actor: Actor, now: datetime) -> Change:
    """For an executed approval: the corrected account takes the place of the old one, and of entries that wait.

    Raises ChangeNotFound, ChangeIsOver, BankAccountIsOver, InvalidBankAccount.
    """
    with transaction.atomic():
        change = changes.locked(change_id)
        old = change.account
        new = bank_accounts.correct(correction=_correction(change), approval_id=approval_id, actor=actor, now=now)
        _move_entries(old, new, change)
        # Other corrections of the old account are of the new one from now on, and prepared anew.
        others = Change.objects.filter(account=old, state__in=changes.OPEN).exclude(pk=change.pk)
        _hand_over(list(others.order_by("id")), new, now)
        change.replaced_by, change.approval_id = new, approval_id
        changes.end(change, ChangeState.APPLIED, reason="applied", actor=actor, now=now)
        changes.free(change, [new], now=now)
    return change


def _correction(change: Change) -> bank_accounts.Correction:
    account = change.account
    kept = Sealed(change.successor_last4, bytes(change.successor_sealed), change.successor_fingerprint)
    return bank_accounts.Correction(
        corrects=account.account_id, account_id=change.successor_id, source=change.public_id,
        holder_name=str(change.after.get("holderName") or account.holder_name), account_type=_type(change),
        routing_number=str(change.after.get("routingNumber") or account.routing_number), kept=kept,
    )  # fmt: skip


def _move_entries(old: BankAccount, new: BankAccount, change: Change) -> None:
    """Set-based: every entry that no file has goes to the corrected account, with its type and, by C04, its name."""
    code = Concat(Value(_FIRST_DIGIT[AccountType(new.account_type)]), Substr("transaction_code", 2, 1))
    moved: dict[str, object] = {"account": new, "transaction_code": code}
    if "holderName" in change.after:
        moved["name"] = str(change.after["holderName"])[:22]
    Entry.objects.filter(account=old, state__in=UNSENT).update(**moved)


def _hand_over(others: list[Change], new: BankAccount, now: datetime) -> None:
    for other in others:
        if other.state == ChangeState.ASKED:
            approvals.void(other.approval_id, reason="another correction came first", actor=SYSTEM, now=now)
        other.state, other.approval_id, other.account, other.successor_id = ChangeState.OPEN, "", new, ""
        other.save(update_fields=["state", "approval_id", "account", "successor_id"])
        changes.order_preparing(other, now=now)


def _is_as_it_was(change: Change, kept: Sealed) -> bool:
    account = change.account
    name = str(change.after.get("holderName") or account.holder_name)
    return (kept.fingerprint, _type(change), name) == (account.fingerprint, account.account_type, account.holder_name)


def _type(change: Change) -> AccountType:
    return AccountType(str(change.after.get("accountType") or change.account.account_type))


def _leave(change_id: str, why: str, now: datetime) -> None:
    with transaction.atomic():
        changes.need_person(changes.locked(change_id), why, now=now)


def require_signable(change_id: str) -> Change:
    """With its account, party and item. Raises ChangeNotFound, ChangeIsOver."""
    rows = Change.objects.select_related("account__party", "item__file")
    change = rows.filter(public_id=change_id).first()
    if change is None:
        raise changes.ChangeNotFound(f"no notification of change is named {change_id[:40]}")
    if change.state not in changes.OPEN:
        raise changes.ChangeIsOver(f"it is {change.state}")
    if not change.successor_id or change.account.state != BankAccountState.ACTIVE:
        raise changes.ChangeIsOver("it cannot be applied to the account as it is")
    return change
