"""The one clock. Entry points (views, tasks, commands) read it once and pass `now` down; services never do.

A demo moves it with `manage.py clock`, a test with `use(FixedClock(...))`. Production keeps the system's time.
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class OffsetClock:
    """System time plus an offset in seconds that every process of one machine reads from a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at = 0.0
        self._offset = timedelta()

    def now(self) -> datetime:
        if time.monotonic() - self._read_at > 1:
            self._read_at = time.monotonic()
            self._offset = self.offset()
        return datetime.now(UTC) + self._offset

    def offset(self) -> timedelta:
        try:
            return timedelta(seconds=float(self.path.read_text()))
        except FileNotFoundError:
            return timedelta()

    def move_to(self, offset: timedelta) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(str(offset.total_seconds()))
        self._read_at = 0.0


_clock: Clock = SystemClock()


def now() -> datetime:
    """The present, in UTC."""
    return _clock.now()


def install(clock: Clock) -> None:
    """Called once at start-up by `core.telemetry`'s app config according to the settings."""
    global _clock
    _clock = clock


@contextlib.contextmanager
def use(clock: Clock) -> Iterator[Clock]:
    """Another clock for the length of a block."""
    global _clock
    before, _clock = _clock, clock
    try:
        yield clock
    finally:
        _clock = before
