"""A key with networks works from inside of them and from nowhere else."""

import pytest

from core.api.models import KeyKind
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]
NETWORKS = ("203.0.113.0/24", "2001:db8::/48")


@pytest.mark.parametrize("address", ["203.0.113.0", "203.0.113.255", "2001:db8::1", "2001:db8:0:ffff::1"])
def test_from_inside_its_networks_a_key_works(address: str) -> None:
    shop = api.client("books:read", kind=KeyKind.RESTRICTED, networks=NETWORKS)
    assert shop.get("/v1/books", REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("address", ["203.0.112.255", "203.0.114.0", "2001:db8:1::1", "::1", "not an address"])
def test_from_outside_of_them_it_is_refused_by_name(address: str) -> None:
    shop = api.client("books:read", kind=KeyKind.RESTRICTED, networks=NETWORKS)
    answer = shop.get("/v1/books", REMOTE_ADDR=address)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGIN_NOT_ALLOWED")


def test_the_address_a_caller_writes_itself_opens_nothing() -> None:
    shop = api.client("books:read", kind=KeyKind.RESTRICTED, networks=NETWORKS)
    forged = shop.get("/v1/books", REMOTE_ADDR="198.51.100.9", headers={"X-Forwarded-For": "203.0.113.7"})
    assert forged.json()["code"] == "ORIGIN_NOT_ALLOWED"
