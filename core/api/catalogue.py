"""What the API consists of: its views, the scopes they ask for, the codes they may refuse with."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import get_resolver

from core.api import scopes as scope_map
from core.api.views import ApiView
from core.errors import Refusal

NOT_OF_THE_API = ("core.staff.", "core.console.", "tests.")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One `code` of a problem: where it can happen is in the schema, what it means is here."""

    code: str
    status: int
    title: str
    meaning: str


def views() -> list[tuple[str, type[ApiView]]]:
    """Every API view in the URL map with its route."""
    return list(scope_map.api_views(get_resolver().url_patterns))


def scopes() -> list[str]:
    return sorted(scope_map.names())


def error_codes() -> list[ErrorCode]:
    """One entry a code, by name; refusals that share a code share the entry."""
    views()  # the URL map imports every module that can refuse
    found: dict[str, ErrorCode] = {}
    for kind in sorted(_subclasses(Refusal), key=lambda kind: (kind.code, kind.__module__, kind.__qualname__)):
        if kind.__module__.startswith(NOT_OF_THE_API):
            continue
        meaning = " ".join((kind.__dict__.get("__doc__") or "").split())
        known = found.get(kind.code)
        if known is None or (meaning and not known.meaning):
            found[kind.code] = ErrorCode(kind.code, kind.status, kind.title, meaning)
    return sorted(found.values(), key=lambda entry: entry.code)


def _subclasses(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)
