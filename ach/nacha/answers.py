"""What a 98 or 99 record must say: a code that exists and is in force, corrected data that can be read."""

from datetime import date

from ach.nacha import addenda, changes, corrections, reasons
from ach.nacha.changes import ChangeCode
from ach.nacha.examined import Examined
from ach.nacha.problems import Log, NachaError


def check(log: Log, line: int, record: bytes, *, created_on: date | None, international: bool) -> None:
    """`created_on` of the file decides whether a code is in force; without it none that begins one day is."""
    try:
        form = addenda.form_of(record)
    except NachaError as error:
        log.add(line, "addenda", error.field, error.code, error.message)
        return
    code = record[3:6].decode("latin-1")
    if (reason := reasons.REASONS.get(code)) and not reason.is_in_force(created_on):
        log.add(line, "addenda", "code", "BAD_RETURN_CODE", f"{code} is in force from {reason.in_force_from}")
    # Addenda 98 and 99 of international entries have columns of their own.
    if issubclass(form, addenda.Addenda05) or international:
        return
    answer = Examined(log, line, form.LAYOUT, record)
    if form is addenda.NoticeOfChange and answer.fits("corrected_data"):
        _check_notice(answer, changes.CHANGE_CODES[code])
    if form is addenda.RefusedNotice and answer.text("change_code") not in changes.CHANGE_CODES:
        answer.refuse("change_code", "BAD_CHANGE_CODE", "columns 65-67 are no change code")


def _check_notice(answer: Examined, change: ChangeCode) -> None:
    """C08, C13 and C14 correct nothing that a program could apply; that is no fault of the file."""
    data = answer.text("corrected_data")
    if not change.parts:
        return
    if not data.strip():
        answer.refuse("corrected_data", "FIELD_BLANK", "a notification of change says what is right")
        return
    found = corrections.parse(change.code, data, line=answer.line)
    if not isinstance(found, corrections.Correction):
        answer.log.keep(found)
