"""Who is related to whom. Apps add sources; what any of them knows keeps a person from signing.

@relations.source("declared")
def declared(*, people, names, on): ...
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple


class Tie(NamedTuple):
    """`email` of the staff is related to `to`: a party id, or another person's e-mail. `why` completes "is …"."""

    email: str
    to: str
    why: str


Source = Callable[..., Iterable[Tie]]
"""`(*, people: frozenset[str], names: frozenset[str], on: date)`: ties from any of the people to any of the names
(party ids and e-mails), in a fixed number of statements however many there are."""

_sources: dict[str, Source] = {}


class Ties:
    """What the sources know about some people and the parties and persons they might sign for."""

    def __init__(self, ties: Iterable[Tie]) -> None:
        self._why = {(tie.email, tie.to): tie.why for tie in ties}

    def why(self, email: str, names: Iterable[str]) -> str:
        """The first relation between a person and any of the names; empty where there is none."""
        return next((why for name in sorted(names) if (why := self._why.get((email, name)))), "")


def source(name: str) -> Callable[[Source], Source]:
    """Declared once per name; the later declaration counts."""

    def register(function: Source) -> Source:
        _sources[name] = function
        return function

    return register


def read(*, people: Iterable[str], names: Iterable[str], on: date) -> Ties:
    """Ask every source. A source that fails fails the caller: nobody signs while relations are unknown."""
    who, whom = frozenset(people), frozenset(names) - {""}
    if not who or not whom:
        return Ties(())
    return Ties(tie for ask in _sources.values() for tie in ask(people=who, names=whom, on=on))
