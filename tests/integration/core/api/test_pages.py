"""Lists: pages by cursor, filters by name, nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.actors import SYSTEM
from core.api import keys
from core.api.models import ApiKey
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]
START = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)


@pytest.fixture
def client() -> api.ApiClient:
    """Seven rows, two of them in one instant, and a client that only sees those named `row`."""
    for minute in (0, 1, 2, 2, 3, 4, 5):
        keys.create(
            name="row", livemode=False, scopes=["books:read"], actor=SYSTEM, now=START + timedelta(minutes=minute)
        )
    return api.client("books:read")


def walk(client: api.ApiClient, query: str) -> list[list[str]]:
    pages, cursor = [], ""
    while True:
        page = client.get(f"/v1/keys?name=row&{query}{cursor}").json()
        pages.append([row["createdAt"][14:16] for row in page["data"]])
        assert page["hasMore"] is (page["nextCursor"] is not None)
        if not page["hasMore"]:
            return pages
        cursor = f"&cursor={page['nextCursor']}"


def test_pages_go_from_new_to_old_without_gap_or_repetition(client: api.ApiClient) -> None:
    assert walk(client, "limit=3") == [["35", "34", "33"], ["32", "32", "31"], ["30"]]
    assert walk(client, "limit=7") == [["35", "34", "33", "32", "32", "31", "30"]]
    assert walk(client, "limit=1") == [[minute] for minute in ("35", "34", "33", "32", "32", "31", "30")]


def test_a_page_stays_where_it_was_when_rows_are_added(client: api.ApiClient) -> None:
    first = client.get("/v1/keys?name=row&limit=2").json()
    keys.create(name="row", livemode=False, scopes=["books:read"], actor=SYSTEM, now=START + timedelta(hours=1))
    second = client.get(f"/v1/keys?name=row&limit=2&cursor={first['nextCursor']}").json()
    assert [row["createdAt"][14:16] for row in second["data"]] == ["33", "32"]


def test_a_page_is_one_query(client: api.ApiClient) -> None:
    client.get("/v1/keys")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/v1/keys?limit=5")
    assert len(queries) == 1
    assert "LIMIT 6" in queries[0]["sql"]


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "AAAA", "é", "A" * 4000, "MTcwMDAwMDAwMDAwMDAwMDox"])
def test_a_made_up_cursor_is_refused(client: api.ApiClient, cursor: str) -> None:
    response = client.get("/v1/keys", {"cursor": cursor})
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_CURSOR")


def test_a_cursor_belongs_to_its_filters_and_its_mode(client: api.ApiClient) -> None:
    cursor = client.get("/v1/keys?name=row&limit=2").json()["nextCursor"]
    for other, address in (
        (client, f"/v1/keys?cursor={cursor}"),
        (client, f"/v1/keys?name=row&throttleClass=BULK&cursor={cursor}"),
        (api.client("books:read", livemode=True), f"/v1/keys?name=row&cursor={cursor}"),
    ):
        assert other.get(address).json()["code"] == "INVALID_CURSOR"
    twice = client.get(f"/v1/keys?name=row&cursor={cursor}&cursor={cursor}")
    assert twice.json()["code"] == "INVALID_CURSOR"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=١", "limit"),
        ("limit=1.0", "limit"),
        ("limit=", "limit"),
        ("limit=1&limit=2", "limit"),
        ("page=2", "page"),
        ("secretHash=x", "secretHash"),
        ("name__startswith=r", "name__startswith"),
        ("name=a&name=b", "name"),
        ("name=", "name"),
        ("name=%00", "name"),
        ("throttleClass=FAST", "throttleClass"),
        ("createdAt=2024-01-01", "createdAt"),
        ("createdAt[gte]=yesterday", "createdAt[gte]"),
        ("createdAt[gte]=2024-13-01", "createdAt[gte]"),
        ("createdAt[gte]=٢٠٢٤-01-01", "createdAt[gte]"),
        ("createdAt[gte]=2024-01-01T00:00:00", "createdAt[gte]"),
        ("createdAt[like]=2024-01-01", "createdAt[like]"),
        ("createdAt[gte]=0001-01-01T00:00:00%2B01:00", "createdAt[gte]"),
    ],
)
def test_what_is_not_on_the_list_of_parameters_is_refused_by_name(
    client: api.ApiClient, query: str, parameter: str
) -> None:
    response = client.get(f"/v1/keys?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_REQUEST")
    assert [error["parameter"] for error in response.json()["errors"]] == [parameter]


def test_a_view_without_a_list_takes_no_parameters(client: api.ApiClient) -> None:
    assert client.get("/v1/books?x=1").json()["errors"] == [{"parameter": "x", "detail": "Unknown parameter."}]


def test_filters_narrow_the_list(client: api.ApiClient) -> None:
    def count(**query: Any) -> int:
        return len(client.get("/v1/keys", query).json()["data"])

    assert count(name="row") == 7
    assert count(name="nobody") == 0
    assert count(throttleClass="BULK") == ApiKey.objects.filter(throttle_class="BULK").count()
    assert count(**{"createdAt[gte]": "2024-01-15T10:32:00Z", "createdAt[lt]": "2024-01-15T10:34:00Z"}) == 3
    assert count(**{"createdAt[gt]": "2024-01-15T11:32:00+01:00", "createdAt[lte]": "2024-01-15"}) == 0
    assert count(**{"createdAt[lt]": "2024-01-16"}) == 7
    assert count(**{"createdAt[gte]": "2024-01-14T11:33:00-23:00"}) == 3 + 1  # 23 hours: more than PostgreSQL knows
