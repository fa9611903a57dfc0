"""Pages by key: every row once, whatever arrives meanwhile."""

from datetime import UTC, datetime

import pytest
from django.http import Http404, QueryDict
from django.test import RequestFactory

from core.console.paging import KeysetPage, keyset
from core.staff.models import SignInCounter

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
BY = ("failures", "subject")


def rows(*failures: int) -> None:
    SignInCounter.objects.bulk_create(
        [SignInCounter(subject=f"{n:02}", failures=count, since=NOW) for n, count in enumerate(failures)]
    )


def page(address: str = "", size: int = 3) -> KeysetPage:
    return keyset(RequestFactory().get(f"/{address}"), SignInCounter.objects.all(), by=BY, size=size)


def subjects(shown: KeysetPage) -> list[str]:
    return [row.subject for row in shown.rows]


def test_walks_down_and_up_again_over_equal_values() -> None:
    rows(5, 5, 5, 5, 4, 4, 9, 1)

    first = page()
    second = page(first.older_url)
    third = page(second.older_url)

    assert [subjects(shown) for shown in (first, second, third)] == [
        ["06", "03", "02"],
        ["01", "00", "05"],
        ["04", "07"],
    ]
    assert (first.newer_url, third.older_url) == ("", "")
    assert subjects(page(third.newer_url)) == subjects(second)
    assert subjects(page(second.newer_url)) == subjects(first)


def test_row_that_arrives_between_two_pages_moves_nothing() -> None:
    rows(5, 4, 3, 2, 1)
    first = page(size=2)
    SignInCounter.objects.create(subject="new", failures=99, since=NOW)

    assert subjects(page(first.older_url, size=2)) == ["02", "03"]


def test_filters_of_the_address_stay() -> None:
    rows(3, 2, 1)

    older = QueryDict(page("?status=OPEN&status=LATE", size=1).older_url.lstrip("?"))

    assert older.getlist("status") == ["OPEN", "LATE"]
    assert "before" in older


def test_one_page_has_no_pager() -> None:
    rows(1, 2, 3)
    assert not page(size=3).is_paged


def test_one_statement_a_page(django_assert_num_queries) -> None:
    rows(5, 4, 3, 2, 1)
    with django_assert_num_queries(1):
        page()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "W10",
        "eyJhIjoxfQ",
        "WzEsMiwzXQ",
        "WyJ4IiwieSJd",
        "!!!",
        "W1tdLFtdXQ",
        "WzFlOTk5LCJ4Il0",
        "WzEsICJcdTAwMDAiXQ",
        "W251bGwsICJ4Il0",
        "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ",
    ],
)
def test_cursor_nobody_was_given_is_a_404(cursor: str) -> None:
    rows(1)
    with pytest.raises(Http404):
        page(f"?before={cursor}")
