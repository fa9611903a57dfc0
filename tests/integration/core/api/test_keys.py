"""API keys: shown once, kept as a digest, ended by expiry or revocation."""

import hashlib
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from core import clock
from core.actors import SYSTEM, Actor
from core.api import keys
from core.api.keys import KeyNotFound
from core.api.models import ApiKey, KeyKind
from core.api.rights import UnableToCreateKey
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.core.api.shelf")]


def make(**fields: object) -> tuple[ApiKey, str]:
    arguments = {"name": "shop", "livemode": False, "scopes": ["books:write"], "actor": SYSTEM, "now": clock.now()}
    return keys.create(**(arguments | fields))


def test_a_key_says_its_mode_and_keeps_only_a_digest() -> None:
    key, secret = make()
    assert secret.startswith("rk_test_")
    assert len(secret) == 40
    assert bytes(key.secret_hash) == hashlib.sha256(secret.encode()).digest()
    assert key.last4 == secret[-4:]
    row = ApiKey.objects.values().get(pk=key.pk)
    assert secret not in repr(row)
    assert make(livemode=True)[1].startswith("rk_live_")
    assert make(livemode=True, kind=KeyKind.SECRET)[1].startswith("sk_live_")
    assert make(kind=KeyKind.SECRET)[1].startswith("sk_test_")


def test_two_keys_have_nothing_in_common() -> None:
    assert len({make()[1][8:] for _ in range(50)}) == 50


def test_unknown_malformed_expired_and_revoked_look_the_same() -> None:
    now = clock.now()
    key, secret = make(expires_at=now + timedelta(days=1))
    assert keys.find_usable(secret=secret, now=now) == key
    assert keys.find_usable(secret=secret, now=now + timedelta(days=1)) is None
    assert keys.find_usable(secret=secret[:-1], now=now) is None
    assert keys.find_usable(secret="\udcff" * 10, now=now) is None
    keys.revoke(key_id=key.public_id, actor=SYSTEM, now=now)
    assert keys.find_usable(secret=secret, now=now) is None


def test_a_lookup_is_one_indexed_statement_whatever_was_sent(django_assert_num_queries) -> None:
    for secret in ("", "x", "sk_test_" + "a" * 32, "é" * 40):
        with django_assert_num_queries(1):
            keys.find_usable(secret=secret, now=clock.now())


def test_a_revocation_elsewhere_is_noticed_after_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = make()
    assert keys.find_usable(secret=secret, now=clock.now())
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=clock.now(), revoked_by="x", place=None)  # by another process
    assert keys.find_usable(secret=secret, now=clock.now())
    later = keys.time.monotonic() + keys.CACHE_SECONDS
    monkeypatch.setattr(keys.time, "monotonic", lambda: later)
    assert keys.find_usable(secret=secret, now=clock.now()) is None


def test_the_last_use_is_kept_to_the_minute(django_assert_num_queries) -> None:
    key, _ = make()
    now = clock.now()
    with django_assert_num_queries(1):
        keys.note_use(key=key, now=now)
        keys.note_use(key=key, now=now + timedelta(seconds=59))
    with django_assert_num_queries(1):
        keys.note_use(key=key, now=now + timedelta(seconds=61))
    assert ApiKey.objects.get(pk=key.pk).last_used_at == now + timedelta(seconds=61)


def test_making_and_ending_a_key_is_audited_once_each() -> None:
    actor = Actor("STAFF", "ada@example.com")
    key, secret = make(actor=actor)
    for _ in range(2):
        keys.revoke(key_id=key.public_id, actor=actor, now=clock.now())
    entries = AuditEntry.objects.filter(subject=key.public_id).order_by("pk")
    assert [entry.action for entry in entries] == ["api.key.created", "api.key.revoked"]
    assert secret not in repr(list(entries.values()))


def test_senseless_keys_are_refused() -> None:
    with pytest.raises(UnableToCreateKey, match="No operation asks for books:burn"):
        make(scopes=["books:burn"])
    with pytest.raises(UnableToCreateKey, match="at least one scope"):
        make(scopes=[])
    with pytest.raises(UnableToCreateKey, match="future"):
        make(expires_at=clock.now())
    with pytest.raises(KeyNotFound):
        keys.revoke(key_id="key_none", actor=SYSTEM, now=clock.now())


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"kind": "SECRET"}, "api_key_identity_does_not_change"),
        ({"prefix": "sk_live_"}, "api_key_identity_does_not_change"),
        ({"lineage": "key_other"}, "api_key_identity_does_not_change"),
        ({"secret_hash": b"0" * 32}, "api_key_identity_does_not_change"),
        ({"place": 3}, "api_key_lineage_has_two_places"),
        ({"revoked_at": datetime(2026, 11, 26, tzinfo=UTC), "revoked_by": "x"}, "revoked_api_key_gives_up_its_place"),
        ({"last4": ""}, "api_key_has_its_secret_or_waits_for_it"),
        ({"throttle_class": "ENDLESS"}, "api_key_throttle_class_is_known"),
    ],
)
def test_the_database_refuses_a_key_that_contradicts_itself(change: dict[str, object], constraint: str) -> None:
    key, _ = make()
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(**change)
    assert refusal_name(refused.value) == constraint


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("create_api_key", *arguments, stdout=out, stderr=StringIO())
        return out.getvalue().strip()

    def test_it_prints_the_secret_and_nothing_else(self) -> None:
        secret = self.run("shop", "--scope", "books:read", "--days", "30")
        key = keys.find_usable(secret=secret, now=clock.now())
        assert key is not None
        assert (key.name, key.scopes, key.livemode) == ("shop", ["books:read"], False)
        assert key.expires_at is not None

    def test_all_scopes_are_those_that_views_ask_for(self) -> None:
        secret = self.run("everything", "--all-scopes", "--live", "--bulk")
        key = keys.find_usable(secret=secret, now=clock.now())
        assert key is not None
        assert (key.scopes, key.throttle_class) == (["books:read", "books:write"], "BULK")
        assert key.livemode

    @pytest.mark.parametrize("arguments", [["x"], ["x", "--scope", "books:burn"]])
    def test_a_key_without_a_known_scope_is_not_made(self, arguments: list[str]) -> None:
        with pytest.raises(CommandError, match="books:read"):
            self.run(*arguments)
