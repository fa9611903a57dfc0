"""Lists over pages: every row once, in order, whatever the sizes; nothing fetched that is not wanted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from holdfast import Answer, HoldfastError, Listing
from holdfast.requests import query
from hypothesis import given
from hypothesis import strategies as st


class Shelf:
    """A server's list with pages of a size; counts what is asked of it."""

    def __init__(self, rows: list[int], size: int) -> None:
        self.rows, self.size = rows, size
        self.asked: list[str] = []

    def __call__(self, asked: Mapping[str, str]) -> Answer[Any]:
        self.asked.append(asked.get("cursor", ""))
        start = int(asked.get("cursor", "0"))
        rows = self.rows[start : start + self.size]
        more = start + self.size < len(self.rows)
        data = {"data": rows, "hasMore": more, "nextCursor": str(start + self.size) if more else None}
        return Answer(data, 200, None, None, False, None, None, None, 1, 0.0)


rows = st.lists(st.integers(), max_size=60)
sizes = st.integers(1, 12)


@given(rows, sizes)
def test_every_row_comes_once_and_in_order(rows: list[int], size: int) -> None:
    assert list(Listing(Shelf(rows, size), {})) == rows


@given(rows, sizes, st.integers(0, 70))
def test_no_more_rows_than_wanted_and_no_more_pages_than_needed(rows: list[int], size: int, at_most: int) -> None:
    shelf = Shelf(rows, size)
    assert list(Listing(shelf, {}, at_most=at_most)) == rows[:at_most]
    needed = min(at_most, len(rows))
    assert len(shelf.asked) == (max(1, -(-needed // size)) if at_most else 0)


@given(rows, sizes, st.integers(0, 5))
def test_a_list_is_gone_on_with_from_any_page(rows: list[int], size: int, stop: int) -> None:
    """The first process keeps the cursor of its last page; the second one gives exactly the rest."""
    shelf = Shelf(rows, size)
    done: list[int] = []
    cursor: str | None = ""
    for page in islice(Listing[int](shelf, {}).pages(), stop + 1):
        done += page.rows
        cursor = page.next_cursor
    rest = list(Listing[int](shelf, {"cursor": cursor})) if cursor else []
    assert done + rest == rows


def test_nothing_is_fetched_before_it_is_wanted() -> None:
    shelf = Shelf(list(range(10)), 3)
    listing = Listing[int](shelf, {})
    assert shelf.asked == []
    first = list(islice(listing, 3))
    assert (first, shelf.asked) == ([0, 1, 2], [""])
    assert Listing[int](shelf, {}).first() == 0
    assert Listing[int](Shelf([], 3), {}).first() is None


def test_a_shortened_page_gives_no_cursor_that_would_skip_rows() -> None:
    (page,) = Listing[int](Shelf(list(range(10)), 6), {}, at_most=4).pages()
    assert (page.rows, page.next_cursor) == ([0, 1, 2, 3], None)


def test_a_list_that_goes_round_in_circles_is_left() -> None:
    def circle(_: Mapping[str, str]) -> Answer[Any]:
        data = {"data": [1], "hasMore": True, "nextCursor": "again"}
        return Answer(data, 200, None, None, False, None, None, None, 1, 0.0)

    with pytest.raises(HoldfastError, match="circles"):
        list(Listing(circle, {}))


def test_filters_take_wire_names_and_times_their_zone() -> None:
    moment = datetime(2026, 3, 2, 15, 0, 0, 250, tzinfo=UTC)
    assert query({"created_gte": moment, "customer_id": "cus_1", "limit": 5, "status": None}) == {
        "createdAt[gte]": "2026-03-02T15:00:00.000250Z",
        "customerId": "cus_1",
        "limit": "5",
    }
    with pytest.raises(ValueError, match="zone"):
        query({"created_lt": datetime(2026, 3, 2)})
