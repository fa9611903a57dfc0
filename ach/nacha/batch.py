"""One batch while it is read or written: its entries are judged and added up as they come, none is kept but the last.

The usual entry, alone or with one addenda 05, is taken by `take_quickly`: one unpacking and a dozen comparisons. What
fails one of them is taken record by record and examined at leisure by `entries`, which finds the reasons. The quick
way never accepts what the other refuses; a test reads everything both ways.
"""

from datetime import date
from struct import Struct

from ach.nacha import answers, entries, usage
from ach.nacha.codes import SEC_CODES, Kind
from ach.nacha.events import BatchHeaderRead, EntryRead
from ach.nacha.problems import Log
from ach.nacha.sums import Sums
from ach.nacha.usage import Use

# Columns 2-3, 4-12, 13-29, 30-39, 55-76, 79, 80-87, 88-94.
_FIELDS = Struct("x2s9s17s10s15x22s2xs8s7s")
_NO_ACCOUNT = b" " * 17
_MOST_ADDENDA = 9999
# As many routing numbers as are remembered to be good; more than there are banks.
_MOST_ROUTINGS = 50_000


class OpenBatch:
    """`routings` are good numbers with their first eight digits, shared by the batches of a file."""

    __slots__ = (
        "_addenda", "_error_mark", "_last", "_named", "_odfi", "_paid", "_quick", "_routings", "_uses", "created_on",
        "head", "log", "open", "sec_code", "sums", "use",
    )  # fmt: skip

    def __init__(self, head: BatchHeaderRead, log: Log, routings: dict[bytes, int], created_on: date | None) -> None:
        self.head, self.log, self.created_on = head, log, created_on
        self._routings = routings
        self.sec_code = head.sec_code
        self.sums = Sums()
        self.open: EntryRead | None = None
        self.use: Use | None = None
        self._uses = usage.table(self.sec_code, self.service_class, self.reverses)
        sec = SEC_CODES.get(self.sec_code)
        self._named = sec is not None and sec.named
        self._odfi = head.record[79:87]
        self._paid = bool(sec and dict(sec.addenda).get("05"))
        # Returns and what carries no money need a second look; so do classes with columns or rules of their own.
        self._quick = {
            code: use
            for code, use in self._uses.items()
            if use.kind in (Kind.LIVE, Kind.PRENOTE) and self.sec_code not in entries.PARTICULAR
        }
        self._last = b""
        self._error_mark = 0
        self._addenda: list[bytes] = []

    @property
    def reverses(self) -> bool:
        return self.head.record[53:63] == b"REVERSAL  "

    @property
    def service_class(self) -> str:
        return self.head.record[1:4].decode("latin-1")

    def take_quickly(self, line: int, record: bytes, addenda: bytes | None) -> EntryRead | None:
        """A usual entry of printable ASCII with its only addenda record, or None: then nothing has been taken."""
        code, routing, account, amount, name, indicator, odfi, sequence = _FIELDS.unpack(record)
        use = self._quick.get(code)
        rdfi = self._routings.get(routing)
        if (
            use is None
            or rdfi is None
            or odfi != self._odfi
            or sequence <= self._last
            or not (amount.isdigit() and sequence.isdigit())
            or account == _NO_ACCOUNT
            or (self._named and not name.strip(b" 0"))
        ):
            return None
        cents = int(amount)
        if (cents > 0) is not use.paid:
            return None
        sums = self.sums
        if addenda is None:
            if indicator != b"0":
                return None
            read = EntryRead(line, record, self.head, ())
        else:
            if indicator != b"1" or not self._paid or addenda[:3] != b"705" or addenda[83:] != b"0001" + sequence:
                return None
            sums.addenda += 1
            read = EntryRead(line, record, self.head, (addenda,))
        self._last = sequence
        sums.entries += 1
        sums.entry_hash += rdfi
        if use.is_debit:
            sums.debit += cents
        else:
            sums.credit += cents
        return read

    def take_entry(self, line: int, record: bytes) -> None:
        """The entry before it must be closed."""
        self._error_mark = self.log.error_count
        self._addenda = []
        self.open = EntryRead(line, record, self.head, self._addenda)
        self.sums.entries += 1
        if self.sec_code == "ADV":
            entries.take_advice(self, line, record)
            return
        use, rdfi, cents = entries.examine(self, line, record, last=self._last, allowed=self._uses)
        self._remember(record, rdfi)
        self.use = use
        self.sums.entry_hash += rdfi
        if use is not None and use.is_debit:
            self.sums.debit += cents
        elif use is not None:
            self.sums.credit += cents

    def take_addenda(self, line: int, record: bytes) -> None:
        """One more record 7 of the open entry."""
        entry = self.open
        assert entry is not None
        self.sums.addenda += 1
        position = len(entry.addenda) + 1
        if position <= _MOST_ADDENDA:
            self._addenda.append(record)
        if record[1:3] in (b"98", b"99"):
            international = self.sec_code == "IAT"
            answers.check(self.log, line, record, created_on=self.created_on, international=international)
        else:
            entries.examine_addenda(self, line, record, position)

    def close_entry(self) -> EntryRead | None:
        """The open entry with its addenda, judged as a whole."""
        entry = self.open
        if entry is None:
            return None
        self.open = None
        entries.examine_whole(self, entry)
        entry.sound = self.log.error_count == self._error_mark
        return entry

    def _remember(self, record: bytes, rdfi: int) -> None:
        if record[87:].isdigit():
            self._last = record[87:]
        if len(self._routings) < _MOST_ROUTINGS and entries.has_good_routing(record):
            self._routings[record[3:12]] = rdfi
