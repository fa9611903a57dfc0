"""Where the ledger's lists come from: statements of SQL that page by key, on the screen and into a file."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest

from core.console.paging import KeysetPage
from core.money import Currency
from ledger.selectors import accounts, statements
from ledger.selectors.statements import Position, Statement

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts of a book in the order of their codes. An `owner` has a handful: they are one page."""

    book: str
    kind: str
    prefix: str
    owner: str
    holding: bool

    def page(self, request: HttpRequest) -> KeysetPage:
        code, _, currency = request.GET.get("after", "").partition("|")
        lines = self._read((code, currency), PAGE_SIZE + 1)
        shown = lines[:PAGE_SIZE]
        return KeysetPage(shown, _older(request, _code(shown[-1])) if len(lines) > PAGE_SIZE else "", "")

    def batches(self, size: int) -> Iterator[Sequence[Any]]:
        lines = self._read(("", ""), size)
        while lines:
            yield lines
            if len(lines) < size or self.owner:
                return
            lines = self._read((lines[-1].code, lines[-1].currency.code), size)

    def _read(self, after: tuple[str, str], limit: int) -> list[accounts.AccountLine]:
        if not self.owner:
            return accounts.list_by_code(
                book=self.book, kind=self.kind, prefix=self.prefix, holding=self.holding, after=after, limit=limit
            )
        return [
            line
            for line in accounts.list_of_owner(book=self.book, owner=self.owner)
            if self.kind in ("", line.kind)
            and line.code.startswith(self.prefix)
            and (line.posted.minor or not self.holding)
        ]


@dataclass(frozen=True, slots=True)
class StatementLines:
    """Lines of a period; `first` is the page that the screen has read already."""

    book: str
    account: str
    currency: Currency
    since: datetime
    until: datetime
    first: Statement

    def page(self, request: HttpRequest) -> KeysetPage:
        older = _older(request, _cursor(self.first.next_page)) if self.first.next_page else ""
        return KeysetPage(list(self.first.lines), older, "")

    def batches(self, size: int) -> Iterator[Sequence[Any]]:
        after: Position | None = None
        while True:
            found = statements.get(
                book=self.book, account=self.account, currency=self.currency, since=self.since, until=self.until,
                after=after, limit=size,
            )  # fmt: skip
            yield found.lines
            after = found.next_page
            if after is None:
                return


def position(request: HttpRequest) -> Position | None:
    """Where the page before ended. Raises Http404 for a cursor nobody was given."""
    cursor = request.GET.get("after", "")
    if not cursor:
        return None
    try:
        at, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise Http404
        return Position(moment, int(number))
    except (ValueError, binascii.Error, UnicodeDecodeError) as error:
        raise Http404 from error


def _older(request: HttpRequest, after: str) -> str:
    query = request.GET.copy()
    query["after"] = after
    return f"?{query.urlencode()}"


def _code(line: accounts.AccountLine) -> str:
    return f"{line.code}|{line.currency.code}"


def _cursor(end: Position) -> str:
    text = f"{end.effective_at.isoformat()}|{end.posting_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
