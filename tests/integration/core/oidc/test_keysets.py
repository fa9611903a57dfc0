"""An issuer's keys change, come late, or do not come at all."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from core import clock
from core.actors import SYSTEM
from core.clock import FixedClock
from core.oidc import issuers, keysets, users
from core.oidc.keysets import KeysUnavailable, UnknownKey
from core.oidc.tokens import TokenRefused
from core.parameters import services as parameters
from tests.factories import oidc
from tests.factories.oidc import Provider, jwk, key

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def time() -> Iterator[FixedClock]:
    with clock.use(FixedClock(clock.now())) as fixed:
        assert isinstance(fixed, FixedClock)
        yield fixed


def find(idp: Provider, key_id: str = "first", now: datetime | None = None) -> Any:
    return keysets.find(jwks_url=f"{idp.url}/keys", key_id=key_id, now=now or clock.now())


class TestFetching:
    def test_one_fetch_serves_an_hour(self, idp: Provider, time: FixedClock) -> None:
        for minutes in (0, 1, 29, 30):
            time.advance(timedelta(minutes=minutes))
            assert find(idp).public_numbers() == key().public_key().public_numbers()
        assert idp.asked == 1
        time.advance(MINUTE)
        find(idp)
        assert idp.asked == 2

    def test_a_new_key_serves_at_once_and_the_old_one_until_it_is_withdrawn(
        self, idp: Provider, time: FixedClock
    ) -> None:
        """Rotation without downtime: first both are published, then tokens change, then the old key goes."""
        idp.accept()
        old, new = idp.token(), idp.token(signed_by="second")
        assert users.identify(old, now=clock.now())
        time.advance(MINUTE)
        idp.keys = ["first", "second"]
        assert users.identify(new, now=clock.now())
        assert users.identify(old, now=clock.now())
        assert idp.asked == 2
        idp.keys = ["second"]
        time.advance(timedelta(seconds=3601))
        old, new = idp.token(), idp.token(signed_by="second")
        assert users.identify(new, now=clock.now())
        with pytest.raises(TokenRefused, match="key"):
            users.identify(old, now=clock.now())

    def test_made_up_key_ids_are_no_flood_of_fetches(self, idp: Provider, time: FixedClock) -> None:
        for number in range(50):
            with pytest.raises(UnknownKey):
                find(idp, f"bogus-{number}")
        assert idp.asked == 1
        time.advance(timedelta(seconds=30))
        for number in range(50):
            with pytest.raises(UnknownKey):
                find(idp, f"bogus-{number}")
        assert idp.asked == 2

    def test_an_unknown_issuer_is_never_asked(self, idp: Provider) -> None:
        with pytest.raises(TokenRefused, match="issuer"):
            users.identify(idp.token(), now=clock.now())
        assert idp.asked == 0

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("key_id", ["first", "bogus"])
    def test_twenty_at_once_are_one_fetch(self, key_id: str, idp: Provider) -> None:
        idp.wait = 0.2
        parameters.read("oidc.keys_pause_seconds", at=clock.now())

        def seek(_: int) -> str:
            try:
                find(idp, key_id)
            except UnknownKey:
                return "unknown"
            finally:
                connection.close()
            return "found"

        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(seek, range(20)))
        assert answers == {"found" if key_id == "first" else "unknown"}
        assert idp.asked == 1

    @pytest.mark.django_db(transaction=True)
    def test_while_old_keys_are_fetched_anew_the_others_do_not_wait(self, idp: Provider) -> None:
        begun = clock.now()
        find(idp, now=begun)
        idp.wait = 0.3
        later = begun + HOUR + MINUTE

        def seek(_: int) -> Any:
            try:
                return find(idp, now=later)
            finally:
                connection.close()

        with ThreadPoolExecutor(20) as pool:
            assert len(list(pool.map(seek, range(20)))) == 20
        assert idp.asked == 2


class TestFailing:
    FAULTS: dict[str, dict[str, Any]] = {
        "an error": {"status": 500},
        "not found": {"status": 404},
        "a redirect": {"status": 302, "headers": {"Location": "https://example.org/keys"}},
        "no JSON": {"answer": b"<html>"},
        "no object": {"answer": b"[]"},
        "no keys": {"answer": b"{}"},
        "an empty list": {"answer": b'{"keys": []}'},
        "a list of anything": {"answer": b'{"keys": [1, null, "x", {"kid": 1}, {"kid": "first"}]}'},
        "a name twice": {"answer": b'{"keys": [], "keys": []}'},
        "too many keys": {"answer": json.dumps({"keys": [jwk("first")] * 33}).encode()},
        "a huge answer": {"answer": b'{"keys": [], "pad": "' + b"x" * 70_000 + b'"}'},
        "compressed": {"headers": {"Content-Encoding": "gzip"}, "answer": b"\x1f\x8b"},
        "too slow": {"wait": 1.0},
    }

    @pytest.mark.parametrize("fault", FAULTS)
    def test_without_keys_nobody_gets_in_and_with_them_again_everybody(
        self, fault: str, idp: Provider, time: FixedClock
    ) -> None:
        parameters.change(
            name="oidc.keys_timeout_ms", value=300, effective_from=clock.now(), reason="of the tests",
            actor=SYSTEM, now=clock.now(),
        )  # fmt: skip
        idp.accept()
        for name, value in self.FAULTS[fault].items():
            setattr(idp, name, value)
        with pytest.raises(KeysUnavailable):
            users.identify(idp.token(), now=clock.now())
        idp.status, idp.answer, idp.wait, idp.headers = 200, None, 0, {}
        with pytest.raises(KeysUnavailable):
            users.identify(idp.token(), now=clock.now())  # the pause
        time.advance(timedelta(seconds=30))
        assert users.identify(idp.token(), now=clock.now())
        assert idp.asked == 2

    def test_an_issuer_that_is_away_is_done_without_for_four_hours_and_no_longer(
        self, idp: Provider, time: FixedClock
    ) -> None:
        idp.accept()
        assert users.identify(idp.token(), now=clock.now())
        idp.status = 503
        time.advance(4 * HOUR)
        assert users.identify(idp.token(), now=clock.now())
        time.advance(timedelta(seconds=1))
        with pytest.raises(KeysUnavailable):
            users.identify(idp.token(), now=clock.now())

    def test_an_unknown_key_of_an_issuer_that_is_away_may_be_a_good_one(self, idp: Provider, time: FixedClock) -> None:
        find(idp)
        idp.status = 503
        time.advance(MINUTE)
        with pytest.raises(KeysUnavailable):
            find(idp, "second")
        assert find(idp, "first")

    def test_a_clock_that_is_set_back_does_not_keep_keys_for_ever(self, idp: Provider, time: FixedClock) -> None:
        find(idp)
        time.advance(timedelta(days=-10))
        find(idp)
        assert idp.asked == 2

    def test_the_caller_is_told_to_try_again_and_not_that_the_token_is_bad(self, idp: Provider) -> None:
        idp.accept()
        idp.status = 500
        response = oidc.user(idp, party="cus_1").get("/v1/payments")
        assert (response.status_code, response.json()["code"]) == (503, "IDENTITY_PROVIDER_UNAVAILABLE")
        assert response["Retry-After"] == "30"

    def test_keys_without_tls_are_for_this_machine_and_where_the_settings_say_so(
        self, idp: Provider, settings: Any
    ) -> None:
        settings.HOLDFAST_LOOPBACK_ISSUERS = False
        with pytest.raises(KeysUnavailable):
            find(idp)
        assert idp.asked == 0
        settings.HOLDFAST_LOOPBACK_ISSUERS = True
        for url in ("http://example.org/keys", "http://127.0.0.1@example.org/keys", "file:///etc/passwd", "ftp://x/y"):
            assert not issuers.is_safe_url(url), url
        assert issuers.is_safe_url("https://example.org/keys")


class TestReadingKeys:
    """Which published keys are used. The first one is always good, so the set as a whole is."""

    @pytest.mark.parametrize(
        "other",
        [
            {"kty": "EC"},
            {"use": "enc"},
            {"alg": "RS512"},
            {"alg": "none"},
            {"key_ops": ["sign"]},
            {"d": "AAAA"},
            {"e": "AQ"},
            {"e": "Aw"},
            {"n": "AQAB"},
            {"n": "!"},
            {"n": 5},
            {"kid": "first"},
        ],
        ids=str,
    )
    def test_a_key_that_is_not_for_this_is_left_out(self, other: dict[str, Any], idp: Provider) -> None:
        published = [jwk("good"), jwk("first"), jwk("second", **other)]
        idp.answer = json.dumps({"keys": published}).encode()
        assert find(idp, "good")
        for name in {"first", "second"} & ({"first"} if other.get("kid") else {"second"}):
            with pytest.raises(UnknownKey):
                find(idp, name)

    def test_a_short_key_is_left_out(self, idp: Provider) -> None:
        short = key("short", bits=1024).public_key()
        idp.answer = json.dumps({"keys": [jwk("first"), jwk("short", short)]}).encode()
        assert find(idp, "first")
        with pytest.raises(UnknownKey):
            find(idp, "short")


class TestIssuers:
    def test_a_withdrawn_issuer_opens_nothing_and_may_be_accepted_again(self, idp: Provider, time: FixedClock) -> None:
        idp.accept()
        assert users.identify(idp.token(), now=clock.now())
        time.advance(MINUTE)
        issuers.withdraw(code=idp.code, reason="left", actor=SYSTEM, now=clock.now())
        with pytest.raises(TokenRefused, match="issuer"):
            users.identify(idp.token(), now=clock.now())
        time.advance(MINUTE)
        idp.accept()
        assert users.identify(idp.token(), now=clock.now())

    def test_a_decision_begins_at_its_hour(self, idp: Provider, time: FixedClock) -> None:
        now = clock.now()
        issuers.accept(terms=idp.terms(), effective_from=now + HOUR, reason="from then", actor=SYSTEM, now=now)
        with pytest.raises(TokenRefused, match="issuer"):
            users.identify(idp.token(), now=clock.now())
        time.advance(HOUR)
        assert users.identify(idp.token(), now=clock.now())
