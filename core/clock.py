"""The one clock. Entry points (views, tasks, commands) read it once and pass `now` down; services never do.

A demo moves it with `manage.py clock`, a test with `use(FixedClock(...))`. Production keeps the system's time.
"""

import contextlib
import os
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
    """System time plus an offset in seconds that every process of one machine reads from a file.

    A look at the file's change time costs about a microsecond, so a move is seen by the next call everywhere.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changed_at = -1
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        try:
            changed_at = self.path.stat().st_mtime_ns
            if changed_at != self._changed_at:
                self._offset = timedelta(seconds=float(self.path.read_text()))
                self._changed_at = changed_at
        except FileNotFoundError:
            self._offset, self._changed_at = timedelta(), -1
        return self._offset

    def move_to(self, offset: timedelta) -> None:
        """Replaces the file in one step; a reader sees the old offset or the new one, never half a number."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.write_text(str(offset.total_seconds()))
        fresh.replace(self.path)


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
