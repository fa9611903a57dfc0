"""What of returns and corrections is signed. One person asks, another signs; the program asks for corrections."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from ach.models import AccountStop, Change, Entry, InboundItem
from ach.services import change_signing, dishonors, reversals, stops, suspense
from compliance.selectors import bank_accounts as register
from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON

ASK, SIGN = "ach.work_return", "ach.approve_return"


def _one_signature(hours: int) -> Mapping[str, JSON]:
    return {
        "expiresHours": hours,
        "rules": [{"name": "always", "when": {}, "require": {"permission": SIGN, "count": 1}}],
    }


class LiftStop(approvals.Action):
    """The subject is the stop's id."""

    name: ClassVar[str] = stops.LIFT
    title: ClassVar[str] = "Use a stopped bank account again"
    ask_permission: ClassVar[str] = ASK
    policy: ClassVar[Mapping[str, JSON]] = _one_signature(72)

    def hold(self, *, subject: str) -> None:
        list(AccountStop.objects.select_for_update(no_key=True).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises StopNotFound, StopIsLifted."""
        stop = stops.get(subject)
        account = stop.account
        return Content(
            summary=f"Use {account.masked} of {account.party.party_id} again, which {stop.code} stopped",
            version={"account": account.account_id, "scope": stop.scope, "code": stop.code},
            facts={"scope": stop.scope, "code": stop.code, "livemode": stop.livemode},
            parties=frozenset({account.party.party_id}),
        )

    def effect(self, execution: Execution) -> None:
        stops.lift_signed(
            stop_id=execution.subject,
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


class ResolveSuspense(approvals.Action):
    """The subject is the item's id; given is `entryId`, empty where it belongs to none of ours."""

    name: ClassVar[str] = suspense.RESOLVE
    title: ClassVar[str] = "Say where money in suspense belongs"
    ask_permission: ClassVar[str] = ASK
    policy: ClassVar[Mapping[str, JSON]] = _one_signature(72)

    def hold(self, *, subject: str) -> None:
        suspense.lock(subject)

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises ItemNotFound, ItemNotInSuspense, EntryDoesNotFit."""
        item, entry = suspense.require_resolvable(subject, str(given.get("entryId") or ""))
        where = f"is {entry.public_id} of {entry.party.party_id}" if entry else "belongs to no entry of ours"
        return Content(
            summary=f"{suspense.name_of(item)} over {item.amount_minor} cents {where}",
            version={
                "code": item.code, "amountMinor": item.amount_minor, "trace": item.original_trace,
                "bank": item.original_rdfi, "entry": entry.public_id if entry else None,
                "entryState": entry.state if entry else None, "entryTrace": entry.trace if entry else None,
            },
            facts={"amountMinor": item.amount_minor, "livemode": item.file.livemode, "matched": entry is not None},
            parties=_parties_of(entry),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        suspense.resolve_signed(
            item_id=execution.subject,
            entry_id=str(execution.given.get("entryId") or ""),
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            reason=execution.reason,
            now=execution.now,
        )


class DishonorReturn(approvals.Action):
    """The subject is the item's id; given is `code`, R61 to R70."""

    name: ClassVar[str] = dishonors.DISHONOR
    title: ClassVar[str] = "Send a return back"
    ask_permission: ClassVar[str] = ASK
    policy: ClassVar[Mapping[str, JSON]] = _one_signature(72)

    def hold(self, *, subject: str) -> None:
        list(InboundItem.objects.select_for_update(no_key=True).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises ItemNotFound, UnableToDishonor."""
        code = str(given.get("code") or "")
        item = dishonors.require_possible(item_id=subject, code=code, now=now)
        return Content(
            summary=f"Send {item.code} over {item.amount_minor} cents back as {code}",
            version={
                "code": item.code, "state": item.state, "amountMinor": item.amount_minor, "trace": item.original_trace,
                "entry": item.entry.public_id if item.entry else None,
            },
            facts={"amountMinor": item.amount_minor, "code": code, "livemode": item.file.livemode},
            parties=_parties_of(item.entry),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        dishonors.dishonor_signed(
            item_id=execution.subject,
            code=str(execution.given.get("code") or ""),
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


class ReverseEntry(approvals.Action):
    """The subject is the entry's id; given are `cause` and `discoveredAt`. The time for it is short."""

    name: ClassVar[str] = reversals.REVERSE
    title: ClassVar[str] = "Reverse an entry"
    ask_permission: ClassVar[str] = ASK
    policy: ClassVar[Mapping[str, JSON]] = _one_signature(24)

    def hold(self, *, subject: str) -> None:
        list(Entry.objects.select_for_update(no_key=True).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises EntryNotFound, ReversalNotAllowed."""
        cause, discovered_at = _cause(given)
        entry = reversals.require_possible(entry_id=subject, cause=cause, discovered_at=discovered_at, now=now)
        return Content(
            summary=f"Reverse {entry.direction.lower()} {entry.public_id} over {entry.amount_minor} cents: {cause}",
            version={
                "direction": entry.direction, "amountMinor": entry.amount_minor, "account": entry.account.account_id,
                "sec": entry.sec, "trace": entry.trace,
            },
            facts={"amountMinor": entry.amount_minor, "cause": cause, "livemode": entry.livemode},
            parties=_parties_of(entry),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        cause, discovered_at = _cause(execution.given)
        reversals.reverse_signed(
            entry_id=execution.subject,
            cause=cause,
            discovered_at=discovered_at,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


class ApplyChange(approvals.Action):
    """The subject is the change's id. The program asks as soon as it has read the notice; a person asks again.

    It redirects money, and the bank's word is only as good as the file it came in: so two people, as for any account.
    """

    name: ClassVar[str] = change_signing.APPLY
    title: ClassVar[str] = "Correct a bank account as its bank asks"
    ask_permission: ClassVar[str] = ASK
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 72,
        "rules": [
            {"name": "always", "when": {}, "require": {"permission": "compliance.approve_account", "count": 2}},
        ],
    }

    def hold(self, *, subject: str) -> None:
        list(Change.objects.select_for_update(no_key=True).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Covered is what changes, in whose account, and by which line of the bank. Raises ChangeNotFound,
        ChangeIsOver, BankAccountIsOver."""
        change = change_signing.require_signable(subject)
        account, item = change.account, change.item
        sharing: list[JSON] = [*sorted({each.party.party_id for each in register.list_sharing([
            change.successor_fingerprint])} - {account.party.party_id})[:50]]  # fmt: skip
        return Content(
            summary=f"{change.code}: correct {account.masked} of {account.party.party_id}",
            version={
                "account": account.account_id, "party": account.party.party_id, "code": change.code,
                "before": change.before, "after": change.after, "successor": change.successor_id,
            },
            evidence={"item": item.public_id, "file": item.file.sha256, "line": item.line, "alsoOf": sharing},
            facts={"code": change.code, "livemode": account.livemode, "alsoOf": len(sharing)},
            parties=frozenset({account.party.party_id, *(str(each) for each in sharing)}),
        )  # fmt: skip

    def effect(self, execution: Execution) -> None:
        change_signing.apply_signed(
            change_id=execution.subject,
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


def _cause(given: Mapping[str, JSON]) -> tuple[str, datetime]:
    """Raises ReversalNotAllowed for what is no moment."""
    try:
        discovered_at = datetime.fromisoformat(str(given.get("discoveredAt")))
    except ValueError:
        raise reversals.ReversalNotAllowed("discoveredAt: is no moment") from None
    if discovered_at.tzinfo is None:
        raise reversals.ReversalNotAllowed("discoveredAt: has no time zone")
    return str(given.get("cause")), discovered_at


def _parties_of(entry: Entry | None) -> frozenset[str]:
    if entry is None:
        return frozenset()
    seller = {entry.on_behalf.party_id} if entry.on_behalf else set()
    return frozenset({entry.party.party_id, *seller})


for _action in (LiftStop, ResolveSuspense, DishonorReturn, ReverseEntry, ApplyChange):
    approvals.register(_action())
