"""Lists, page by page, fetched when they are wanted."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from holdfast.answers import Answer, Page
from holdfast.errors import HoldfastError

T = TypeVar("T")
Fetch = Callable[[Mapping[str, str]], Answer[Any]]


class Listing(Generic[T]):
    """All rows of a list: `for row in listing`, or `for page in listing.pages()`.

    Nothing is fetched before the first row is wanted, and no page before its first row is. `at_most` bounds the rows.
    To go on later, keep a page's `next_cursor` once its rows are done with, and pass it as `cursor`, with the same
    filters.
    """

    def __init__(
        self, fetch: Fetch, query: Mapping[str, str], *, at_most: int | None = None, rows: str = "data"
    ) -> None:
        self._fetch, self._query, self._at_most, self._rows = fetch, dict(query), at_most, rows

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.rows

    def pages(self) -> Iterator[Page[T]]:
        """Pages as the server cuts them; the last one shortened to `at_most`. Raises ApiError, NoAnswer."""
        query, left = dict(self._query), self._at_most
        seen: set[str] = set()
        while left is None or left > 0:
            answer = self._fetch(query)
            rows: list[T] = answer.data[self._rows]
            cursor: str | None = answer.data["nextCursor"] if answer.data["hasMore"] else None
            if left is not None and len(rows) > left:
                # The cursor is behind rows that were not given out: going on from it would lose them.
                rows, cursor = rows[:left], None
            yield Page(rows, cursor, answer.rate_limit)
            if cursor is None:
                return
            if cursor in seen:
                raise HoldfastError("the list goes round in circles: a cursor came twice")
            seen.add(cursor)
            query["cursor"] = cursor
            left = None if left is None else left - len(rows)

    def first(self) -> T | None:
        """The newest row, or None."""
        return next(iter(self), None)
