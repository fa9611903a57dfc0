"""The search box: an id goes straight to its page, anything else is looked up by what apps offer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from core.console import pages


@dataclass(frozen=True, slots=True)
class Jump:
    prefix: str
    label: str
    to: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the search results."""

    title: str
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Finder:
    label: str
    permission: str
    find: Callable[[HttpRequest, str], Sequence[Hit]]


_jumps: dict[str, Jump] = {}
_finders: dict[str, Finder] = {}


def jump(*, prefix: str, label: str, to: str) -> None:
    """Ids that begin with `prefix` open the page named `to` with the id as its argument: `to="admin:payment"`."""
    _jumps[prefix] = Jump(prefix, label, to)


def finds(label: str, *, permission: str) -> Callable[[Callable[[HttpRequest, str], Sequence[Hit]]], Finder]:
    """Register a search `(request, text) -> hits` (a handful, by index); its hits stand under `label`."""

    def register(find: Callable[[HttpRequest, str], Sequence[Hit]]) -> Finder:
        _finders[label] = Finder(label, permission, find)
        return _finders[label]

    return register


def registered() -> list[Jump]:
    return sorted(_jumps.values(), key=lambda entry: entry.prefix)


def finders() -> list[Finder]:
    return list(_finders.values())


def address(identifier: str) -> str:
    """Where an id leads, empty when nobody registered its prefix. The longest prefix wins."""
    fitting = [entry for prefix, entry in _jumps.items() if identifier.startswith(prefix) and identifier != prefix]
    if not fitting:
        return ""
    try:
        return reverse(max(fitting, key=lambda entry: len(entry.prefix)).to, args=[identifier])
    except NoReverseMatch:  # the prefix fits, the rest can be no such id
        return ""


def search(request: HttpRequest, text: str) -> list[tuple[str, list[Hit]]]:
    """Groups of hits: pages by title, then each app's finder the person may use. Empty groups are left out."""
    wanted = text.casefold()
    titles = [
        Hit(page.title, reverse(f"admin:{page.name}"))
        for page in pages.registered()
        if page.nav and wanted in page.title.casefold() and request.user.has_perm(page.permission)
    ]
    groups = [("Pages", titles)]
    groups += [
        (finder.label, list(finder.find(request, text)))
        for finder in _finders.values()
        if request.user.has_perm(finder.permission)
    ]
    return [(label, hits) for label, hits in groups if hits]
