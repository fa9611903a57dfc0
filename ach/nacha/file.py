"""The order of records in a file, and its sums: the judge that the reader and the writer have in common."""

from datetime import date

from ach.nacha import controls, headers, text
from ach.nacha.batch import OpenBatch
from ach.nacha.events import BatchControlRead, BatchHeaderRead, EntryRead, FileControlRead, FileHeaderRead
from ach.nacha.layout import WIDTH
from ach.nacha.problems import FILE, Log
from ach.nacha.records import BATCH_HEADER
from ach.nacha.sums import Sums

PADDING = b"9" * WIDTH
BLOCKING_FACTOR = 10
Event = FileHeaderRead | BatchHeaderRead | EntryRead | BatchControlRead | FileControlRead


class FileCheck:
    """Takes records of 94 columns in their order. Entries and addenda apart, because there are so many of them.

    Every problem goes to `log`; nothing is raised. `sums` and `batches` are of the batches that are over.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self.sums = Sums()
        self.batches = 0
        self.sec_codes: set[str] = set()
        self.batch: OpenBatch | None = None
        self._routings: dict[bytes, int] = {}
        self._header_line = 0
        self._control_line = 0
        self._first_line = 0
        self._created_on: date | None = None
        self._block_count = 0
        self._last_number = 0
        self._padding = 0

    def take_entry(self, line: int, record: bytes) -> None:
        """The entry before it must be closed."""
        if self.batch is None:
            self._misplaced(line, "entry", "ENTRY_OUTSIDE_BATCH", "stands in no batch")
        else:
            self.batch.take_entry(line, record)

    def take_addenda(self, line: int, record: bytes) -> None:
        if self.batch is None or self.batch.open is None:
            self._misplaced(line, "addenda", "ADDENDA_OUTSIDE_ENTRY", "follows no entry")
        else:
            self.batch.take_addenda(line, record)

    def close_entry(self) -> EntryRead | None:
        return self.batch.close_entry() if self.batch else None

    def take_other(self, line: int, record: bytes) -> Event | None:
        """Records 1, 5, 8, 9, padding and what is none of them. The open entry must be closed."""
        if record == PADDING:
            self._take_padding(line)
            return None
        match record[:1]:
            case b"1":
                return self._take_file_header(line, record)
            case b"5":
                return self._take_batch_header(line, record)
            case b"8":
                return self._take_batch_control(line, record)
            case b"9":
                return self._take_file_control(line, record)
        self._seen(line)
        self.log.add(line, "record", "record_type", "UNKNOWN_RECORD_TYPE", "no record begins so")
        return None

    def finish(self, last_line: int, records: int) -> None:
        """After the last record: what is missing, and whether the blocks are full (`records` with padding)."""
        if self.batch is not None:
            self._end_batch(last_line)
        if not self._header_line:
            self.log.add(1, FILE, "file_header", "MISSING_FILE_HEADER", "the file has no record 1")
        if not self._control_line:
            self.log.add(max(last_line, 1), FILE, "file_control", "MISSING_FILE_CONTROL", "the file has no record 9")
            return
        if records % BLOCKING_FACTOR or self._padding >= BLOCKING_FACTOR:
            message = f"{records} records with padding, not full blocks of {BLOCKING_FACTOR}"
            self.log.add(last_line, FILE, "padding", "BLOCKING", message, recoverable=True)
        blocks = -(-(records) // BLOCKING_FACTOR)
        if self._block_count != blocks:
            message = f"says {self._block_count}, the file has {blocks}"
            self.log.add(self._control_line, "file control", "block_count", "BLOCK_COUNT", message, recoverable=True)

    def _take_file_header(self, line: int, record: bytes) -> Event:
        if self._header_line:
            self._misplaced(line, "file header", "SECOND_FILE_HEADER", "a file has one record 1")
        elif self._first_line:
            self.log.add(line, "file header", "record_type", "HEADER_NOT_FIRST", "record 1 must be the first")
        self._seen(line)
        self._header_line = line
        headers.check_file_header(self.log, line, record)
        self._created_on = text.day_of(record[23:29].decode("latin-1"))
        return FileHeaderRead(line, record)

    def _take_batch_header(self, line: int, record: bytes) -> Event:
        self._seen(line)
        if self.batch is not None:
            message = "begins before the batch above has its record 8"
            self.log.add(line, "batch header", "record_type", "BATCH_HEADER_IN_OPEN_BATCH", message)
            self._close_batch()
        headers.check_batch_header(self.log, line, record, self._last_number)
        number = record[BATCH_HEADER.columns["batch_number"]]
        self._last_number = int(number) if number.isdigit() else self._last_number
        head = BatchHeaderRead(line, record)
        if self.sec_codes and (head.sec_code == "ADV") is not (self.sec_codes == {"ADV"}):
            self.log.add(line, "batch header", "sec_code", "UNSUPPORTED_MIX", "ADV batches have a file of their own")
        self.batches += 1
        self.sec_codes.add(head.sec_code)
        self.batch = OpenBatch(head, self.log, self._routings, self._created_on)
        return head

    def _take_batch_control(self, line: int, record: bytes) -> Event:
        self._seen(line)
        batch = self.batch
        if batch is None:
            self._misplaced(line, "batch control", "BATCH_CONTROL_OUTSIDE_BATCH", "closes no batch")
        else:
            if not batch.sums.entries:
                self.log.add(line, "batch control", "record_type", "EMPTY_BATCH", "the batch has no entry")
            controls.check_batch_control(self.log, line, record, batch.head, batch.sums)
            self._close_batch()
        return BatchControlRead(line, record)

    def _take_file_control(self, line: int, record: bytes) -> Event:
        if self.batch is not None:
            self._end_batch(line)
        if self._control_line:
            self._misplaced(line, "file control", "SECOND_FILE_CONTROL", "a file has one record 9")
        else:
            self._seen(line)
            self._control_line = line
            self._block_count = controls.check_file_control(
                self.log, line, record, batches=self.batches, sums=self.sums, advices=self.sec_codes == {"ADV"}
            )
            if not self.batches:
                self.log.add(line, FILE, "batches", "EMPTY_FILE", "the file has no batch", recoverable=True)
        return FileControlRead(line, record)

    def _take_padding(self, line: int) -> None:
        self._padding += 1
        if not self._control_line:
            self._misplaced(line, "padding", "MISPLACED_PADDING", "stands before record 9")

    def _close_batch(self) -> None:
        if self.batch is not None:
            self.sums.add(self.batch.sums)
            self.batch = None

    def _end_batch(self, line: int) -> None:
        self.log.add(line, "batch control", "record_type", "MISSING_BATCH_CONTROL", "the last batch has no record 8")
        self._close_batch()

    def _misplaced(self, line: int, record: str, code: str, message: str) -> None:
        self._seen(line)
        self.log.add(line, record, "record_type", code, message)

    def _seen(self, line: int) -> None:
        """Once the file is over only padding may follow."""
        self._first_line = self._first_line or line
        if self._control_line:
            self.log.add(line, "record", "record_type", "RECORD_AFTER_FILE_CONTROL", "only padding follows record 9")
