"""The writer: what it numbers and adds up, and what it refuses before a byte of it is out."""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ach.nacha.addenda import Addenda05, NoticeOfChange, RefusedNotice, Return
from ach.nacha.problems import NachaError
from ach.nacha.records import BatchHeader, Entry
from ach.nacha.write import MOST_CENTS, OutgoingBatch, OutgoingFile, Placed, write
from tests.unit.ach.nacha.files import COMES_BACK, OTHER_RDFI, PAYOUTS, raw_sums, read, text_of
from tests.unit.ach.nacha.outgoing import HEADER, LARGEST, PPD, entry, one, written

CCD = replace(PPD, service_class="225", sec_code="CCD", description="INVOICE")
COR = replace(PPD, sec_code="COR")


def test_the_payouts_of_the_worked_example() -> None:
    """Sequences run on through the batches; each entry is told its line, so that a request can be found in the file."""
    batches = [
        OutgoingBatch(PPD, [
            entry(identification="POUT-1"),
            Entry("32", OTHER_RDFI, "S-77-1", 8_999, "GRACE HOPPER", "POUT-2",
                  addenda=(Addenda05("BOOKING 4711, THANK YOU"),)),
        ]),
        OutgoingBatch(CCD, [Entry("27", "111111118", "998877", 31_005, "ACME LLC", "INV-9")]),
    ]  # fmt: skip
    content, totals, placed = written(batches)
    assert content == text_of(PAYOUTS)
    assert totals == (2, 3, 1, 31_005, 133_999, 120_987_654, 10, 4)
    assert placed == [
        Placed(0, 1, 3, "123456780000001"), Placed(1, 1, 4, "123456780000002"), Placed(2, 2, 8, "123456780000003"),
    ]  # fmt: skip


def test_a_bank_writes_what_comes_back() -> None:
    ours = {"company_id": "1120000007", "effective_on": "260604"}
    returned = Return("R03", "123456780000001", "", "11111111", "NO SUCH ACCOUNT")
    noticed = NoticeOfChange("C01", "123456780000002", "98765432", "S-77-2")
    content, _, _ = written(
        [
            OutgoingBatch(replace(PPD, odfi="11111111", **ours), [
                replace(entry(code="21"), routing="123456780", identification="POUT-1", addenda=(returned,)),
            ]),
            OutgoingBatch(replace(COR, odfi="98765432", **ours), [
                Entry("21", "123456780", "S-77-1", 0, "GRACE HOPPER", "POUT-2", trace="987654320000001",
                      addenda=(noticed,)),
            ]),
        ],
        header=replace(
            HEADER, destination=" 987654320", origin=" 123456780", created_on="260604", created_at="1015",
            destination_name="HOLDFAST", origin_name="SANDBOX BANK",
        ),
    )  # fmt: skip
    assert content == text_of(COMES_BACK)


@pytest.mark.parametrize(("entries", "lines"), [(1, 10), (6, 10), (7, 20), (16, 20)])
def test_blocks_are_filled_and_full_blocks_are_not(entries: int, lines: int) -> None:
    """Four records are the file's own and the batch's own; six entries make ten."""
    content, totals, _ = written(one(PPD, *[entry() for _ in range(entries)]))
    assert content.count(b"\n") == totals.lines == lines
    padding = content.split(b"\n")[4 + entries : -1]
    assert padding == [b"9" * 94] * (lines - 4 - entries)


def test_the_entry_hash_keeps_its_ten_low_digits() -> None:
    """102 entries to 98765432: 10,074,074,064 has eleven digits."""
    content, totals, _ = written(one(PPD, *[entry(routing=OTHER_RDFI) for _ in range(102)]))
    assert totals.entry_hash == 10_074_074_064 - 10_000_000_000 == raw_sums(content)["hash"]
    assert b"\n8220000102" + b"0074074064" in content
    assert read(content).log.errors == []


def test_the_largest_amounts_fit_and_a_cent_more_does_not() -> None:
    """An entry of 99,999,999.99; a hundred of them and 100 cents are 9,999,999,999.99 together, the most of a total."""
    most = [entry(LARGEST) for _ in range(100)] + [entry(99)]
    content, totals, _ = written(one(PPD, *most))
    assert totals.credit == MOST_CENTS == 100 * LARGEST + 99
    assert f"{MOST_CENTS:012d}".encode() in content
    assert refused(one(PPD, *most, entry(1))) == ("TOO_LARGE", "amount")
    assert refused(one(PPD, entry(LARGEST + 1))) == ("TOO_LARGE", "amount")
    # The file's total has twelve digits too, over all its batches.
    assert refused([*one(PPD, *most), *one(PPD, entry(1))]) == ("TOO_LARGE", "amount")
    debits = replace(PPD, service_class="225")
    assert refused([*one(PPD, *most), *one(debits, *[replace(each, transaction_code="27") for each in most])]) is None


def test_trace_numbers_end_at_seven_digits() -> None:
    assert written(one(PPD, entry()), first_sequence=9_999_999)[1].next_sequence == 10_000_000
    assert refused(one(PPD, entry(), entry()), first_sequence=9_999_999) == ("TOO_LARGE", "trace")


def refused(batches: list[OutgoingBatch], **named: Any) -> tuple[str, str] | None:
    """Code and field. What is in the sink by then are whole records that were found right."""
    sink = io.BytesIO()
    try:
        write(OutgoingFile(named.pop("header", HEADER), batches, **named), sink)
    except NachaError as error:
        found = error
    else:
        return None
    assert "LOVELACE" not in str(found)
    assert "12345678901" not in str(found)
    assert len(sink.getvalue()) % 95 == 0
    return found.code, found.field


NOTICE = NoticeOfChange("C01", "123456780000002", "98765432", "S-77-2")
RETURN = Return("R03", "123456780000001", "", "11111111")
REFUSALS: list[tuple[BatchHeader, Entry, tuple[str, str]]] = [
    (PPD, entry(0), ("BAD_AMOUNT", "amount")),
    (PPD, entry(5, code="23"), ("BAD_AMOUNT", "amount")),
    (PPD, entry(-1), ("NON_NUMERIC_FIELD", "amount")),
    (PPD, entry(code="27"), ("TRANSACTION_CODE_NOT_ALLOWED", "transaction_code")),
    (PPD, entry(0, code="24", addenda=(Addenda05("X"),)), ("TRANSACTION_CODE_NOT_ALLOWED", "transaction_code")),
    (PPD, entry(code="55"), ("TRANSACTION_CODE_NOT_ALLOWED", "transaction_code")),
    (PPD, entry(code="81"), ("TRANSACTION_CODE_NOT_ALLOWED", "transaction_code")),
    (PPD, entry(code="2"), ("BAD_TRANSACTION_CODE", "transaction_code")),
    (PPD, entry(code="21"), ("MISSING_ADDENDA", "addenda")),
    (PPD, entry(routing="111111119"), ("BAD_CHECK_DIGIT", "routing")),
    (PPD, entry(routing="11111111"), ("NON_NUMERIC_FIELD", "routing")),
    # Too short by one and too long by one would fill the record; each is found by itself.
    (PPD, entry(routing="11111111", account="1" * 18), ("NON_NUMERIC_FIELD", "routing")),
    (PPD, entry(account="1" * 18), ("FIELD_TOO_LONG", "account")),
    (PPD, entry(account=""), ("FIELD_BLANK", "account")),
    (PPD, entry(name="REN\u00c9E"), ("NON_ASCII", "name")),
    (PPD, entry(name="A\nB"), ("CONTROL_CHARACTER", "name")),
    (PPD, entry(name="X" * 23), ("FIELD_TOO_LONG", "name")),
    (PPD, entry(trace="123456790000001"), ("ODFI_TRACE_MISMATCH", "trace")),
    (PPD, entry(trace="12345678"), ("NON_NUMERIC_FIELD", "trace")),
    (PPD, entry(addenda=(Addenda05("A"), Addenda05("B"))), ("ADDENDA_COUNT", "type_code")),
    (PPD, entry(addenda=(Addenda05("A" * 81),)), ("FIELD_TOO_LONG", "information")),
    (PPD, entry(addenda=(Addenda05("A", sequence=2),)), ("ADDENDA_SEQUENCE", "sequence")),
    (PPD, entry(code="21", addenda=(replace(RETURN, code="R66"),)), ("BAD_RETURN_CODE", "code")),
    (PPD, entry(code="21", addenda=(RETURN, RETURN)), ("ADDENDA_COUNT", "addenda")),
    (PPD, entry(0, code="21", addenda=(NOTICE,)), ("BAD_ADDENDA_TYPE", "addenda")),
    (COR, entry(0, code="21", addenda=(RETURN,)), ("BAD_ADDENDA_TYPE", "addenda")),
    (COR, entry(1, code="21", addenda=(NOTICE,)), ("BAD_AMOUNT", "amount")),
    (COR, entry(0, code="21"), ("MISSING_ADDENDA", "addenda")),
    (COR, entry(0, code="21", addenda=(replace(NOTICE, code="C10"),)), ("BAD_CHANGE_CODE", "code")),
    (COR, entry(0, code="21", addenda=(replace(NOTICE, corrected_data=""),)), ("FIELD_BLANK", "corrected_data")),
    (COR, entry(0, code="21", addenda=(replace(NOTICE, code="C02"),)), ("BAD_CORRECTED_DATA", "corrected_data")),
    (COR, entry(0, code="21", addenda=(RefusedNotice("C61", "1" * 15, "1" * 8, "X", "C10", "0000001"),)),
     ("BAD_CHANGE_CODE", "change_code")),
    (replace(PPD, sec_code="TEL", service_class="200"), entry(),
     ("TRANSACTION_CODE_NOT_ALLOWED", "transaction_code")),
    (replace(PPD, sec_code="TEL", service_class="225"), entry(code="27", name=""), ("FIELD_BLANK", "name")),
    (replace(PPD, sec_code="WEB"), entry(name="000"), ("FIELD_ALL_ZEROS", "name")),
    (replace(PPD, sec_code="CCD"), entry(0, code="24"), ("MISSING_ADDENDA", "addenda")),
    (replace(PPD, sec_code="CTX"), entry(name="X" * 17), ("FIELD_TOO_LONG", "name")),
    (replace(PPD, sec_code="XXX"), entry(), ("BAD_SEC_CODE", "sec_code")),
    (replace(PPD, company_name="0000"), entry(), ("FIELD_ALL_ZEROS", "company_name")),
    (replace(PPD, description=""), entry(), ("FIELD_BLANK", "description")),
    (replace(PPD, company_id="11200000077"), entry(), ("FIELD_TOO_LONG", "company_id")),
    (replace(PPD, effective_on="2606"), entry(), ("BAD_DATE", "effective_on")),
    (replace(PPD, batch_number=10_000_000), entry(), ("TOO_LARGE", "batch_number")),
]  # fmt: skip


@pytest.mark.parametrize(("header", "refused_entry", "expected"), REFUSALS)
def test_what_the_strict_rule_refuses_is_not_written(
    header: BatchHeader, refused_entry: Entry, expected: tuple[str, str]
) -> None:
    assert refused(one(header, refused_entry)) == expected


def test_a_file_has_a_batch_and_a_batch_an_entry() -> None:
    assert refused([]) == ("EMPTY_FILE", "batches")
    assert refused(one(PPD)) == ("EMPTY_BATCH", "record_type")
    assert refused(one(PPD, entry()), header=replace(HEADER, modifier="")) == ("BAD_FILE_HEADER", "modifier")


def test_traces_ascend_within_a_batch_and_may_repeat_in_another() -> None:
    first, second = entry(trace="123456780000005"), entry(trace="123456780000004")
    assert refused(one(PPD, first, second)) == ("TRACE_ORDER", "trace")
    assert refused(one(PPD, first, first)) == ("TRACE_ORDER", "trace")
    assert (
        refused(
            [
                *one(PPD, first),
                *one(
                    PPD,
                    first,
                ),
            ]
        )
        is None
    )


def test_a_telephone_credit_and_a_loan_debit_only_reverse() -> None:
    for sec, code in (("TEL", "22"), ("PPD", "55")):
        header = replace(PPD, sec_code=sec, service_class="200")
        assert refused(one(header, entry(code=code))) == ("TRANSACTION_CODE_NOT_ALLOWED", "transaction_code")
        assert refused(one(replace(header, description="REVERSAL"), entry(code=code))) is None


def test_an_exchange_of_twelve_records_says_so_in_its_entry() -> None:
    """CTX: columns 55-58 count the addenda, the name has sixteen columns behind them."""
    lines = tuple(Addenda05(f"RMR*IK*{number}\\") for number in range(12))
    content, _, _ = written(one(replace(PPD, sec_code="CTX"), entry(addenda=lines)))
    rows = content.split(b"\n")
    assert rows[2][54:76] == b"0012ADA LOVELACE      "
    assert rows[14][83:94] == b"0012" + b"0000001"
    assert read(content.replace(b"0012ADA", b"0011ADA")).log.errors[0].code == "ADDENDA_COUNT"


def test_what_was_refused_and_what_waits_is_not_in_the_sink() -> None:
    """Records go out some hundreds at a time, and never one that was not judged."""
    sink = io.BytesIO()

    def entries() -> Iterator[Entry]:
        for _ in range(1_000):
            yield entry()
        yield entry(0)

    with pytest.raises(NachaError):
        write(OutgoingFile(HEADER, [OutgoingBatch(PPD, entries())]), sink)
    rows = sink.getvalue().splitlines()
    assert 500 < len(rows) <= 1_002
    assert {len(row) for row in rows} == {94}
    assert raw_sums(sink.getvalue())["credit"] == (len(rows) - 2) * 125_000
