"""Reads payments that somebody else recorded: CSV or Parquet with `ts, customer_id, terminal_id, amount_minor`.

Other columns are ignored. A row that cannot be read is refused with its number and the field; nothing is guessed.
"""

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

COLUMNS = ("ts", "customer_id", "terminal_id", "amount_minor")


class UnreadableTransaction(ValueError):
    """Row and field that cannot be read, and why."""


@dataclass(frozen=True, slots=True)
class RecordedTransaction:
    """`row` counts from 1; `amount_minor` is whole minor units above zero."""

    row: int
    at: datetime
    customer_id: str
    terminal_id: str
    amount_minor: int


def read(path: Path, limit: int | None = None) -> Iterator[RecordedTransaction]:
    """In the file's order, up to `limit` rows. Raises UnreadableTransaction at the first bad row."""
    rows = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    for number, row in enumerate(rows, start=1):
        if limit is not None and number > limit:
            return
        yield _transaction(number, row)


def count(path: Path, limit: int | None = None) -> int:
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as parquet

        total = int(parquet.ParquetFile(path).metadata.num_rows)
    else:
        with path.open(newline="") as file:
            total = sum(1 for _ in csv.DictReader(file))
    return total if limit is None else min(total, limit)


def fingerprint(path: Path) -> str:
    """Short digest of the file, so that the same row always has the same idempotency key."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    _require_columns(path, file.schema_arrow.names)
    for batch in file.iter_batches(batch_size=5000, columns=list(COLUMNS)):
        yield from batch.to_pylist()


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        _require_columns(path, reader.fieldnames or ())
        yield from reader


def _require_columns(path: Path, present: Any) -> None:
    missing = [column for column in COLUMNS if column not in present]
    if missing:
        raise UnreadableTransaction(f"{path.name} has no column {', '.join(missing)}")


def _transaction(number: int, row: dict[str, Any]) -> RecordedTransaction:
    try:
        at = row["ts"] if isinstance(row["ts"], datetime) else datetime.fromisoformat(str(row["ts"]))
    except ValueError as error:
        raise UnreadableTransaction(f"row {number}: ts is not a time: {row['ts']!r}") from error
    text = str(row["amount_minor"])
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise UnreadableTransaction(f"row {number}: amount_minor is not a whole number above zero: {text!r}")
    for column in ("customer_id", "terminal_id"):
        if row[column] in (None, ""):
            raise UnreadableTransaction(f"row {number}: {column} is empty")
    return RecordedTransaction(number, at, str(row["customer_id"]), str(row["terminal_id"]), int(text))
