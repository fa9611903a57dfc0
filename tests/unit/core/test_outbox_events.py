"""Events are plain: what goes in as JSON comes back as the same event."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar

import pytest

from core.outbox import events


class Colour(Enum):
    RED = "RED"


class Size(StrEnum):
    SMALL = "SMALL"


@dataclass(frozen=True)
class Everything:
    name: ClassVar[str] = "tests.everything"
    version: ClassVar[int] = 1
    id: str
    amount_minor: int
    live: bool
    happened_at: datetime
    settles_on: date
    ended_at: datetime | None
    note: str | None
    lines: tuple[str, ...]
    size: Size
    details: dict[str, int]


WHOLE = Everything(
    id="pay_1", amount_minor=2**63 - 1, live=True, happened_at=datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC),
    settles_on=date(2026, 3, 4), ended_at=None, note=None, lines=("a", "b"), size=Size.SMALL, details={"legs": 3},
)  # fmt: skip


def test_an_event_comes_back_as_it_was() -> None:
    payload = events.encode(WHOLE)
    assert payload["happened_at"] == "2026-03-02T12:00:00.123456+00:00"
    assert payload["size"] == "SMALL"
    assert events.decode(Everything, payload) == WHOLE


def test_its_moment_is_its_first_datetime() -> None:
    assert events.moment(WHOLE) == WHOLE.happened_at


@pytest.mark.parametrize(
    "value", [0.1, object(), b"bytes", {1: "x"}, {"a": 0.5}, datetime(2026, 3, 2), Colour.RED, {"set"}]
)
def test_what_json_cannot_carry_without_loss_is_refused(value: Any) -> None:
    @dataclass(frozen=True)
    class Odd:
        name: ClassVar[str] = "tests.odd"
        version: ClassVar[int] = 1
        value: Any

    with pytest.raises(events.EventIsNotPlain, match=r"Odd\.value"):
        events.encode(Odd(value))


def test_only_a_frozen_dataclass_with_name_and_version_is_an_event() -> None:
    class Plain:
        name, version = "tests.plain", 1

    @dataclass
    class Melting:
        name: ClassVar[str] = "tests.melting"
        version: ClassVar[int] = 1

    @dataclass(frozen=True)
    class Nameless:
        version: ClassVar[int] = 1

    @dataclass(frozen=True)
    class Vague:
        name: ClassVar[str] = "tests.vague"
        version: ClassVar[bool] = True

    for cls in (Plain, Melting, Nameless, Vague):
        with pytest.raises(events.EventIsNotPlain):
            events.fields(cls)
