"""Who fires which kind of timer, declared in code.

    @fires(TimerKind.EVIDENCE_DUE)
    def close_evidence(escrow: Escrow, timer: Timer, *, now: datetime) -> str: ...

It runs in the transaction that holds the escrow and has marked the timer as fired, and answers with one sentence: what
came of it. What it raises undoes the firing alone; SwitchClosed means later, anything else that something is wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from escrow.enums import TimerKind

Function = TypeVar("Function", bound=Callable[..., str])


class DeclaredTwice(Exception):
    """Two functions fire one kind of timer."""


class NobodyFires(Exception):
    """A timer of a kind that no code fires; it is tried again and becomes an alarm, never dropped."""


@dataclass(frozen=True, slots=True)
class Declared:
    """`with_payment`: money may go back to a card, so the row of the payment is held too."""

    function: Callable[..., str]
    with_payment: bool


_declared: dict[str, Declared] = {}


def fires(kind: TimerKind, *, with_payment: bool = False) -> Callable[[Function], Function]:
    """Declare what a kind of timer does. Raises DeclaredTwice."""

    def register(function: Function) -> Function:
        known = _declared.get(kind)
        if known is not None and _place(known.function) != _place(function):
            raise DeclaredTwice(kind)
        _declared[kind] = Declared(function, with_payment)
        return function

    return register


def get(kind: str) -> Declared:
    """Raises NobodyFires."""
    if kind not in _declared:
        raise NobodyFires(kind)
    return _declared[kind]


def needs_payment(kind: str) -> bool:
    return kind in _declared and _declared[kind].with_payment


def _place(function: Callable[..., str]) -> tuple[str, str]:
    return function.__module__, function.__qualname__
