"""Recorded streams as Parquet: any names, ids and number of files; what is wrong is said by file and column."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow
import pytest
from pyarrow import parquet

from fraud.learning import streams
from fraud.learning.streams import UnreadableStream
from tests.factories import recorded_stream

NINE = datetime(2026, 1, 1, 9)
NINE_UTC = 1_767_258_000_000_000
ROWS = {
    "transaction_id": [0, 1, 2],
    "ts": [NINE, NINE + timedelta(seconds=1), NINE + timedelta(seconds=2)],
    "customer_id": [7, 8, 7],
    "terminal_id": [70, 80, 80],
    "amount_minor": [1_000, 2_000, 3_000],
    "is_fraud": [0, 1, 0],
}


def test_payments_come_in_order_of_time(tmp_path):
    recorded_stream.write(tmp_path / "any name.parquet", {name: column[::-1] for name, column in ROWS.items()})
    stream = streams.read(tmp_path)
    assert list(stream.payments.at) == [NINE_UTC, NINE_UTC + 1_000_000, NINE_UTC + 2_000_000]
    assert list(stream.payments.amount_minor) == [1_000, 2_000, 3_000]
    assert list(stream.payments.is_fraud) == [0, 1, 0]
    first, second, third = stream.payments.customer
    assert first == third != second


def test_payments_of_one_second_come_in_order_of_their_numbers(tmp_path):
    same = {**ROWS, "ts": [NINE] * 3, "transaction_id": [10, 9, 100]}
    recorded_stream.write(tmp_path / "a.parquet", same)
    assert list(streams.read(tmp_path).payments.amount_minor) == [2_000, 1_000, 3_000]


@pytest.mark.parametrize(
    "changes",
    [
        {"customer_id": ["7", "8", "7"], "terminal_id": ["70", "80", "80"], "transaction_id": ["0", "1", "2"]},
        {"customer_id": pyarrow.array([7, 8, 7], pyarrow.int16()), "is_fraud": [False, True, False]},
        {"customer_id": pyarrow.array(["7", "8", "7"]).dictionary_encode()},
        {"ts": pyarrow.array(ROWS["ts"], pyarrow.timestamp("ns"))},
        {"ts": [moment.replace(tzinfo=UTC) for moment in ROWS["ts"]]},
        {"amount_minor": [1_000.0, 2_000.0, 3_000.0]},
        {"amount_minor": [Decimal("1000"), Decimal("2000"), Decimal("3000")]},
        {"fraud_scenario": [0, 1, 0]},
    ],
)
def test_numbers_texts_and_types_of_ids_make_no_difference(tmp_path, changes):
    recorded_stream.write(tmp_path / "plain.parquet", ROWS)
    recorded_stream.write(tmp_path / "other.parquet", {**ROWS, **changes})
    assert streams.read(tmp_path / "other.parquet").payments == streams.read(tmp_path / "plain.parquet").payments


def test_several_files_are_one_stream_and_a_payment_in_two_counts_once(tmp_path):
    texts = {**ROWS, "customer_id": ["7", "8", "7"]}
    recorded_stream.write(tmp_path / "b.parquet", {name: column[:2] for name, column in ROWS.items()})
    recorded_stream.write(tmp_path / "a.parquet", {name: column[1:] for name, column in texts.items()})
    stream = streams.read(tmp_path)
    assert (len(stream.payments), stream.repeated) == (3, 1)
    assert stream.files == ("a.parquet", "b.parquet")


def test_files_of_directories_below_belong_to_it(tmp_path):
    (tmp_path / "2026" / "01").mkdir(parents=True)
    recorded_stream.write(tmp_path / "2026" / "01" / "a.parquet", ROWS)
    recorded_stream.write(tmp_path / "b.parquet", {**ROWS, "transaction_id": [3, 4, 5]})
    assert len(streams.read(tmp_path).payments) == 6


def test_two_payments_of_one_number_are_two(tmp_path):
    recorded_stream.write(tmp_path / "a.parquet", ROWS)
    recorded_stream.write(tmp_path / "b.parquet", {**ROWS, "amount_minor": [1, 2, 3]})
    assert len(streams.read(tmp_path).payments) == 6


def test_a_file_that_holds_something_else_is_passed_over(tmp_path):
    recorded_stream.write(tmp_path / "stream.parquet", ROWS)
    recorded_stream.write(tmp_path / "derived.parquet", {"transaction_id": [0, 1], "night": [0, 1]})
    stream = streams.read(tmp_path)
    assert (stream.files, stream.passed_over) == (("stream.parquet",), ("derived.parquet",))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"is_fraud": [0, 2, 0]}, "is_fraud is neither 0 nor 1"),
        ({"is_fraud": [0, None, 0]}, "is_fraud is empty in 1 rows"),
        ({"customer_id": [7, None, 7]}, "customer_id is empty in 1 rows"),
        ({"amount_minor": [10.5, 1.0, 1.0]}, "amount_minor cannot be read from double"),
        ({"amount_minor": [-1, 1, 1]}, "amount_minor is below zero"),
        ({"ts": ["2026-01-01", "2026-01-02", "2026-01-03"]}, "ts is string, not a timestamp"),
        ({"ts": [datetime(1969, 1, 1)] * 3}, "before 1970"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, changes, says):
    recorded_stream.write(tmp_path / "bad.parquet", {**ROWS, **changes})
    with pytest.raises(UnreadableStream, match=says):
        streams.read(tmp_path)


@pytest.mark.parametrize("column", ["transaction_id", "ts", "customer_id", "terminal_id", "amount_minor", "is_fraud"])
def test_a_missing_column_is_named_with_its_file(tmp_path, column):
    recorded_stream.write(tmp_path / "bad.parquet", {name: values for name, values in ROWS.items() if name != column})
    with pytest.raises(UnreadableStream, match=f"bad.parquet: column {column} is missing"):
        streams.read(tmp_path)


def test_without_a_stream_there_is_an_error(tmp_path):
    with pytest.raises(UnreadableStream, match="does not exist"):
        streams.read(tmp_path / "nowhere")
    with pytest.raises(UnreadableStream, match="no Parquet file"):
        streams.read(tmp_path)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UnreadableStream, match=r"broken\.parquet: not a readable Parquet file"):
        streams.read(tmp_path)
    recorded_stream.write(tmp_path / "broken.parquet", {"night": [0]})
    with pytest.raises(UnreadableStream, match="no Parquet file has the columns"):
        streams.read(tmp_path)
    empty = pyarrow.table(ROWS).slice(0, 0)
    parquet.write_table(empty, tmp_path / "broken.parquet")
    with pytest.raises(UnreadableStream, match="no payments"):
        streams.read(tmp_path)
