"""Recorded streams of payments in Parquet files, as `manage.py evaluate_model` and `train_model` read them.

Columns: `transaction_id`, `ts` (timestamp; UTC where no zone is named), `customer_id`, `terminal_id` (any whole number
or text), `amount_minor` (whole minor units), `is_fraud` (0 or 1). Further columns are not read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fraud.features.replay import Recorded

if TYPE_CHECKING:
    import pyarrow

IDENTITIES = ("transaction_id", "customer_id", "terminal_id")
COLUMNS = ("transaction_id", "ts", "customer_id", "terminal_id", "amount_minor", "is_fraud")


class UnreadableStream(Exception):
    """There is no stream here, or not a whole one; the text names the file and the column."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Payments in order of time; `repeated` rows stood in more than one place and count once."""

    payments: Recorded
    files: tuple[str, ...]
    passed_over: tuple[str, ...]
    repeated: int


def read(place: Path) -> Stream:
    """The stream of one Parquet file, or of all in a directory and below it, whatever their names.

    A file that knows neither when, nor who, nor how much holds something else and is passed over. Raises
    UnreadableStream.
    """
    import pyarrow

    taken: dict[str, Any] = {}
    passed_over = []
    for path in _files(place):
        table = _table(path)
        if table is None:
            passed_over.append(path.name)
        else:
            taken[path.name] = table
    if not taken:
        raise UnreadableStream(f"{place}: no Parquet file has the columns {', '.join(COLUMNS)}")
    whole = pyarrow.concat_tables(taken.values())
    if whole.num_rows == 0:
        raise UnreadableStream(f"{place}: the stream has no payments")
    order = [("ts", "ascending"), ("transaction_id", "ascending"), ("place", "ascending")]
    in_order = whole.append_column("place", pyarrow.array(range(whole.num_rows))).sort_by(order)
    payments, repeated = _payments(in_order)
    return Stream(payments, tuple(taken), tuple(passed_over), repeated)


def _files(place: Path) -> list[Path]:
    if not place.exists():
        raise UnreadableStream(f"{place} does not exist")
    files = [place] if place.is_file() else sorted(place.rglob("*.parquet"))
    if not files:
        raise UnreadableStream(f"{place}: there is no Parquet file")
    return files


def _table(path: Path) -> "pyarrow.Table | None":
    """The six columns in their types; None if the file holds something else."""
    import pyarrow
    from pyarrow import parquet

    try:
        names = set(parquet.read_schema(path).names)
        missing = [name for name in COLUMNS if name not in names]
        if len(missing) == len(COLUMNS) - len({"transaction_id"} & names):
            return None
        if missing:
            raise UnreadableStream(f"{path.name}: column {', '.join(missing)} is missing")
        table = parquet.read_table(path, columns=list(COLUMNS))
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableStream(f"{path.name}: not a readable Parquet file ({type(error).__name__})") from error
    return pyarrow.table({name: _column(path, name, table.column(name)) for name in COLUMNS})


def _column(path: Path, name: str, column: Any) -> Any:
    import pyarrow
    from pyarrow import compute

    if column.null_count:
        raise UnreadableStream(f"{path.name}: {name} is empty in {column.null_count} rows")
    try:
        if name == "ts":
            if not pyarrow.types.is_timestamp(column.type):
                raise UnreadableStream(f"{path.name}: ts is {column.type}, not a timestamp")
            return column.cast(pyarrow.timestamp("us", column.type.tz), safe=False).cast(pyarrow.int64())
        if name == "transaction_id" and pyarrow.types.is_integer(column.type):
            # Numbers keep their order as texts.
            return compute.utf8_lpad(column.cast(pyarrow.string()), 20, "0")
        whole = column.cast(pyarrow.string() if name in IDENTITIES else pyarrow.int64())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError) as error:
        raise UnreadableStream(f"{path.name}: {name} cannot be read from {column.type}") from error
    if name == "is_fraud" and compute.any(compute.or_(compute.less(whole, 0), compute.greater(whole, 1))).as_py():
        raise UnreadableStream(f"{path.name}: is_fraud is neither 0 nor 1 somewhere")
    if name == "amount_minor" and compute.min(whole).as_py() is not None and compute.min(whole).as_py() < 0:
        raise UnreadableStream(f"{path.name}: amount_minor is below zero somewhere")
    return whole


def _payments(table: "pyarrow.Table") -> tuple[Recorded, int]:
    """Rows in order, without those that repeat their neighbour in every column."""
    columns = [table.column(name).to_pylist() for name in COLUMNS]
    rows = list(dict.fromkeys(zip(*columns, strict=True)))
    _, at, customers, sellers, amounts, labels = zip(*rows, strict=True)
    if at[0] < 0:
        raise UnreadableStream("the stream begins before 1970")
    return Recorded(at, _codes(customers), _codes(sellers), amounts, labels), table.num_rows - len(rows)


def _codes(names: tuple[str, ...]) -> list[int]:
    """A small number for each name: cheaper to look up a million times."""
    codes: dict[str, int] = {}
    return [codes.setdefault(name, len(codes)) for name in names]
