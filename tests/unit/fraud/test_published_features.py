"""The state's windows against the columns published with the Handbook's stream, for the customers of a slice."""

from datetime import datetime, timedelta

import pytest

from fraud.features.replay import Recorded, replay
from fraud.features.rings import DAY
from tests.factories import handbook

FIRST = datetime(2018, 6, 20)
DAY_OF_INTEREST = 17_737 * DAY  # 25 July 2018
CUSTOMERS = 300


@pytest.fixture(scope="module")
def compared():
    """Variables of the payments of 25 to 27 July with the published columns beside them."""
    from pyarrow import compute as pc
    from pyarrow import parquet

    place = handbook.place()
    (path,) = place.glob("transactions_*.parquet")
    until = FIRST + timedelta(days=38)
    table = parquet.read_table(path, filters=[("ts", ">=", FIRST), ("ts", "<", until), ("customer_id", "<", CUSTOMERS)])
    recorded = Recorded(
        pc.cast(pc.cast(table["ts"], "timestamp[us]"), "int64").to_pylist(),
        table["customer_id"].to_pylist(),
        table["terminal_id"].to_pylist(),
        table["amount_minor"].to_pylist(),
        table["is_fraud"].to_pylist(),
    )
    seen = replay(recorded, windows=[(DAY_OF_INTEREST, DAY_OF_INTEREST + 3 * DAY)], delay=7 * DAY)
    numbers = table["transaction_id"].to_pylist()
    wanted = [numbers[row] for row in seen.rows]
    (published,) = place.glob("published_features_*.parquet")
    rows = parquet.read_table(published, filters=[("transaction_id", "in", wanted)]).sort_by("transaction_id")
    assert rows["transaction_id"].to_pylist() == wanted
    assert len(wanted) > 1_500
    return seen.columns, {name: rows[name].to_pylist() for name in rows.column_names}


def test_payments_of_24_hours_are_the_published_ones_without_the_payment_itself(compared):
    ours, published = compared
    assert [count + 1 for count in ours["customer_payments_24h"]] == published["customer_id_nb_tx_1day_window"]


def test_weekends_are_the_published_ones(compared):
    ours, published = compared
    assert list(ours["weekend"]) == published["tx_during_weekend"]


@pytest.mark.parametrize(("days", "coarse"), [(7, 0.12), (30, 0.03)])
def test_windows_of_days_are_coarser_by_less_than_a_day(compared, days, coarse):
    ours, published = compared
    exact = published[f"customer_id_nb_tx_{days}day_window"]
    counted = [count + 1 for count in ours[f"customer_payments_{days}d"]]
    assert all(count <= whole for count, whole in zip(counted, exact, strict=True))
    assert 1 - sum(counted) / sum(exact) < coarse


def test_mean_amounts_of_30_days_are_close_to_the_published_ones(compared):
    ours, published = compared
    # Published in whole units and with the payment itself in the mean: taken out again.
    for mean, count, published_mean, amount in zip(
        ours["customer_mean_30d_minor"],
        published["customer_id_nb_tx_30day_window"],
        published["customer_id_avg_amount_30day_window"],
        ours["amount_minor"],
        strict=True,
    ):
        if count > 20:
            without = (published_mean * 100 * count - amount) / (count - 1)
            assert mean == pytest.approx(without, rel=0.25)
