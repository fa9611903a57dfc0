"""What of a file is shown: every column by its meaning, nobody's number and nobody's name."""

import io

from ach import field_meanings
from ach.field_meanings import LAYOUTS, meaning
from ach.file_lines import Line, excerpt
from ach.nacha.addenda import Addenda05, NoticeOfChange
from ach.nacha.records import BatchHeader, Entry, FileHeader
from ach.nacha.write import OutgoingBatch, OutgoingFile, write

HEADER = FileHeader(
    destination=" 021000021", origin="1234567890", created_on="260309", created_at="1650", modifier="A",
    destination_name="EXAMPLE BANK", origin_name="HOLDFAST",
)  # fmt: skip


def batch(sec: str, *entries: Entry) -> OutgoingBatch:
    head = BatchHeader(
        service_class="220", company_name="HOLDFAST", discretionary_data="", company_id="1234567890", sec_code=sec,
        description="PAYOUT", descriptive_date="", effective_on="260310", settled_on="", originator_status="1",
        odfi="02100002", batch_number=0,
    )  # fmt: skip
    return OutgoingBatch(head, list(entries))


def entry(number: str = "000123456789", **more: object) -> Entry:
    values: dict[str, object] = {
        "transaction_code": "22", "routing": "021000021", "account": number, "amount": 46_000, "name": "JANE SMITH",
        "identification": "SSN 078-05-1120"[:15],
    }  # fmt: skip
    return Entry(**values | more)  # type: ignore[arg-type]


def written(*batches: OutgoingBatch) -> bytes:
    sink = io.BytesIO()
    write(OutgoingFile(HEADER, list(batches)), sink)
    return sink.getvalue()


def shown(line: Line) -> str:
    return "".join(piece.text for piece in line.pieces)


def test_each_line_is_as_wide_as_it_is_and_says_what_it_may() -> None:
    content = written(batch("PPD", entry(addenda=(Addenda05("INVOICE 4711"),))))
    lines = excerpt(content, first=1, count=200).lines
    assert [line.record for line in lines[:6]] == [
        "file header", "batch header", "entry", "addenda", "batch control", "file control",
    ]  # fmt: skip
    assert shown(lines[2]) == (
        "622021000021••••••••6789     0000046000••• ••••••••••••••• •••••              1021000020000001"
    )
    assert "INVOICE 4711" in shown(lines[3])
    assert all(len(shown(line)) == 94 for line in lines)
    assert (lines[2].trace, lines[2].batch) == ("021000020000001", 1)
    account = next(piece for piece in lines[2].pieces if piece.field == "account")
    assert (account.first, account.last, account.is_masked) == (13, 29, True)
    # Everything else stands there as the bank reads it.
    original = content.split(b"\n")
    for number in (0, 1, 3, 4, 5):
        assert shown(lines[number]) == original[number].decode()


def test_a_short_number_keeps_nothing() -> None:
    line = excerpt(written(batch("PPD", entry("12345678"))), first=3, count=1).lines[0]
    assert "••••••••         0000046000" in shown(line)
    assert not any(digits in shown(line) for digits in ("12345678", "5678"))


def test_a_page_in_the_middle_knows_its_batch() -> None:
    """CTX names are 16 columns further right: read by the wrong layout one would stand there in clear."""
    content = written(batch("PPD", entry()), batch("CTX", entry(name="ROE LTD", addenda=(Addenda05("N1*PR"),))))
    whole = excerpt(content, first=1, count=200)
    page = excerpt(content, first=6, count=1)
    assert page.total == whole.total == 10
    assert page.lines == whole.lines[5:6]
    assert (page.lines[0].record, page.lines[0].batch) == ("entry", 2)
    assert "ROE" not in shown(page.lines[0])
    assert excerpt(content, first=11, count=200).lines == []


def test_corrected_data_and_what_is_unknown_are_masked_whole() -> None:
    notice = NoticeOfChange("C01", "021000020000001", "02100002", "99887766554", "021000020000009").encode()
    lines = excerpt(notice + b"\n4SECRET 123456789\r\n\xff\n", first=1, count=9).lines
    assert "99887766554" not in shown(lines[0])
    assert "•••••••••••" in shown(lines[0])
    assert [line.record for line in lines[1:]] == ["unknown", "unknown"]
    assert shown(lines[1]) == "••••••• •••••••••"


def test_every_field_of_every_record_has_a_meaning() -> None:
    known = {(layout.name, field.name) for layout in LAYOUTS for field in layout.fields}
    assert all(meaning(*each).label for each in known)
    stated = {each for each in field_meanings.MEANINGS if each[0]}
    assert stated <= known, "a meaning for a field that no record has"
