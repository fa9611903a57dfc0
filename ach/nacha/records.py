"""Records 1, 5, 6, 8 and 9 as values: what stands in the columns, text without trailing blanks, amounts in cents.

Days are YYMMDD as written (`text.day_of` reads them), Julian days three digits or blank. `encode` gives exactly 94
columns and raises NachaError; `decode` takes them apart again by column.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from ach.nacha import addenda as _addenda
from ach.nacha.layout import Layout, blank, digits, kind, literal, number, stamp, text

Addendum = _addenda.Addendum

_HEADER = "BAD_FILE_HEADER"
FILE_HEADER = Layout(
    "file header", kind("1"), literal("priority_code", "01", _HEADER), text("destination", 10), text("origin", 10),
    digits("created_on", 6, _HEADER), stamp("created_at", 4, _HEADER), text("modifier", 1),
    literal("record_size", "094", _HEADER), literal("blocking_factor", "10", _HEADER),
    literal("format_code", "1", _HEADER), text("destination_name", 23), text("origin_name", 23), text("reference", 8),
)  # fmt: skip
BATCH_HEADER = Layout(
    "batch header", kind("5"), digits("service_class", 3, "BAD_SERVICE_CLASS"), text("company_name", 16),
    text("discretionary_data", 20), text("company_id", 10), text("sec_code", 3), text("description", 10),
    text("descriptive_date", 6), text("effective_on", 6), text("settled_on", 3), text("originator_status", 1),
    digits("odfi", 8), number("batch_number", 7),
)  # fmt: skip
ENTRY = Layout(
    "entry", kind("6"), digits("transaction_code", 2, "BAD_TRANSACTION_CODE"), digits("routing", 9),
    text("account", 17), number("amount", 10), text("identification", 15), text("name", 22), text("discretionary", 2),
    digits("addenda_indicator", 1, "ADDENDA_INDICATOR"), digits("trace", 15),
)  # fmt: skip
CTX_ENTRY = Layout(
    "entry", kind("6"), digits("transaction_code", 2, "BAD_TRANSACTION_CODE"), digits("routing", 9),
    text("account", 17), number("amount", 10), text("identification", 15), number("addenda_count", 4),
    text("name", 16), blank("reserved", 2), text("discretionary", 2),
    digits("addenda_indicator", 1, "ADDENDA_INDICATOR"), digits("trace", 15),
)  # fmt: skip
BATCH_CONTROL = Layout(
    "batch control", kind("8"), digits("service_class", 3, "BAD_SERVICE_CLASS"), number("entry_addenda_count", 6),
    number("entry_hash", 10), number("debit", 12), number("credit", 12), text("company_id", 10),
    text("authentication_code", 19), blank("reserved", 6), digits("odfi", 8), number("batch_number", 7),
)  # fmt: skip
FILE_CONTROL = Layout(
    "file control", kind("9"), number("batch_count", 6), number("block_count", 6), number("entry_addenda_count", 8),
    number("entry_hash", 10), number("debit", 12), number("credit", 12), blank("reserved", 39),
)  # fmt: skip


class _Whole:
    """A record whose fields are exactly those that its layout carries."""

    __slots__ = ()
    LAYOUT: ClassVar[Layout]

    def __init__(self, *values: Any) -> None: ...

    def encode(self) -> bytes:
        return self.LAYOUT.encode([getattr(self, field.name) for field in self.LAYOUT.carried])

    @classmethod
    def decode(cls, record: bytes) -> Self:
        return cls(*cls.LAYOUT.decode(record))


@dataclass(frozen=True, slots=True)
class FileHeader(_Whole):
    """`destination` is a blank and nine digits; `origin` the same, or ten characters agreed with the bank."""

    LAYOUT = FILE_HEADER

    destination: str
    origin: str
    created_on: str
    created_at: str
    modifier: str
    destination_name: str = ""
    origin_name: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class BatchHeader(_Whole):
    """`settled_on` is blank in what we send; the operator fills it. `batch_number` 0 is numbered by the writer."""

    LAYOUT = BATCH_HEADER

    service_class: str
    company_name: str
    discretionary_data: str
    company_id: str
    sec_code: str
    description: str
    descriptive_date: str
    effective_on: str
    settled_on: str
    originator_status: str
    odfi: str
    batch_number: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its addenda. `routing` has nine digits; `trace` fifteen, or is blank for the writer to number.

    `discretionary` is the payment type code of WEB and TEL. CTX names have 16 characters, others 22.
    """

    transaction_code: str
    routing: str
    account: str
    amount: int
    name: str
    identification: str = ""
    discretionary: str = ""
    trace: str = ""
    addenda: tuple[Addendum, ...] = ()

    def encode(self, sec_code: str, trace: str = "") -> bytes:
        """The entry's own record, with `trace` where it has none."""
        begins = (self.transaction_code, self.routing, self.account, self.amount, self.identification)
        ends = (self.discretionary, "1" if self.addenda else "0", self.trace or trace)
        if sec_code == "CTX":
            return CTX_ENTRY.encode((*begins, len(self.addenda), self.name, *ends))
        return ENTRY.encode((*begins, self.name, *ends))

    @classmethod
    def decode(cls, record: bytes, sec_code: str, addenda: tuple[bytes, ...] = ()) -> Self:
        """Raises NachaError where a column holds what it must not, in the entry or in its addenda."""
        layout = CTX_ENTRY if sec_code == "CTX" else ENTRY
        values: dict[str, Any] = {
            field.name: value for field, value in zip(layout.carried, layout.decode(record), strict=True)
        }
        del values["addenda_indicator"]
        values.pop("addenda_count", None)
        return cls(**values, addenda=tuple(_addenda.decode(each) for each in addenda))


@dataclass(frozen=True, slots=True)
class BatchControl(_Whole):
    LAYOUT = BATCH_CONTROL

    service_class: str
    entry_addenda_count: int
    entry_hash: int
    debit: int
    credit: int
    company_id: str
    authentication_code: str
    odfi: str
    batch_number: int


@dataclass(frozen=True, slots=True)
class FileControl(_Whole):
    LAYOUT = FILE_CONTROL

    batch_count: int
    block_count: int
    entry_addenda_count: int
    entry_hash: int
    debit: int
    credit: int
