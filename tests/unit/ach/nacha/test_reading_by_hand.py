"""The reader on files that one can check by eye: what it tells, at which line, and what each mode makes of it."""

import io
from collections.abc import Callable

import pytest

from ach.nacha.addenda import Addenda05, NoticeOfChange, Return
from ach.nacha.events import BatchControlRead, BatchHeaderRead, EntryRead, FileControlRead, FileHeaderRead
from ach.nacha.inspect import Verdict, inspect
from ach.nacha.problems import Mode
from ach.nacha.read import Limits, Reader, events
from ach.nacha.records import Entry
from ach.nacha.returns import MatchKey, answer_of, key_of_sent
from tests.unit.ach.nacha.files import (
    COMES_BACK,
    PADDING,
    PAYOUTS,
    PAYOUTS_SUMS,
    raw_sums,
    read,
    sums_of,
    text_of,
    told,
)

Rows = list[str]


def test_three_entries_in_two_batches() -> None:
    """Ten records exactly fill a block, so there is no padding."""
    content = text_of(PAYOUTS)
    assert content.count(b"\n") == 10
    reader = read(content)
    assert reader.log.errors == []
    assert sums_of(reader) == PAYOUTS_SUMS == raw_sums(content)


def test_events_come_in_the_order_of_the_file_with_their_lines() -> None:
    found = list(events(io.BytesIO(text_of(PAYOUTS)), Mode.STRICT))
    assert [(type(each), each.line) for each in found] == [
        (FileHeaderRead, 1), (BatchHeaderRead, 2), (EntryRead, 3), (EntryRead, 4), (BatchControlRead, 6),
        (BatchHeaderRead, 7), (EntryRead, 8), (BatchControlRead, 9), (FileControlRead, 10),
    ]  # fmt: skip
    second = found[3]
    assert isinstance(second, EntryRead)
    assert second.sound
    assert second.entry == Entry(
        "32", "987654320", "S-77-1", 8999, "GRACE HOPPER", "POUT-2", trace="123456780000002",
        addenda=(Addenda05("BOOKING 4711, THANK YOU", 1, 2),),
    )  # fmt: skip


def test_a_return_and_a_notice_lead_back_to_what_we_sent() -> None:
    reader = Reader(io.BytesIO(text_of(COMES_BACK)), Mode.STRICT)
    returned, noticed = [each for each in reader if isinstance(each, EntryRead)]
    assert reader.log.errors == []
    assert returned.entry.addenda == (
        Return("R03", "123456780000001", "", "11111111", "NO SUCH ACCOUNT", "111111110000001"),
    )
    answer = answer_of(returned)
    assert answer is not None
    assert (answer.line, answer.code, answer.stage, answer.transaction_code) == (4, "R03", "return", "21")
    sent = {"trace": "123456780000001", "routing": "111111118", "amount": 125_000, "company_id": "1120000007"}
    assert answer.key == key_of_sent(**sent)  # type: ignore[arg-type]
    # One cent more, and it is another entry with the same trace number.
    assert answer.key != key_of_sent(**sent | {"amount": 125_001})  # type: ignore[arg-type]
    [notice] = noticed.entry.addenda
    assert isinstance(notice, NoticeOfChange)
    assert (notice.code, notice.original_trace, notice.corrected_data) == ("C01", "123456780000002", "S-77-2")
    changed = answer_of(noticed)
    assert changed is not None
    assert (changed.stage, changed.key) == ("change", MatchKey("123456780000002", "98765432", 0, "1120000007"))


def test_the_report_names_what_comes_back_and_shows_no_account() -> None:
    report = inspect(io.BytesIO(text_of(COMES_BACK)))
    assert report.verdict is Verdict.VALID
    assert report.returns == [
        {
            "line": 4, "code": "R03", "kind": "return", "originalTrace": "123456780000001", "rdfi": "11111111",
            "amountCents": 125_000, "sound": True,
        }
    ]  # fmt: skip
    assert [(each["code"], each["corrects"]) for each in report.changes] == [("C01", ["account"])]
    for secret in ("12345678901", "S-77", "LOVELACE", "HOPPER"):
        assert secret not in str(report.as_json())


def with_row(number: int, row: str) -> Callable[[Rows], Rows]:
    return lambda rows: [*rows[: number - 1], row, *rows[number:]]


def without_row(number: int) -> Callable[[Rows], Rows]:
    return lambda rows: rows[: number - 1] + rows[number:]


def with_columns(number: int, first: int, value: str) -> Callable[[Rows], Rows]:
    def change(rows: Rows) -> Rows:
        row = rows[number - 1]
        return with_row(number, row[: first - 1] + value + row[first - 1 + len(value) :])(rows)

    return change


# What is done to PAYOUTS, and the findings that say so: line, field, code. Further findings may follow from it.
BROKEN = [
    (without_row(1), (1, "file_header", "MISSING_FILE_HEADER")),
    (without_row(10), (10, "file_control", "MISSING_FILE_CONTROL")),
    (lambda rows: [rows[1], rows[0], *rows[2:]], (2, "record_type", "HEADER_NOT_FIRST")),
    (lambda rows: [rows[0], *rows], (2, "record_type", "SECOND_FILE_HEADER")),
    (lambda rows: [*rows, rows[9]], (11, "record_type", "SECOND_FILE_CONTROL")),
    (lambda rows: [*rows, rows[6]], (11, "record_type", "RECORD_AFTER_FILE_CONTROL")),
    (without_row(6), (6, "record_type", "BATCH_HEADER_IN_OPEN_BATCH")),
    (without_row(9), (9, "record_type", "MISSING_BATCH_CONTROL")),
    (without_row(2), (2, "record_type", "ENTRY_OUTSIDE_BATCH")),
    (lambda rows: [*rows[:2], rows[4], *rows[2:]], (3, "record_type", "ADDENDA_OUTSIDE_ENTRY")),
    (lambda rows: [*rows[:6], rows[5], *rows[6:]], (7, "record_type", "BATCH_CONTROL_OUTSIDE_BATCH")),
    (without_row(8), (8, "record_type", "EMPTY_BATCH")),
    (lambda rows: [*rows[:9], PADDING, rows[9]], (10, "record_type", "MISPLACED_PADDING")),
    (with_columns(3, 1, "4"), (3, "record_type", "UNKNOWN_RECORD_TYPE")),
    (with_columns(1, 4, " 123456781"), (1, "destination", "BAD_CHECK_DIGIT")),
    (with_columns(1, 4, " 000000000"), (1, "destination", "BAD_FILE_HEADER")),
    (with_columns(1, 14, " " * 10), (1, "origin", "BAD_FILE_HEADER")),
    (with_columns(1, 24, "260231"), (1, "created_on", "BAD_FILE_HEADER")),
    (with_columns(1, 30, "2460"), (1, "created_at", "BAD_FILE_HEADER")),
    (with_columns(1, 34, "a"), (1, "modifier", "BAD_FILE_HEADER")),
    (with_columns(1, 35, "095"), (1, "record_size", "BAD_FILE_HEADER")),
    (with_columns(1, 38, "20"), (1, "blocking_factor", "BAD_FILE_HEADER")),
    (with_columns(2, 2, "300"), (2, "service_class", "BAD_SERVICE_CLASS")),
    (with_columns(2, 2, "280"), (2, "service_class", "BAD_SERVICE_CLASS")),
    (with_columns(2, 2, "225"), (3, "transaction_code", "TRANSACTION_CODE_NOT_ALLOWED")),
    (with_columns(2, 5, " " * 16), (2, "company_name", "FIELD_BLANK")),
    (with_columns(2, 41, " " * 10), (2, "company_id", "FIELD_BLANK")),
    (with_columns(2, 51, "ppd"), (2, "sec_code", "BAD_SEC_CODE")),
    (with_columns(2, 54, "0000000000"), (2, "description", "FIELD_ALL_ZEROS")),
    (with_columns(2, 70, "260631"), (2, "effective_on", "BAD_DATE")),
    (with_columns(2, 76, "367"), (2, "settled_on", "BAD_DATE")),
    (with_columns(2, 79, "0"), (2, "originator_status", "BAD_ORIGINATOR_STATUS")),
    (with_columns(7, 88, "0000001"), (7, "batch_number", "BATCH_NUMBER_ORDER")),
    (with_columns(3, 2, "25"), (3, "transaction_code", "BAD_TRANSACTION_CODE")),
    (with_columns(3, 2, "24"), (3, "transaction_code", "TRANSACTION_CODE_NOT_ALLOWED")),
    (with_columns(3, 2, "21"), (3, "addenda", "MISSING_ADDENDA")),
    (with_columns(3, 2, "23"), (3, "amount", "BAD_AMOUNT")),
    (with_columns(3, 30, "0" * 10), (3, "amount", "BAD_AMOUNT")),
    (with_columns(3, 30, "00001250.0"), (3, "amount", "NON_NUMERIC_FIELD")),
    (with_columns(3, 4, "000000000"), (3, "routing", "FIELD_ALL_ZEROS")),
    (with_columns(3, 12, "9"), (3, "routing", "BAD_CHECK_DIGIT")),
    (with_columns(3, 13, " " * 17), (3, "account", "FIELD_BLANK")),
    (with_columns(3, 79, "1"), (3, "addenda_indicator", "ADDENDA_INDICATOR")),
    (with_columns(4, 79, "0"), (4, "addenda_indicator", "ADDENDA_INDICATOR")),
    (with_columns(3, 79, "2"), (3, "addenda_indicator", "ADDENDA_INDICATOR")),
    (with_columns(3, 80, "12345679"), (3, "trace", "ODFI_TRACE_MISMATCH")),
    (with_columns(4, 88, "0000001"), (4, "trace", "TRACE_ORDER")),
    (with_columns(5, 2, "02"), (5, "type_code", "BAD_ADDENDA_TYPE")),
    (with_columns(5, 84, "0002"), (5, "sequence", "ADDENDA_SEQUENCE")),
    (with_columns(5, 94, "3"), (5, "entry_sequence", "ADDENDA_TRACE_MISMATCH")),
    (lambda rows: [*rows[:5], rows[4], *rows[5:]], (6, "type_code", "ADDENDA_COUNT")),
    (with_columns(2, 51, "TEL"), (5, "type_code", "BAD_ADDENDA_TYPE")),
    (with_columns(5, 2, "99"), (5, "code", "BAD_RETURN_CODE")),
    (with_columns(5, 2, "98"), (5, "code", "BAD_CHANGE_CODE")),
    (with_columns(6, 2, "200"), (6, "service_class", "SERVICE_CLASS_MISMATCH")),
    (with_columns(6, 5, "000004"), (6, "entry_addenda_count", "COUNT_MISMATCH")),
    (with_columns(6, 20, "4"), (6, "entry_hash", "HASH_MISMATCH")),
    (with_columns(6, 32, "1"), (6, "debit", "TOTAL_MISMATCH")),
    (with_columns(6, 44, "8"), (6, "credit", "TOTAL_MISMATCH")),
    (with_columns(6, 45, "1120000008"), (6, "company_id", "COMPANY_ID_MISMATCH")),
    (with_columns(6, 74, "X"), (6, "reserved", "RESERVED_NOT_BLANK")),
    (with_columns(6, 80, "12345679"), (6, "odfi", "ODFI_MISMATCH")),
    (with_columns(6, 94, "2"), (6, "batch_number", "BATCH_NUMBER_MISMATCH")),
    (with_columns(10, 7, "3"), (10, "batch_count", "BATCH_COUNT_MISMATCH")),
    (with_columns(10, 13, "2"), (10, "block_count", "BLOCK_COUNT")),
    (with_columns(10, 21, "5"), (10, "entry_addenda_count", "COUNT_MISMATCH")),
    (with_columns(10, 31, "5"), (10, "entry_hash", "HASH_MISMATCH")),
    (with_columns(10, 43, "6"), (10, "debit", "TOTAL_MISMATCH")),
    (with_columns(10, 55, "8"), (10, "credit", "TOTAL_MISMATCH")),
    (with_columns(10, 94, "0"), (10, "reserved", "RESERVED_NOT_BLANK")),
    (lambda rows: rows + [PADDING] * 10, (20, "padding", "BLOCKING")),
    (with_columns(3, 55, "A\tB"), (3, "name", "CONTROL_CHARACTER")),
    (with_columns(3, 55, "Ren\xe9e"), (3, "name", "NON_ASCII")),
]


@pytest.mark.parametrize(("change", "finding"), BROKEN, ids=[f"{code} {field}" for _, (_, field, code) in BROKEN])
def test_each_mistake_is_found_at_its_place(change: Callable[[Rows], Rows], finding: tuple[int, str, str]) -> None:
    reader = read(text_of(change(list(PAYOUTS))))
    assert finding in told(reader.log.errors)
    # What is said of a name or an account is its place, never its content.
    assert not any("LOVELACE" in each.message or "12345678901" in each.message for each in reader.log.errors)


RECOVERED = [
    ("lines end with CR LF", text_of(PAYOUTS, "\r\n"), ["LINE_END"]),
    ("no line breaks", text_of(PAYOUTS, ""), ["BAD_RECORD_LENGTH"]),
    ("blanks cut off", b"\n".join(row.rstrip().encode() for row in PAYOUTS), ["BAD_RECORD_LENGTH"] * 2),
    ("blanks added", text_of(PAYOUTS, " \n"), ["BAD_RECORD_LENGTH"] * 10),
    ("blank lines", text_of(PAYOUTS, "\n\n"), ["BAD_RECORD_LENGTH"] * 9),
    ("not padded", "\n".join([*PAYOUTS[:6], "9000001000001000000030109876543000000000000000000133999"]).encode(),
     ["BAD_RECORD_LENGTH", "BLOCKING"]),
    ("nothing today", text_of([PAYOUTS[0], "9000000000001" + "0" * 42 + " " * 39]), ["EMPTY_FILE"]),
    ("company id shifted", text_of(PAYOUTS).replace(b"1120000007PPD", b" 112000000PPD", 1).replace(
        b"1339991120000007 ", b"133999112000000  ", 1), ["COMPANY_ID_MISMATCH"]),
    ("padding cut off", text_of(PAYOUTS[:1] + PAYOUTS[6:9] + (
        "9000001000001000000010011111111000000031005000000000000                                       ",)
    ).replace(PADDING.encode(), PADDING[:80].encode()), ["BAD_RECORD_LENGTH"] * 5),
]  # fmt: skip


@pytest.mark.parametrize(("content", "codes"), [each[1:] for each in RECOVERED], ids=[each[0] for each in RECOVERED])
def test_what_banks_send_is_taken_inbound_with_a_warning_and_refused_strictly(content: bytes, codes: list[str]) -> None:
    inbound, strict = read(content, Mode.INBOUND), read(content, Mode.STRICT)
    assert (told(inbound.log.errors), [each.code for each in inbound.log.warnings]) == ([], codes)
    assert told(strict.log.errors) == told(inbound.log.warnings)
    assert strict.log.warnings == []


def test_a_record_that_is_short_in_the_middle_is_not_recovered() -> None:
    """Filled up with blanks it would be another record: its trace number is gone."""
    rows = list(PAYOUTS)
    rows[2] = rows[2][:90]
    reader = read(text_of(rows), Mode.INBOUND)
    assert (3, "record", "BAD_RECORD_LENGTH") in told(reader.log.errors)
    assert (3, "trace", "NON_NUMERIC_FIELD") in told(reader.log.errors)


def test_an_entry_with_an_error_is_yielded_but_not_sound() -> None:
    rows = with_columns(3, 12, "9")(list(PAYOUTS))
    found = [each for each in Reader(io.BytesIO(text_of(rows)), Mode.INBOUND) if isinstance(each, EntryRead)]
    assert [each.sound for each in found] == [False, True, True]


def test_sanctions_returns_are_in_force_from_the_day_of_their_rule() -> None:
    rows = with_columns(4, 4, "R90")(list(COMES_BACK))
    assert told(read(text_of(rows)).log.errors) == [(4, "code", "BAD_RETURN_CODE")]
    for created_on, errors in (("280316", 1), ("280317", 0)):
        assert len(read(text_of(with_columns(1, 24, created_on)(rows))).log.errors) == errors


def test_problems_beyond_the_limit_are_counted() -> None:
    """A file of nothing but strangers: ten are told and the reason to stop, the rest are counted."""
    content = b"X" * 93 + b"\n"
    report = inspect(io.BytesIO(content * 60_000), limits=Limits(errors=500, kept=10))
    assert [each.code for each in report.errors] == ["UNKNOWN_RECORD_TYPE", "BAD_RECORD_LENGTH"] * 5 + [
        "TOO_MANY_ERRORS"
    ]
    assert report.left_out["errors"] > 490
    assert report.verdict is Verdict.INVALID


def test_a_file_without_end_is_left() -> None:
    reader = Reader(io.BytesIO(b"\n" * 3_000_000), Mode.INBOUND, Limits(lines=100_000))
    list(reader)
    assert told(reader.log.errors) == [(262144, "records", "TOO_LONG")]


def test_a_code_of_the_other_kind_is_told_as_what_its_record_is() -> None:
    """A return record with a change code is a return that nobody understands, not a change; and the other way round."""
    rows = with_columns(8, 4, "R03")(with_columns(4, 4, "C01")(list(COMES_BACK)))
    report = inspect(io.BytesIO(text_of(rows)))
    assert told(report.errors) == [(4, "code", "BAD_RETURN_CODE"), (8, "code", "BAD_CHANGE_CODE")]
    assert [(each["line"], each["code"], each["kind"]) for each in report.returns] == [(4, "C01", "return")]
    assert [(each["line"], each["code"], each["corrects"]) for each in report.changes] == [(8, "R03", [])]


# Two advices, whose amounts have twelve digits in columns 28-39 and whose totals have twenty.
ADVICES = (
    PAYOUTS[0],
    "5280SANDBOX BANK                        1120000007ADVADVICE          260602   0123456780000001",
    "68111111111800012345678901201250000000012345678000011                         0111111111530001",
    "68211111111800012345678901200000250000012345678000011                         0111111111530002",
    "828000000200222222220000000000000250000000000000012500000000                   123456780000001",
    "90000010000010000000200222222220000000000000250000000000000012500000000                       ",
)


def test_advices_are_added_up_by_their_own_columns_and_do_not_mix() -> None:
    """In the ordinary columns 30-39 the first of 125,000,000.00 would lose its leading digit."""
    reader = read(text_of(ADVICES))
    assert told(reader.log.errors) == []
    assert (reader.sums.debit, reader.sums.credit) == (2_500_000, 12_500_000_000)
    mixed = [*PAYOUTS[:6], *ADVICES[1:5], PAYOUTS[9]]
    assert (7, "sec_code", "UNSUPPORTED_MIX") in told(read(text_of(mixed), Mode.INBOUND).log.errors)
