"""What the program can perform, declared in code: performers of work and periodic jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar


class DeclaredTwice(Exception):
    """Two functions claim one name."""


class NoPerformer(Exception):
    """A row names a kind that no code performs; it is retried and then parks, never dropped."""


Function = TypeVar("Function", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Performer:
    kind: str
    function: Callable[..., None]
    external: bool


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    function: Callable[..., None]

    def slot(self, now: datetime) -> datetime:
        """The latest moment at or before `now` that this job is scheduled for; the same in every process."""
        interval = self.every // timedelta(microseconds=1)
        elapsed = (now - _EPOCH) // timedelta(microseconds=1)
        return _EPOCH + timedelta(microseconds=elapsed - elapsed % interval)


_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_performers: dict[str, Performer] = {}
_jobs: dict[str, Job] = {}


def performs(kind: str, *, external: bool = False) -> Callable[[Function], Function]:
    """Declare who performs a kind of work: `def f(*, key, payload, now)`.

    By default the performer runs in one transaction with marking the row done, so its effect happens once. With
    `external=True` it runs outside any transaction because it talks to somebody else; after a crash it runs again,
    so what it does must bear repetition.
    """

    def register(function: Function) -> Function:
        if kind in _performers and not _is_same(_performers[kind].function, function):
            raise DeclaredTwice(kind)
        _performers[kind] = Performer(kind, function, external)
        return function

    return register


def periodic(name: str, *, every: timedelta) -> Callable[[Function], Function]:
    """Declare a job: `def f(*, now)`, run once per `every` somewhere, never twice at a time.

    It runs outside any transaction and owns its own. Missed slots are not made up one by one: a job looks at what
    there is to do, not at how often it was called.
    """

    def register(function: Function) -> Function:
        if name in _jobs and not _is_same(_jobs[name].function, function):
            raise DeclaredTwice(name)
        _jobs[name] = Job(name, every, function)
        return function

    return register


def performer(kind: str) -> Performer:
    try:
        return _performers[kind]
    except KeyError:
        raise NoPerformer(kind) from None


def job(name: str) -> Job:
    try:
        return _jobs[name]
    except KeyError:
        raise NoPerformer(name) from None


def jobs() -> list[Job]:
    return sorted(_jobs.values(), key=lambda job: job.name)


def _is_same(one: Callable[..., None], other: Callable[..., None]) -> bool:
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)
