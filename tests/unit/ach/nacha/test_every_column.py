"""A file in which one column is wrong: each column that something depends on, and every column for signs."""

import io

from ach.nacha import records
from ach.nacha.addenda import PAYMENT
from ach.nacha.problems import Mode
from ach.nacha.read import Reader
from tests.unit.ach.nacha.files import PAYOUTS, read, text_of

LAYOUTS = {
    "1": records.FILE_HEADER, "5": records.BATCH_HEADER, "6": records.ENTRY, "7": PAYMENT, "8": records.BATCH_CONTROL,
    "9": records.FILE_CONTROL,
}  # fmt: skip
# Another value of the same form is as good: nothing else in the file repeats or sums it.
FREE = {
    "origin", "created_on", "created_at", "modifier", "destination_name", "origin_name", "reference", "company_name",
    "discretionary_data", "description", "descriptive_date", "effective_on", "settled_on", "transaction_code",
    "account",
    "identification", "name", "discretionary", "trace", "information", "authentication_code",
    "sec_code", "originator_status",
}  # fmt: skip


def test_a_wrong_sign_in_a_column_that_counts_is_found() -> None:
    """By form, check digit, sum, or because header and control differ."""
    content = text_of(PAYOUTS)
    missed, tried = [], 0
    for number, row in enumerate(PAYOUTS):
        layout = LAYOUTS[row[0]]
        for field in layout.fields:
            columns = layout.columns[field.name]
            for column in range(columns.start, columns.stop) if field.name not in FREE else ():
                for sign in {"X", " ", str((int(row[column]) + 1) % 10) if row[column].isdigit() else "0"} - {
                    row[column]
                }:
                    changed = bytearray(content)
                    changed[number * 95 + column] = ord(sign)
                    tried += 1
                    if not read(bytes(changed)).log.errors:
                        missed.append((number + 1, field.name, column + 1, sign))
    assert missed == []
    assert tried > 1_000


def test_a_control_character_is_an_error_everywhere_and_a_foreign_letter_a_warning_in_text() -> None:
    content = text_of(PAYOUTS)
    for number, row in enumerate(PAYOUTS):
        layout = LAYOUTS[row[0]]
        for field in layout.fields:
            name = field.name
            place = number * 95 + layout.columns[name].start
            forgiven = field.mild or (field.form in ("text", "blank") and name not in MEANT)
            for sign, recoverable in ((b"\0", False), (b"\x7f", False), (b"\xe9", forgiven)):
                reader = read(content[:place] + sign + content[place + 1 :], Mode.INBOUND)
                assert bool(reader.log.errors) is not recoverable, (number + 1, name, sign)
                assert reader.log.errors + reader.log.warnings


# Text fields whose content is judged: a foreign letter there is no mere spelling.
MEANT = {"destination", "modifier", "sec_code", "originator_status", "company_id"}


class Dribble(io.RawIOBase):
    """Gives what it has in pieces of `sizes`, over and over."""

    def __init__(self, content: bytes, sizes: tuple[int, ...]) -> None:
        self.content, self.sizes, self.calls = io.BytesIO(content), sizes, 0

    def read(self, size: int = -1) -> bytes:
        self.calls += 1
        return self.content.read(min(size, self.sizes[self.calls % len(self.sizes)]))


def test_it_makes_no_difference_in_which_pieces_a_file_arrives() -> None:
    """Also where an entry ends one piece and its addenda begin the next, with every kind of line end."""
    for end in ("\n", "\r\n", ""):
        content = text_of(PAYOUTS, end)
        whole = read(content, Mode.INBOUND)
        for sizes in ((1,), (7, 94), (95,), (380,), (475, 1), (96, 2, 300)):
            reader = Reader(Dribble(content, sizes), Mode.INBOUND)  # type: ignore[arg-type]
            lines = [each.line for each in reader]
            assert (reader.sums, reader.log.errors) == (whole.sums, [])
            assert {each.code for each in reader.log.warnings} == {each.code for each in whole.log.warnings}
            assert lines == sorted(lines) or end != "\n"
