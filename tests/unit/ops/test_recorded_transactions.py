"""Real input: what the replay accepts from a file, and how it refuses what it cannot read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ops.marketplace import cards, transactions


def _csv(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "payments.csv"
    path.write_text("\n".join(["ts,customer_id,terminal_id,amount_minor,is_fraud", *lines]) + "\n")
    return path


def test_csv_and_parquet_read_alike(tmp_path: Path) -> None:
    from datetime import datetime

    at = datetime(2018, 8, 8, 0, 1, 14)
    table = pa.table({"ts": [at], "customer_id": [2765], "terminal_id": [2747], "amount_minor": [4284], "x": [0]})
    pq.write_table(table, tmp_path / "payments.parquet")
    from_csv = list(transactions.read(_csv(tmp_path, "2018-08-08T00:01:14,2765,2747,4284,0")))
    from_parquet = list(transactions.read(tmp_path / "payments.parquet"))
    assert from_csv == from_parquet == [transactions.RecordedTransaction(1, at, "2765", "2747", 4284)]


@pytest.mark.parametrize("amount", ["42.84", "-1", "0", "1e3", "", "٤٢", "NaN"])
def test_an_amount_that_is_no_whole_number_names_its_row(tmp_path: Path, amount: str) -> None:
    path = _csv(tmp_path, "2018-08-08T00:01:14,1,2,100,0", f"2018-08-08T00:01:15,1,2,{amount},0")
    with pytest.raises(transactions.UnreadableTransaction, match="row 2: amount_minor"):
        list(transactions.read(path))


def test_a_missing_column_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "payments.csv"
    path.write_text("ts,customer_id,amount_minor\n")
    with pytest.raises(transactions.UnreadableTransaction, match="terminal_id"):
        list(transactions.read(path))


def test_limit_stops_the_reading(tmp_path: Path) -> None:
    path = _csv(tmp_path, *["2018-08-08T00:01:14,1,2,100,0"] * 5)
    assert len(list(transactions.read(path, limit=3))) == 3
    assert transactions.count(path, limit=3) == 3
    assert transactions.count(path) == 5


def test_every_customer_has_one_valid_card() -> None:
    from core.vault import brands

    numbers = {cards.number_for(f"cus_{n}") for n in range(2000)}
    assert len(numbers) == 2000
    assert all(brands.passes_luhn(number) for number in numbers)
    assert cards.number_for("cus_1") == cards.number_for("cus_1")
