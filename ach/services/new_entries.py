"""What an entry must be before it is accepted: everything that the strict rule, our bank's agreement or the records of
the account would refuse later."""

import io
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from ach import descriptions, outgoing, sec
from ach.calendar.eastern import eastern
from ach.enums import Direction, EntryKind, EntryState, Priority
from ach.models import Entry, Originator
from ach.nacha import text
from ach.nacha.problems import NachaError
from ach.parameters import number
from compliance.enums import BankAccountState
from compliance.models import BankAccount, Party
from core.errors import FieldError, Refusal

CURRENCY = "USD"
FOLLOWING = frozenset({EntryKind.REVERSAL, EntryKind.RETRY})
# Only what tests an account may go to one that is not paid to yet.
_TESTING = frozenset({EntryKind.PRENOTE, EntryKind.MICRO})
_PAYMENT_TYPES = frozenset({"", "S", "R", "ST"})
_WIDTHS = (("reference", 64), ("description", 10), ("addenda", 80), ("individual_id", 15))
_REFERENCE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.\-:]*\Z", re.ASCII)
_ORIGINAL_STATES = {
    EntryKind.REVERSAL: (EntryState.SENT, EntryState.ACKNOWLEDGED, EntryState.SETTLED),
    EntryKind.RETRY: (EntryState.RETURNED,),
}
_POINTERS = {"identification": "/individualId", "information": "/addenda", "amount": "/amountMinor", "name": "/name"}


class InvalidEntry(Refusal):
    """Names fields of the request, in the API's spelling, and repeats nothing of what they held."""

    code: ClassVar[str] = "NACHA_VALIDATION_FAILED"
    title: ClassVar[str] = "The entry cannot be written as NACHA asks"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is asked of the bank. `reference` is the public id of whatever asks, unique per kind.

    `amount_minor` in cents, 0 for a prenote. `name` is the receiver as the file shall name it, None for the holder of
    the account. `payment_type` S, R or ST for WEB and TEL. `held` says why it begins by waiting for a person.
    `on_behalf` is the seller in whose return rate it counts. `originator` None is the default one of the mode.
    """

    kind: EntryKind
    reference: str
    account: BankAccount
    direction: Direction
    amount_minor: int
    sec: str
    description: str
    currency: str = CURRENCY
    addenda: str = ""
    name: str | None = None
    individual_id: str = ""
    payment_type: str = ""
    priority: Priority = Priority.STANDARD
    requested_effective: date | None = None
    on_behalf: Party | None = None
    original: Entry | None = None
    originator: Originator | None = None
    held: str = ""

    @property
    def receiver(self) -> str:
        """As 22 columns can carry it."""
        return text.fit(self.account.holder_name if self.name is None else self.name, outgoing.NAME_WIDTH)


def require_valid(new: NewEntry, *, originator: Originator, livemode: bool, now: datetime) -> None:
    """Raises InvalidEntry with every reason found."""
    errors = [
        *_texts(new),
        *_money(new, now),
        *_account(new, livemode),
        *_class(new),
        *_original(new, originator),
        *_date(new, now),
    ]
    if originator.livemode != livemode or originator.closed_at is not None:
        errors.append(FieldError("/originator", "is closed or of the other mode"))
    if errors:
        raise InvalidEntry(_sentence(errors), errors=tuple(errors))


def require_still_valid(new: NewEntry, *, livemode: bool, now: datetime) -> None:
    """What of the above may have changed since it was accepted. Raises InvalidEntry with every reason found."""
    errors = [*_texts(new), *_money(new, now), *_account(new, livemode), *_class(new)]
    if errors:
        raise InvalidEntry(_sentence(errors), errors=tuple(errors))


def require_writable(entry: Entry, *, originator: Originator, routing: str) -> None:
    """The last word is the writer's own. Raises InvalidEntry."""
    try:
        outgoing.try_alone(entry, originator, routing=routing, sink=io.BytesIO())
    except NachaError as refused:
        error = FieldError(_POINTERS.get(refused.field, f"/{refused.field}"), refused.message)
        raise InvalidEntry(_sentence([error]), errors=(error,)) from None


def _texts(new: NewEntry) -> list[FieldError]:
    errors = []
    for field, width in _WIDTHS:
        value = getattr(new, field)
        if len(value) > width:
            errors.append(FieldError(_pointer(field), f"has {len(value)} characters, the field {width}"))
        elif not (value.isascii() and (value.isprintable() or not value)):
            errors.append(FieldError(_pointer(field), "holds signs that are not printable ASCII"))
        elif value != value.strip():
            errors.append(FieldError(_pointer(field), "begins or ends with a blank"))
    if not _REFERENCE.match(new.reference):
        errors.append(FieldError("/reference", "must be the id of what asks for the entry"))
    if not new.description.strip(" 0"):
        errors.append(FieldError("/description", "must not be all blanks or zeros"))
    if not any(sign.isalnum() for sign in new.receiver):
        errors.append(FieldError("/name", "must have letters that a record can carry"))
    return errors


def _money(new: NewEntry, now: datetime) -> list[FieldError]:
    errors = []
    if new.currency != CURRENCY:
        errors.append(FieldError("/currency", f"must be {CURRENCY}"))
    pointer, most = "/amountMinor", number("entry_limit_minor", now)
    if new.kind == EntryKind.PRENOTE:
        if new.amount_minor:
            errors.append(FieldError(pointer, "a prenote carries no money"))
    elif not 0 < new.amount_minor <= most:
        errors.append(FieldError(pointer, f"must be between 1 and {most}"))
    elif new.kind == EntryKind.MICRO and new.direction == Direction.CREDIT:
        largest = number("micro_limit_minor", now)
        if new.amount_minor > largest:
            errors.append(FieldError(pointer, f"a micro-entry credits {largest} at most"))
    return errors


def _account(new: NewEntry, livemode: bool) -> list[FieldError]:
    account = new.account
    if account.livemode != livemode:
        return [FieldError("/account", "is of the other mode")]
    usable = {BankAccountState.ACTIVE}
    if new.kind in _TESTING:
        usable.add(BankAccountState.PENDING)
    # What went to an account is taken back from it, whoever is paid where by now.
    if new.kind == EntryKind.REVERSAL:
        usable.add(BankAccountState.RETIRED)
    return [] if account.state in usable else [FieldError("/account", f"is {account.state}")]


def _class(new: NewEntry) -> list[FieldError]:
    errors = []
    if new.kind in FOLLOWING:
        if new.original is not None and new.sec != new.original.sec:
            errors.append(FieldError("/sec", f"must be {new.original.sec}, as that of the entry it follows"))
    elif wrong := sec.check(new.sec, new.direction, new.account.party.kind):
        errors.append(FieldError("/sec", wrong.reason))
    if new.payment_type not in (_PAYMENT_TYPES if new.sec in sec.WITH_PAYMENT_TYPE else {""}):
        errors.append(FieldError("/paymentType", "is S, R or ST, and for WEB and TEL only"))
    if problem := descriptions.problem(new.description, kind=new.kind, sec=new.sec, direction=new.direction):
        errors.append(FieldError("/description", problem))
    return errors


def _original(new: NewEntry, originator: Originator) -> list[FieldError]:
    original, pointer = new.original, "/original"
    if new.kind not in FOLLOWING:
        return [FieldError(pointer, "belongs to reversals and retries")] if original else []
    if original is None:
        return [FieldError(pointer, "is missing: a reversal or retry follows an entry")]
    same_way = new.direction == original.direction
    if original.state not in _ORIGINAL_STATES[new.kind]:
        return [FieldError(pointer, f"is {original.state}")]
    if (original.account_id, original.amount_minor, original.originator_id) != (
        new.account.pk, new.amount_minor, originator.pk,
    ):  # fmt: skip
        return [FieldError(pointer, "has another account, amount or originator")]
    if same_way is (new.kind == EntryKind.REVERSAL):
        return [FieldError("/direction", "a reversal goes the other way, a retry the same way")]
    return []


def _date(new: NewEntry, now: datetime) -> list[FieldError]:
    latest = eastern(now).date() + timedelta(days=number("effective_days_ahead", now))
    if new.requested_effective is None or new.requested_effective <= latest:
        return []
    return [FieldError("/requestedEffective", f"is after {latest}, the last day that may be asked for")]


def _pointer(field: str) -> str:
    first, *rest = field.split("_")
    return "/" + first + "".join(each.capitalize() for each in rest)


def _sentence(errors: list[FieldError]) -> str:
    return "; ".join(f"{error.pointer[1:]} {error.reason}" for error in errors)
