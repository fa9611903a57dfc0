"""Record 7 in its six layouts: payment information (05), changes and their refusal (98), returns in three stages (99).

Which layout a 98 or 99 record has is decided by its code. `trace` blank is filled by the writer with the entry's own.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from ach.nacha import changes, reasons
from ach.nacha.layout import Layout, blank, digits, kind, literal, number, stamp, text
from ach.nacha.problems import NachaError
from ach.nacha.reasons import Stage

_TYPE = "BAD_ADDENDA_TYPE"


def _layout(type_code: str, *middle: Any) -> Layout:
    return Layout("addenda", kind("7"), literal("type_code", type_code, _TYPE), *middle)


PAYMENT = _layout(
    "05", text("information", 80), number("sequence", 4, mild=True), number("entry_sequence", 7, mild=True),
)  # fmt: skip
NOTICE = _layout(
    "98", text("code", 3), digits("original_trace", 15), blank("reserved", 6), digits("original_rdfi", 8),
    text("corrected_data", 29), blank("reserved_too", 15), digits("trace", 15),
)  # fmt: skip
REFUSED = _layout(
    "98", text("code", 3), digits("original_trace", 15), blank("reserved", 6), digits("original_rdfi", 8),
    text("corrected_data", 29), text("change_code", 3), digits("notice_sequence", 7), blank("reserved_too", 5),
    digits("trace", 15),
)  # fmt: skip
RETURN = _layout(
    "99", text("code", 3), digits("original_trace", 15), stamp("died_on", 6), digits("original_rdfi", 8),
    text("information", 44), digits("trace", 15),
)  # fmt: skip
DISHONORED = _layout(
    "99", text("code", 3), digits("original_trace", 15), blank("reserved", 6), digits("original_rdfi", 8),
    blank("reserved_too", 3), digits("return_trace", 15), stamp("return_settled_on", 3), digits("return_reason", 2),
    text("information", 21), digits("trace", 15),
)  # fmt: skip
CONTESTED = _layout(
    "99", text("code", 3), digits("original_trace", 15), stamp("original_returned_on", 6), digits("original_rdfi", 8),
    stamp("original_settled_on", 3), digits("return_trace", 15), stamp("return_settled_on", 3),
    digits("return_reason", 2), digits("dishonored_trace", 15), stamp("dishonored_settled_on", 3),
    digits("dishonored_reason", 2), blank("reserved", 1), digits("trace", 15),
)  # fmt: skip


class _Answer:
    """98 and 99: fields as carried, the last one is the trace."""

    __slots__ = ()
    LAYOUT: ClassVar[Layout]
    trace: str

    def __init__(self, *values: Any) -> None: ...

    def encode(self, trace: str = "") -> bytes:
        values = [getattr(self, field.name) for field in self.LAYOUT.carried]
        values[-1] = self.trace or trace
        return self.LAYOUT.encode(values)

    @classmethod
    def decode(cls, record: bytes) -> Self:
        return cls(*cls.LAYOUT.decode(record))


@dataclass(frozen=True, slots=True)
class Addenda05:
    """Payment-related information. `sequence` and `entry_sequence` are the writer's."""

    information: str
    sequence: int = 0
    entry_sequence: int = 0

    def encode_as(self, sequence: int, entry_sequence: int) -> bytes:
        return PAYMENT.encode((self.information, self.sequence or sequence, self.entry_sequence or entry_sequence))

    @classmethod
    def decode(cls, record: bytes) -> Self:
        information, sequence, entry_sequence = PAYMENT.decode(record)
        return cls(str(information), int(sequence), int(entry_sequence))


@dataclass(frozen=True, slots=True)
class NoticeOfChange(_Answer):
    """C01 to C14. `corrected_data` is read by `corrections.parse`; it may be an account number."""

    LAYOUT = NOTICE

    code: str
    original_trace: str
    original_rdfi: str
    corrected_data: str
    trace: str = ""


@dataclass(frozen=True, slots=True)
class RefusedNotice(_Answer):
    """C61 to C69: the ODFI refuses a notice. `notice_sequence` is the end of that notice's own trace."""

    LAYOUT = REFUSED

    code: str
    original_trace: str
    original_rdfi: str
    corrected_data: str
    change_code: str
    notice_sequence: str
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Return(_Answer):
    """R01 to R53 and R80 to R90. `original_trace` is the key to the entry that we sent; `died_on` with R14, R15."""

    LAYOUT = RETURN

    code: str
    original_trace: str
    died_on: str
    original_rdfi: str
    information: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Dishonored(_Answer):
    """R61 to R70: the ODFI does not take the return. `return_reason` is the code without its R."""

    LAYOUT = DISHONORED

    code: str
    original_trace: str
    original_rdfi: str
    return_trace: str
    return_settled_on: str
    return_reason: str
    information: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Contested(_Answer):
    """R71 to R77: the RDFI stands by its return."""

    LAYOUT = CONTESTED

    code: str
    original_trace: str
    original_returned_on: str
    original_rdfi: str
    original_settled_on: str
    return_trace: str
    return_settled_on: str
    return_reason: str
    dishonored_trace: str
    dishonored_settled_on: str
    dishonored_reason: str
    trace: str = ""


Addendum = Addenda05 | NoticeOfChange | RefusedNotice | Return | Dishonored | Contested
_STAGES: dict[Stage, type[Return | Dishonored | Contested]] = {
    Stage.RETURN: Return, Stage.DISHONORED: Dishonored, Stage.CONTESTED: Contested,
}  # fmt: skip


def form_of(record: bytes) -> type[Addendum]:
    """The class of a record 7. Raises NachaError for a type or code that has none."""
    type_code, code = record[1:3], record[3:6].decode("latin-1")
    if type_code == b"05":
        return Addenda05
    if type_code == b"99":
        if reason := reasons.REASONS.get(code):
            return _STAGES[reason.stage]
        raise NachaError("BAD_RETURN_CODE", "code", "columns 4-6 are no return reason code", record="addenda")
    if type_code == b"98":
        if code in changes.REFUSAL_CODES:
            return RefusedNotice
        if code in changes.CHANGE_CODES:
            return NoticeOfChange
        raise NachaError("BAD_CHANGE_CODE", "code", "columns 4-6 are no change code", record="addenda")
    raise NachaError(_TYPE, "type_code", "columns 2-3 are no addenda type that is decoded", record="addenda")


def decode(record: bytes) -> Addendum:
    """Raises NachaError for a code that does not exist or a column that holds what it must not."""
    return form_of(record).decode(record)


def _require_carried(form: type[Any]) -> None:
    if [each.name for each in fields(form)] != [field.name for field in form.LAYOUT.carried]:
        raise TypeError(f"{form.__name__} does not have the fields of its layout")


for _form in (NoticeOfChange, RefusedNotice, Return, Dishonored, Contested):
    _require_carried(_form)
