"""What records 1 and 5 must say, beyond the form of their columns."""

from ach.nacha import routing, text
from ach.nacha.codes import SEC_CODES, ServiceClass
from ach.nacha.examined import Examined
from ach.nacha.problems import Log
from ach.nacha.records import BATCH_HEADER, FILE_HEADER

_HEADER = "BAD_FILE_HEADER"
_MODIFIERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
# Originator status: 1 a depository institution, 2 a federal agency, 0 the operator's own advices.
_STATUS = {"ADV": "0", "IAT": "012"}
_LAST_DAY = 366


def check_file_header(log: Log, line: int, record: bytes) -> None:
    header = Examined(log, line, FILE_HEADER, record)
    _check_destination(header)
    if not header.text("origin").strip():
        header.refuse("origin", _HEADER, "must not be blank")
    if text.day_of(header.text("created_on")) is None:
        header.refuse("created_on", _HEADER, "must be a day, YYMMDD")
    moment = header.text("created_at")
    if moment.strip() and not text.is_hhmm(moment):
        header.refuse("created_at", _HEADER, "must be HHMM or blank")
    modifier = header.text("modifier")
    if modifier not in _MODIFIERS:
        header.refuse("modifier", _HEADER, "must be A-Z or 0-9", recoverable=modifier == " ")


def _check_destination(header: Examined) -> None:
    destination = header.text("destination")
    number = destination[1:]
    if destination[0] != " " or not (number.isascii() and number.isdigit()):
        header.refuse("destination", _HEADER, "must be a blank and nine digits")
    elif number == routing.NOBODY:
        header.refuse("destination", _HEADER, "nine zeros are nobody's routing number")
    elif not routing.is_valid(number):
        # Banks address what they send by numbers of their own.
        header.refuse("destination", "BAD_CHECK_DIGIT", "the ninth digit does not fit", recoverable=True)


def check_batch_header(log: Log, line: int, record: bytes, last_number: int) -> None:
    header = Examined(log, line, BATCH_HEADER, record)
    sec, service = header.text("sec_code"), header.text("service_class")
    if service not in set(ServiceClass):
        header.refuse("service_class", "BAD_SERVICE_CLASS", "must be 200, 220, 225, or 280 for ADV")
    elif (service == ServiceClass.ADVICES) is not (sec == "ADV"):
        header.refuse("service_class", "BAD_SERVICE_CLASS", "280 and ADV belong together")
    if sec not in SEC_CODES:
        header.refuse("sec_code", "BAD_SEC_CODE", "columns 51-53 are no standard entry class")
    allowed = _STATUS.get(sec, "12")
    if header.text("originator_status") not in tuple(allowed):
        header.refuse("originator_status", "BAD_ORIGINATOR_STATUS", f"must be {' or '.join(allowed)}")
    _check_names(header, international=sec == "IAT")
    _check_days(header)
    if header.number("batch_number") <= last_number:
        header.refuse("batch_number", "BATCH_NUMBER_ORDER", f"must be above {last_number}", recoverable=True)


def _check_names(header: Examined, *, international: bool) -> None:
    """Where others have the company's name, international batches have blanks and the rate of exchange."""
    for field in ("description",) if international else ("company_name", "description"):
        refuse_nothing(header, field)
    if not international and not header.text("company_id").strip():
        header.refuse("company_id", "FIELD_BLANK", "must not be blank", recoverable=True)


def _check_days(header: Examined) -> None:
    """The operator puts the next possible day in place of one that does not exist, so the entries are not lost."""
    effective, settled = header.text("effective_on"), header.text("settled_on")
    if effective.strip() and effective != "000000" and text.day_of(effective) is None:
        header.refuse("effective_on", "BAD_DATE", "must be a day, YYMMDD, blank or zeros", recoverable=True)
    if settled.strip() and not (settled.isascii() and settled.isdigit() and int(settled) <= _LAST_DAY):
        header.refuse("settled_on", "BAD_DATE", "must be a day of the year or blank", recoverable=True)


def refuse_nothing(record: Examined, field: str) -> None:
    """Blanks and zeros are no name."""
    value = record.text(field)
    if not value.strip(" 0"):
        code = "FIELD_ALL_ZEROS" if "0" in value else "FIELD_BLANK"
        record.refuse(field, code, "must not be all blanks or zeros")
