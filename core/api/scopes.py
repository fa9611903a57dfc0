"""Every scope there is: those the operations of the URL map ask for, and what each of them opens."""

import functools
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.base import get_urlconf

SCOPE = re.compile(r"^[a-z][a-z_-]*:[a-z][a-z_-]*$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Scope:
    """`opens` are the summaries of the operations that ask for it. A dangerous scope is in a key only by name."""

    name: str
    opens: tuple[str, ...]
    is_dangerous: bool


def every() -> list[Scope]:
    """By name."""
    return list(_every(get_urlconf() or settings.ROOT_URLCONF))


def names() -> frozenset[str]:
    return frozenset(scope.name for scope in every())


def ordinary() -> frozenset[str]:
    """What a secret key has without a word said."""
    return frozenset(scope.name for scope in every() if not scope.is_dangerous)


def dangerous() -> frozenset[str]:
    return names() - ordinary()


def api_views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, type[Any]]]:
    """Every class that says which scopes its methods need, with its route."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from api_views(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            if inspect.isclass(view) and hasattr(view, "dangerous_scopes"):
                yield prefix + str(pattern.pattern), view


@functools.lru_cache(maxsize=8)
def _every(urlconf: str) -> tuple[Scope, ...]:
    opens: dict[str, list[str]] = {}
    dangerous: set[str] = set()
    for _, view in api_views(get_resolver(urlconf).url_patterns):
        dangerous |= view.dangerous_scopes
        for method, name in view.scopes.items():
            summary = getattr(getattr(view, method.lower(), None), "api_summary", "")
            opens.setdefault(name, []).extend([summary] if summary else [])
    return tuple(Scope(name, tuple(dict.fromkeys(opens[name])), name in dangerous) for name in sorted(opens))
