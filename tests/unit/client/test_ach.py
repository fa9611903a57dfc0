"""Dates and times of transfers: the error of a transfer is found at one moment everywhere."""

import json
from datetime import date, datetime, timedelta, timezone

import httpx
import pytest
from holdfast import Client

NEW_YORK = timezone(timedelta(hours=-5))


@pytest.fixture
def asked() -> list[httpx.Request]:
    return []


@pytest.fixture
def client(asked: list[httpx.Request]) -> Client:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    return Client("sk_test_x", base_url="http://testserver", transport=httpx.MockTransport(answer))


def test_the_moment_of_discovery_is_sent_in_utc(client: Client, asked: list[httpx.Request]) -> None:
    found = datetime(2026, 1, 2, 21, 30, tzinfo=NEW_YORK)
    client.ach_transfers.reverse("tr_1", cause="DUPLICATE", discovered_at=found)
    client.ach_transfers.reverse("tr_1", cause="DUPLICATE")
    assert [json.loads(request.content) for request in asked] == [
        {"cause": "DUPLICATE", "discoveredAt": "2026-01-03T02:30:00.000000Z"},
        {"cause": "DUPLICATE"},
    ]


def test_a_moment_without_its_zone_is_not_sent(client: Client, asked: list[httpx.Request]) -> None:
    """Read as UTC, it would move the deadline of the reversal by hours."""
    with pytest.raises(ValueError, match="discovered_at: a time needs its zone"):
        client.ach_transfers.reverse("tr_1", cause="DUPLICATE", discovered_at=datetime(2026, 1, 2, 21, 30))
    assert asked == []


@pytest.mark.parametrize("day", [date(2026, 1, 2), datetime(2026, 1, 2, 21, 30, tzinfo=NEW_YORK)])
def test_an_effective_date_is_the_day_as_written(client: Client, asked: list[httpx.Request], day: date) -> None:
    client.ach_transfers.create(
        from_account_id="prv_1",
        to_account_id="ba_1",
        amount=12_500,
        transfer_type="CREDIT",
        description="cleaning in December",
        customer_info={},
        effective_date=day,
    )
    assert json.loads(asked[0].content)["effectiveDate"] == "2026-01-02"
