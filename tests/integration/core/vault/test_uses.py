"""Who opens far more than usual is noticed within minutes, and told of once."""

from datetime import UTC, datetime, timedelta

import pytest
import redis

from core.audit import selectors as audit_log
from core.outbox.models import Event
from core.vault import use_counts, uses
from core.vault.models import KeyAct, KeyUseHour
from core.vault.purposes import Purpose
from core.work import brokers

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 3, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)
OFFICER = "STAFF:yuki@holdfast.example"


def reveal(times: int, *, actor: str = OFFICER, now: datetime = NOW) -> None:
    for _ in range(times):
        use_counts.note(purpose=Purpose.PAYMENT, act=KeyAct.REVEALED, actor=actor, now=now)


def watch(now: datetime = NOW) -> list[tuple[str, int]]:
    uses.collect(now=now)
    return [(row.actor, row.uses) for row in uses.judge(now=now)]


def test_thirty_in_an_hour_are_usual_and_thirty_one_are_not() -> None:
    reveal(30)
    assert watch() == []
    reveal(1)
    assert watch() == [(OFFICER, 31)]


def test_told_once_an_hour_with_who_and_how_many() -> None:
    reveal(40)
    assert watch() == [(OFFICER, 40)]
    reveal(40)
    assert watch() == []
    (event,) = Event.objects.filter(name="vault.key_use_unusual")
    assert (event.payload["actor"], event.payload["uses"], event.payload["limit"]) == (OFFICER, 40, 30)
    (entry,) = audit_log.list_for_subject(OFFICER)
    assert (entry.action, entry.facts["uses"]) == ("vault.key_use.unusual", 40)


def test_two_people_are_not_added_up() -> None:
    reveal(20)
    reveal(20, actor="STAFF:ada@holdfast.example")
    assert watch() == []


def test_five_times_the_usual_is_unusual_where_the_usual_is_high() -> None:
    """168 hours of 20 cards: an average of 20, so 100 is the limit."""
    KeyUseHour.objects.bulk_create(
        KeyUseHour(purpose="PAYMENT", act="REVEALED", actor=OFFICER, uses=20, hour=use_counts.hour_of(NOW) - HOUR * ago)
        for ago in range(1, 169)
    )
    reveal(100)
    assert watch() == []
    assert KeyUseHour.objects.get(hour=use_counts.hour_of(NOW)).uses == 100
    reveal(1)
    assert watch() == [(OFFICER, 101)]


def test_the_end_of_an_hour_is_judged_in_the_next() -> None:
    reveal(31, now=NOW.replace(minute=59))
    assert watch(NOW + HOUR) == [(OFFICER, 31)]


def test_a_flushed_redis_takes_nothing_back() -> None:
    reveal(10)
    watch()
    brokers.client(brokers.Database.COUNTERS).delete(use_counts.key_of(use_counts.hour_of(NOW)))
    reveal(2)
    watch()
    assert KeyUseHour.objects.get().uses == 10


def test_without_redis_the_use_goes_on_and_the_loss_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr("redis.client.Pipeline.execute", away)
    before = use_counts.LOST._value.get()
    reveal(3)
    assert use_counts.LOST._value.get() == before + 3
