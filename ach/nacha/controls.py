"""Records 8 and 9 against what was read: counts, hash, totals, and that they repeat what the header said."""

from ach.nacha.events import BatchHeaderRead
from ach.nacha.examined import Examined
from ach.nacha.layout import Layout, blank, digits, kind, number, text
from ach.nacha.problems import Log
from ach.nacha.records import BATCH_CONTROL, FILE_CONTROL
from ach.nacha.sums import Sums

# Files of accounting advices have totals of twenty digits.
ADVICE_BATCH_CONTROL = Layout(
    "batch control", kind("8"), digits("service_class", 3, "BAD_SERVICE_CLASS"), number("entry_addenda_count", 6),
    number("entry_hash", 10), number("debit", 20), number("credit", 20), text("operator_data", 19), digits("odfi", 8),
    number("batch_number", 7),
)  # fmt: skip
ADVICE_FILE_CONTROL = Layout(
    "file control", kind("9"), number("batch_count", 6), number("block_count", 6), number("entry_addenda_count", 8),
    number("entry_hash", 10), number("debit", 20), number("credit", 20), blank("reserved", 23),
)  # fmt: skip


def check_batch_control(log: Log, line: int, record: bytes, head: BatchHeaderRead, sums: Sums) -> None:
    advices = head.sec_code == "ADV"
    control = Examined(log, line, ADVICE_BATCH_CONTROL if advices else BATCH_CONTROL, record)
    _check_sums(control, sums)
    before = head.record
    if control.raw("service_class") != before[1:4]:
        control.refuse("service_class", "SERVICE_CLASS_MISMATCH", "differs from the batch header")
    if control.raw("odfi") != before[79:87]:
        control.refuse("odfi", "ODFI_MISMATCH", "differs from the batch header")
    if control.raw("batch_number") != before[87:]:
        control.refuse("batch_number", "BATCH_NUMBER_MISMATCH", "differs from the batch header")
    # International batches identify the originator in the header only.
    if not advices and head.sec_code != "IAT" and control.raw("company_id") != before[40:50]:
        shifted = control.raw("company_id").strip() == before[40:50].strip()
        message = "is the batch header's, shifted" if shifted else "differs from the batch header"
        control.refuse("company_id", "COMPANY_ID_MISMATCH", message, recoverable=shifted)


def check_file_control(log: Log, line: int, record: bytes, *, batches: int, sums: Sums, advices: bool) -> int:
    """The block count that it says; whether it is right shows when the file ends."""
    control = Examined(log, line, ADVICE_FILE_CONTROL if advices else FILE_CONTROL, record)
    if control.number("batch_count") != batches:
        message = f"says {control.number('batch_count')}, the file has {batches}"
        control.refuse("batch_count", "BATCH_COUNT_MISMATCH", message)
    _check_sums(control, sums)
    return control.number("block_count")


def _check_sums(control: Examined, sums: Sums) -> None:
    for field, code, found in (
        ("entry_addenda_count", "COUNT_MISMATCH", sums.records),
        ("entry_hash", "HASH_MISMATCH", sums.written_hash),
        ("debit", "TOTAL_MISMATCH", sums.debit),
        ("credit", "TOTAL_MISMATCH", sums.credit),
    ):
        if control.number(field) != found:
            control.refuse(field, code, f"says {control.number(field)}, the records add up to {found}")
