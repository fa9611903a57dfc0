"""Entries and their addenda looked at closely: every reason for which one is not as it must be.

Called where the quick comparisons of `batch` fail, so speed does not count here.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ach.nacha import routing, usage
from ach.nacha.addenda import PAYMENT
from ach.nacha.codes import SEC_CODES, TRANSACTION_CODES, Kind
from ach.nacha.examined import Examined
from ach.nacha.headers import refuse_nothing
from ach.nacha.layout import Layout, blank, digits, kind, literal, number, text
from ach.nacha.records import CTX_ENTRY, ENTRY
from ach.nacha.usage import Use

if TYPE_CHECKING:
    from ach.nacha.batch import OpenBatch
    from ach.nacha.events import EntryRead

# Classes whose entries need a second look even when nothing is unusual: they count or require addenda, or have
# columns of their own.
PARTICULAR = frozenset({"CTX", "COR", "ADV", "IAT", "DNE", "ENR", "MTE", "POS", "SHR"})
# Where every forward entry has at least one.
_ALWAYS_WITH_ADDENDA = frozenset({"DNE", "ENR", "IAT", "MTE", "POS", "SHR"})

# Record 7 of types other than 05, 98 and 99: counted and checked for printable text, not decoded.
_OTHER = Layout("addenda", kind("7"), digits("type_code", 2, "BAD_ADDENDA_TYPE"), text("information", 91))
_ADVICE = Layout(
    "entry", kind("6"), digits("transaction_code", 2, "BAD_TRANSACTION_CODE"), digits("routing", 9),
    text("account", 15), number("amount", 12), text("advice_routing", 9), text("file_identification", 5),
    text("operator_data", 1), text("name", 22), text("discretionary", 2),
    literal("addenda_indicator", "0", "ADDENDA_INDICATOR"), digits("operator_routing", 8), digits("created_on", 3),
    number("sequence", 4),
)  # fmt: skip
_IAT_ENTRY = Layout(
    "entry", kind("6"), digits("transaction_code", 2, "BAD_TRANSACTION_CODE"), digits("routing", 9),
    digits("addenda_count", 4), blank("reserved", 13), number("amount", 10), text("account", 35),
    blank("reserved_too", 2),
    text("screening", 2), digits("addenda_indicator", 1, "ADDENDA_INDICATOR"), digits("trace", 15),
)  # fmt: skip
_LAYOUTS = {"CTX": CTX_ENTRY, "IAT": _IAT_ENTRY}


def examine(
    batch: "OpenBatch", line: int, record: bytes, *, last: bytes, allowed: Mapping[bytes, Use]
) -> tuple[Use | None, int, int]:
    """Use (None for a code that does not exist), first eight digits of the routing number, cents; notes the reasons."""
    entry = Examined(batch.log, line, _LAYOUTS.get(batch.sec_code, ENTRY), record)
    use = allowed.get(record[1:3]) or _misused(batch, entry)
    rdfi = _examine_routing(entry)
    cents = entry.number("amount")
    if use is not None and use.paid is not None and (cents > 0) is not use.paid:
        wanted = "above zero" if use.paid else "zero"
        entry.refuse("amount", "BAD_AMOUNT", f"the amount of transaction code {record[1:3].decode()} must be {wanted}")
    if entry.text("addenda_indicator") not in ("0", "1"):
        entry.refuse("addenda_indicator", "ADDENDA_INDICATOR", "must be 0 or 1")
    if not entry.text("account").strip():
        entry.refuse("account", "FIELD_BLANK", "must not be blank")
    _examine_trace(batch, entry, last)
    forward = use is not None and use.kind is not Kind.RETURN
    sec = SEC_CODES.get(batch.sec_code)
    if forward and sec is not None and sec.named:
        refuse_nothing(entry, "name")
    return use, rdfi, cents


def _misused(batch: "OpenBatch", entry: Examined) -> Use | None:
    """A code that the batch may not hold still says which way the money goes."""
    code = TRANSACTION_CODES.get(entry.text("transaction_code"))
    if code is None:
        entry.refuse("transaction_code", "BAD_TRANSACTION_CODE", "columns 2-3 are no transaction code")
        return None
    reason = usage.refusal(code, batch.sec_code, batch.service_class, batch.reverses)
    entry.refuse("transaction_code", "TRANSACTION_CODE_NOT_ALLOWED", reason)
    return usage.use_of(code, batch.sec_code)


def _examine_routing(entry: Examined) -> int:
    if not entry.fits("routing"):
        return 0
    number = entry.text("routing")
    if number == routing.NOBODY:
        entry.refuse("routing", "FIELD_ALL_ZEROS", "nine zeros are nobody's routing number")
    elif not routing.is_valid(number):
        digit = routing.check_digit(number[:8])
        entry.refuse("routing", "BAD_CHECK_DIGIT", f"the check digit (column 12) must be {digit}")
    return int(number[:8])


def has_good_routing(record: bytes) -> bool:
    return routing.is_valid(record[3:12].decode("latin-1"))


def _examine_trace(batch: "OpenBatch", entry: Examined, last: bytes) -> None:
    trace = entry.raw("trace")
    if trace[:8] != batch.head.record[79:87]:
        entry.refuse("trace", "ODFI_TRACE_MISMATCH", "columns 80-87 must be the ODFI of the batch header")
    if trace[8:] <= last:
        entry.refuse("trace", "TRACE_ORDER", "columns 88-94 must be above those of the entry before")


def take_advice(batch: "OpenBatch", line: int, record: bytes) -> None:
    """ADV: twelve digits of amount, no trace."""
    entry = Examined(batch.log, line, _ADVICE, record)
    use = usage.table("ADV", batch.service_class, False).get(record[1:3]) or _misused(batch, entry)
    batch.use = use
    batch.sums.entry_hash += _examine_routing(entry)
    if use is not None and use.is_debit:
        batch.sums.debit += entry.number("amount")
    elif use is not None:
        batch.sums.credit += entry.number("amount")


def examine_addenda(batch: "OpenBatch", line: int, record: bytes, position: int) -> None:
    """Types other than 98 and 99, the `position`-th of its entry."""
    assert batch.open is not None
    type_code = record[1:3].decode("latin-1")
    sec = SEC_CODES.get(batch.sec_code)
    addenda = Examined(batch.log, line, PAYMENT if type_code == "05" else _OTHER, record)
    most = dict(sec.addenda).get(type_code, 0) if sec else 0
    same = sum(each[1:3] == record[1:3] for each in batch.open.addenda)
    if most == 0:
        addenda.refuse("type_code", "BAD_ADDENDA_TYPE", f"{batch.sec_code if sec else 'the batch'} has no such addenda")
    elif same == most + 1:
        addenda.refuse("type_code", "ADDENDA_COUNT", f"at most {most} of this type for an entry")
    if type_code != "05":
        return
    if addenda.number("sequence") != position:
        addenda.refuse("sequence", "ADDENDA_SEQUENCE", f"must be {position:04d}", recoverable=True)
    if addenda.raw("entry_sequence") != batch.open.record[87:]:
        message = "must be the end of the entry's trace number"
        addenda.refuse("entry_sequence", "ADDENDA_TRACE_MISMATCH", message, recoverable=True)


def examine_whole(batch: "OpenBatch", entry: "EntryRead") -> None:
    """Whether entry and addenda belong together."""
    log, line = batch.log, entry.line
    types = [record[1:3] for record in entry.addenda]
    answers = [record for record in entry.addenda if record[1:3] in (b"98", b"99")]
    if (entry.record[78:79] == b"1") is not bool(types) and entry.record[78:79] in (b"0", b"1"):
        message = "says that none follows, one does" if types else "says that addenda follow, none does"
        log.add(line, "entry", "addenda_indicator", "ADDENDA_INDICATOR", message)
    if answers:
        _examine_answer(batch, entry, answers)
    else:
        _examine_forward(batch, entry, len(types))


def _examine_answer(batch: "OpenBatch", entry: "EntryRead", answers: list[bytes]) -> None:
    log, line, use = batch.log, entry.line, batch.use
    if len(answers) > 1 or (len(entry.addenda) > 1 and batch.sec_code != "IAT"):
        log.add(line, "entry", "addenda", "ADDENDA_COUNT", "a return or notice has one addenda record, its own")
    is_notice = answers[0][1:3] == b"98"
    if is_notice is not (batch.sec_code == "COR") and batch.sec_code != "IAT":
        message = "notifications of change stand in a COR batch, returns do not"
        log.add(line, "entry", "addenda", "BAD_ADDENDA_TYPE", message, recoverable=is_notice)
    if is_notice and use is not None and use.paid is not False and entry.record[29:39] != b"0" * 10:
        log.add(line, "entry", "amount", "BAD_AMOUNT", "a notification of change carries no amount")


def _examine_forward(batch: "OpenBatch", entry: "EntryRead", count: int) -> None:
    log, line, use = batch.log, entry.line, batch.use
    if use is not None and use.kind is Kind.RETURN:
        wanted = "98" if batch.sec_code == "COR" else "98 or 99"
        log.add(line, "entry", "addenda", "MISSING_ADDENDA", f"this transaction code comes with addenda {wanted}")
    elif count == 0 and batch.sec_code in _ALWAYS_WITH_ADDENDA:
        log.add(line, "entry", "addenda", "MISSING_ADDENDA", f"{batch.sec_code} entries have addenda")
    elif count == 0 and use is not None and use.kind is Kind.ZERO_DOLLAR and batch.sec_code in ("CCD", "CTX"):
        log.add(line, "entry", "addenda", "MISSING_ADDENDA", "a zero-dollar entry carries its information in addenda")
    said = entry.record[54:58]
    if batch.sec_code == "CTX" and said.isdigit() and int(said) != count:
        log.add(line, "entry", "addenda_count", "ADDENDA_COUNT", f"columns 55-58 say {int(said)}, {count} follow")
