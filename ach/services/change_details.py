"""What a notification of change says, taken apart and masked. The corrected data stays under lock."""

from dataclasses import dataclass, field

from ach.models import InboundItem
from ach.nacha import corrections
from ach.nacha.codes import TRANSACTION_CODES
from ach.nacha.corrections import Correction
from ach.received import is_debit
from compliance.account_numbers import AccountNumber
from compliance.enums import AccountType
from compliance.models import BankAccount
from core.audit.chain import JSON
from core.vault import envelope
from core.vault.purposes import Purpose

_TYPES = {"2": AccountType.CHECKING, "3": AccountType.SAVINGS}
Side = dict[str, JSON]


@dataclass(frozen=True, slots=True)
class Opened:
    """`said` is None where it cannot be applied by a program; `why` says so. `mark` is equal for equal data."""

    said: Correction | None = field(repr=False)
    why: str
    mark: str
    corrected: str = field(repr=False)


def seal(corrected: str, *, item_id: str, livemode: bool) -> bytes:
    """Outside of a transaction. Raises VaultUnavailable."""
    return envelope.encrypt(purpose=Purpose.ACH, plaintext=corrected.encode(), context=_context(item_id, livemode))


def open_(item: InboundItem) -> Opened:
    """Outside of a transaction. Raises VaultUnavailable, UnableToOpen."""
    context = _context(item.public_id, item.file.livemode)
    corrected = envelope.decrypt(purpose=Purpose.ACH, ciphertext=bytes(item.sealed), context=context).decode()
    mark = envelope.blind_index(purpose=Purpose.ACH, value=f"change/{item.code}/{corrected}").hex()[:16]
    found = corrections.parse(item.code, corrected, line=item.line)
    if not isinstance(found, Correction):
        return Opened(None, found.message, mark, corrected)
    return Opened(found, _unfit(found, item), mark, corrected)


def _unfit(said: Correction, item: InboundItem) -> str:
    """Why a person has to apply it although it can be read."""
    if said.identification is not None:
        return f"{said.code} corrects the receiver's number with its bank, which we do not keep"
    if said.transaction_code is None:
        return ""
    if said.transaction_code[0] not in _TYPES:
        return f"{said.code} names an account that is neither checking nor savings"
    if TRANSACTION_CODES[said.transaction_code].is_debit != is_debit(item.transaction_code):
        return f"{said.code} turns the direction of the entry"
    return ""


def number_of(said: Correction) -> AccountNumber | None:
    """Without the blanks and hyphens that some banks write."""
    return AccountNumber(said.account.replace(" ", "").replace("-", "")) if said.account is not None else None


def type_of(said: Correction, account: BankAccount) -> AccountType:
    if said.transaction_code is None:
        return AccountType(account.account_type)
    return _TYPES.get(said.transaction_code[0], AccountType(account.account_type))


def sides(said: Correction | None, account: BankAccount) -> tuple[Side, Side]:
    """Before and after, of what changes, as people read it."""
    before: Side = {}
    after: Side = {}
    if said is None:
        return before, after
    number, kind = number_of(said), type_of(said, account)
    for name, old, new in (
        ("routingNumber", account.routing_number, said.routing),
        ("accountNumber", account.masked, f"•••• {number.shown}" if number else None),
        ("holderName", account.holder_name, said.name),
        ("accountType", account.account_type, str(kind) if said.transaction_code else None),
        ("identification", "not kept", "given" if said.identification is not None else None),
    ):
        if new is not None:
            before[name], after[name] = old, new
    return before, after


def _context(item_id: str, livemode: bool) -> dict[str, str]:
    return {"table": "ach_inbounditem", "row": item_id, "mode": "live" if livemode else "test"}
