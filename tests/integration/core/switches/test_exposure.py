"""What a closed switch costs is counted while it is closed, and the count never stands in the way of money."""

from datetime import timedelta

import pytest
import redis
from django.core.management import call_command
from django.db import DatabaseError, transaction

from core import clock
from core.database.refusals import refusal_name
from core.money import Currency, Money
from core.switches import counting, metrics, selectors
from core.switches import services as switches
from core.switches.counting import Exposure
from core.switches.enums import Decided, Switch
from core.switches.models import SwitchExposure, SwitchTurn
from core.work import brokers
from tests.factories.switches import ON_CALL, opened

pytestmark = pytest.mark.django_db
NOW = clock.now()
DOLLARS = Money(50_000)


@pytest.fixture
def counters() -> "redis.Redis":
    return brokers.client(brokers.Database.COUNTERS)


def kept_in(counters: "redis.Redis") -> list[bytes]:
    """Names of this test alone."""
    return list(counters.scan_iter(match=f"{counting.LIVE}*"))


def close(switch: Switch = Switch.PAYMENTS, **different: object) -> SwitchTurn:
    wanted = {"switch": switch, "reason": "acquirer answers twice", "actor": ON_CALL, "now": NOW}
    return switches.close(**{**wanted, **different})  # type: ignore[arg-type]


def ask(amount: Money | None = DOLLARS, *, times: int = 1, scopes: tuple[str, ...] = ()) -> None:
    for _ in range(times):
        try:
            switches.require_open(Switch.PAYMENTS, now=NOW, scopes=scopes, amount=amount)
        except switches.SwitchClosed:
            continue


def exposure(turn: SwitchTurn) -> list[Exposure]:
    return selectors.list_exposures([turn.pk]).get(turn.pk, [])


def test_three_refused_payments_of_five_hundred_dollars() -> None:
    turn = close()
    ask(times=3)
    assert exposure(turn) == [Exposure(turn.pk, Decided.REFUSED, "USD", 3, 150_000)]


def test_currencies_are_never_added_together() -> None:
    turn = close()
    ask()
    ask(Money(900, Currency.JPY), times=2)
    ask(None)
    assert [(each.currency, each.operations, each.amount_minor) for each in exposure(turn)] == [
        ("", 1, 0),
        ("JPY", 2, 1_800),
        ("USD", 1, 50_000),
    ]


def test_what_runs_in_order_is_not_counted(counters: "redis.Redis") -> None:
    ask(times=5)
    assert kept_in(counters) == []


def test_a_closed_part_counts_for_its_own_turn_only() -> None:
    part = close(scope="gateway:sandbox")
    ask(scopes=("gateway:sandbox", "party:cus_1"))
    ask(scopes=("gateway:other",))
    assert [each.operations for each in exposure(part)] == [1]


def test_an_opening_for_a_time_counts_what_it_let_through() -> None:
    close()
    turn = opened(minutes=60, now=NOW)
    ask(times=2)
    assert exposure(turn) == [Exposure(turn.pk, Decided.ALLOWED, "USD", 2, 100_000)]


def test_counts_become_rows_once_however_often_it_runs() -> None:
    turn = close()
    ask(times=3)
    assert counting.collect(now=NOW) == 1
    assert counting.collect(now=NOW) == 0
    ask()
    assert exposure(turn) == [Exposure(turn.pk, Decided.REFUSED, "USD", 4, 200_000)]
    counting.collect(now=NOW)
    assert exposure(turn) == [Exposure(turn.pk, Decided.REFUSED, "USD", 4, 200_000)]
    assert SwitchExposure.objects.count() == 2


def test_a_runner_that_dies_between_writing_and_forgetting_counts_nothing_twice(
    counters: "redis.Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = close()
    ask(times=3)

    def die(*_: object) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(type(counters), "delete", die)
        with pytest.raises(redis.ConnectionError):
            counting.collect(now=NOW)
    assert SwitchExposure.objects.get().operations == 3
    counting.collect(now=NOW)
    assert exposure(turn) == [Exposure(turn.pk, Decided.REFUSED, "USD", 3, 150_000)]
    assert kept_in(counters) == []


def test_a_turn_that_was_rolled_back_leaves_no_exposure(counters: "redis.Redis") -> None:
    counting.note(turn_id=2**40, decided=Decided.REFUSED, amount=DOLLARS)
    assert counting.collect(now=NOW) == 0
    assert kept_in(counters) == []


def test_without_redis_the_answer_is_the_same_and_the_loss_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    close()
    tries: list[int] = []

    def away(*_: object, **__: object) -> None:
        tries.append(1)
        raise redis.ConnectionError

    monkeypatch.setattr("redis.client.Pipeline.execute", away)
    before = counting.LOST._value.get()
    for _ in range(10):
        with pytest.raises(switches.SwitchClosed):
            switches.require_open(Switch.PAYMENTS, now=NOW, amount=DOLLARS)
    assert counting.LOST._value.get() == before + 10
    assert len(tries) == 1, "after a failure Redis is left alone for a second"


def test_metrics_show_what_is_in_force() -> None:
    close()
    ask(times=2)
    ask(None)
    assert metrics._operations() == {("PAYMENTS", "REFUSED"): 3.0}
    assert metrics._minor() == {("PAYMENTS", "REFUSED", "USD"): 100_000.0}
    assert metrics._closed()[("PAYMENTS",)] == 1.0
    assert metrics._closed()[("REFUNDS",)] == 0.0


def test_rows_of_exposure_stay_as_written() -> None:
    close()
    ask()
    counting.collect(now=NOW)
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        SwitchExposure.objects.update(operations=1_000)
    assert refusal_name(refused.value) == "switches_exposure_is_append_only"


def test_the_command_that_lists_says_who_answers(capsys: pytest.CaptureFixture[str]) -> None:
    close(expires_at=NOW + timedelta(hours=1), owner="STAFF:sam@holdfast.test")
    call_command("switch", "list", no_color=True)
    assert "STAFF:sam@holdfast.test" in capsys.readouterr().out
