"""Files to be written: one by hand, and any that hypothesis can think of within the rules."""

import io
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import strategies as st

from ach.nacha import routing
from ach.nacha.addenda import Addenda05, Addendum, Contested, Dishonored, NoticeOfChange, RefusedNotice, Return
from ach.nacha.changes import REFUSAL_CODES
from ach.nacha.reasons import REASONS, Stage
from ach.nacha.records import BatchHeader, Entry, FileHeader
from ach.nacha.write import OutgoingBatch, OutgoingFile, Placed, Totals, write
from tests.unit.ach.nacha.files import RDFI

LARGEST = 9_999_999_999
ODFI8 = "12345678"
HEADER = FileHeader(" 123456780", "1120000007", "260601", "0900", "A", "SANDBOX BANK", "HOLDFAST")
PPD = BatchHeader("220", "HOLDFAST", "", "1120000007", "PPD", "PAYOUT", "", "260602", "", "1", ODFI8)


def entry(amount: int = 125_000, code: str = "22", **named: Any) -> Entry:
    return replace(Entry(code, RDFI, "00012345678901", amount, "ADA LOVELACE"), **named)


def written(
    batches: Iterable[OutgoingBatch], *, header: FileHeader = HEADER, first_sequence: int = 1
) -> tuple[bytes, Totals, list[Placed]]:
    sink, placed = io.BytesIO(), list[Placed]()
    totals = write(OutgoingFile(header, batches, first_sequence), sink, placed.append)
    return sink.getvalue(), totals, placed


def one(header: BatchHeader, *entries: Entry) -> list[OutgoingBatch]:
    return [OutgoingBatch(header, entries)]


PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
DIGITS = "0123456789"
# Live and prenote codes of each service class.
LIVE = {"220": ("22", "32", "42", "52"), "225": ("27", "37", "47"), "200": ("22", "27", "37", "32")}
PRENOTES = {"220": ("23", "33"), "225": ("28", "38"), "200": ("23", "28")}
RETURNED = {"220": ("21", "31", "41"), "225": ("26", "36", "56"), "200": ("21", "26")}
CODES = {stage: [code for code, each in REASONS.items() if each.stage is stage and code != "R90"] for stage in Stage}


class Files:
    """Any file within the rules, from a seed: every field takes every form that it may have."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def file(self) -> list[OutgoingBatch]:
        return [self.batch() for _ in range(self.random.randint(1, 4))]

    def batch(self) -> OutgoingBatch:
        sec = self.random.choice(["PPD", "CCD", "WEB", "TEL", "CTX", "COR"])
        service = "225" if sec == "TEL" else self.random.choice(["200", "220", "225"])
        header = BatchHeader(
            service, self.text(16, least=1), self.text(20), self.text(10, least=1), sec, self.text(10, least=1),
            self.text(6), self.day(), self.julian(), "1", self.digits(8),
        )  # fmt: skip
        answers = sec == "COR" or self.random.random() < 0.3
        make = self.answer if answers else self.forward
        return OutgoingBatch(header, [make(header) for _ in range(self.random.randint(1, 6))])

    def forward(self, header: BatchHeader) -> Entry:
        if self.random.random() < 0.1:
            return self.entry(header, self.random.choice(PRENOTES[header.service_class]), 0, self.payments(header))
        amount = self.random.choice([1, self.random.randint(1, 10_000_000), LARGEST])
        return self.entry(header, self.random.choice(LIVE[header.service_class]), amount, self.payments(header))

    def payments(self, header: BatchHeader) -> tuple[Addendum, ...]:
        most = {"TEL": 0, "CTX": 4}.get(header.sec_code, 1)
        return tuple(Addenda05(self.text(80)) for _ in range(self.random.randint(0, most)))

    def answer(self, header: BatchHeader) -> Entry:
        code = self.random.choice(RETURNED[header.service_class])
        if header.sec_code == "COR":
            return self.entry(header, code, 0, (self.notice(),))
        return self.entry(header, code, self.random.choice([0, self.random.randint(1, LARGEST)]), (self.returned(),))

    def entry(self, header: BatchHeader, code: str, amount: int, addenda: tuple[Addendum, ...]) -> Entry:
        name = self.text(16 if header.sec_code == "CTX" else 22, least=1)
        return Entry(
            code, self.routing(), self.text(17, least=1), amount, name, self.text(15), self.text(2), "", addenda
        )

    def returned(self) -> Addendum:
        stage = self.random.choice(list(Stage))
        code = self.random.choice(CODES[stage])
        original, rdfi, trace, two = self.digits(15), self.digits(8), self.digits(15), self.digits(2)
        if stage is Stage.RETURN:
            return Return(code, original, self.random.choice(["", self.day()]), rdfi, self.text(44))
        if stage is Stage.DISHONORED:
            return Dishonored(code, original, rdfi, trace, self.julian(), two, self.text(21))
        return Contested(
            code, original, self.day(), rdfi, self.julian(), trace, self.julian(), two, self.digits(15),
            self.julian(), self.digits(2),
        )  # fmt: skip

    def notice(self) -> Addendum:
        account = f"{self.random.randint(1, 10**16)}"
        code, data = self.random.choice([("C01", account), ("C02", self.routing()), ("C05", "32")])
        original, rdfi = self.digits(15), self.digits(8)
        if self.random.random() < 0.5:
            return NoticeOfChange(code, original, rdfi, data)
        return RefusedNotice(self.random.choice(list(REFUSAL_CODES)), original, rdfi, data, code, self.digits(7))

    def text(self, width: int, *, least: int = 0) -> str:
        """Printable, no blanks at the end where they mean nothing; from `least` 1 something else than zeros."""
        value = "".join(self.random.choices(PRINTABLE, k=self.random.randint(0, width))).rstrip(" ")
        return value if not least or value.strip(" 0") else "A"

    def digits(self, width: int) -> str:
        return "".join(self.random.choices(DIGITS, k=width))

    def routing(self) -> str:
        eight = self.digits(7) + "1"
        return f"{eight}{routing.check_digit(eight)}"

    def day(self) -> str:
        return f"{self.random.randint(0, 99):02d}{self.random.randint(1, 12):02d}{self.random.randint(1, 28):02d}"

    def julian(self) -> str:
        return self.random.choice(["", f"{self.random.randint(1, 366):03d}"])


FILES = st.integers(0, 2**32).map(lambda seed: Files(seed).file())
