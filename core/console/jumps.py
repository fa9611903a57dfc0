"""The search box: an id goes straight to its page, anything else is looked up by what apps offer."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from core.console import pages
from core.console import shapes as text_shapes
from core.database.refusals import sqlstate

QUERY_CANCELED = "57014"


@dataclass(frozen=True, slots=True)
class Jump:
    """`form` is that of the whole id, where words may begin alike."""

    prefix: str
    label: str
    to: str
    form: re.Pattern[str] | None = None

    def fits(self, identifier: str) -> bool:
        if self.form is not None:
            return self.form.fullmatch(identifier) is not None
        return identifier.startswith(self.prefix) and identifier != self.prefix


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the search results. `why` says what matched; an `exact` hit that stands alone is opened at once."""

    title: str
    url: str
    detail: str = ""
    why: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one finder; `late` when it was stopped for taking too long."""

    label: str
    hits: Sequence[Hit]
    late: bool = False


@dataclass(frozen=True, slots=True)
class Finder:
    """`shapes` are the shapes of text it is asked about (`core.console.shapes`); empty means any."""

    label: str
    permission: str
    find: Callable[[HttpRequest, str], Sequence[Hit]]
    shapes: frozenset[str] = frozenset()


_jumps: dict[str, Jump] = {}
_finders: dict[str, Finder] = {}


def jump(*, prefix: str, label: str, to: str, form: re.Pattern[str] | None = None) -> None:
    """Ids that begin with `prefix` open the page named `to` with the id as its argument: `to="admin:payment"`.

    A prefix belongs to one kind of thing, for the search box and for links (`{% ident %}`). Where words begin with it
    too, `form` says what the whole id looks like.
    """
    known = _jumps.get(prefix)
    if known is not None and known.to != to:
        raise ImproperlyConfigured(f"{known.to} and {to} both have ids that begin with {prefix}")
    _jumps[prefix] = Jump(prefix, label, to, form)


def finds(
    label: str, *, permission: str, shapes: Iterable[str] = ()
) -> Callable[[Callable[[HttpRequest, str], Sequence[Hit]]], Finder]:
    """Register a search `(request, text) -> hits` (a handful, by index); its hits stand under `label`.

    With `shapes` it is asked only about text of those shapes and gets the meaning: `4242` for `last4:4242`.
    """
    unknown = set(shapes) - text_shapes.names()
    if unknown:
        raise ImproperlyConfigured(f"no text has the shape {sorted(unknown)[0]}")

    def register(find: Callable[[HttpRequest, str], Sequence[Hit]]) -> Finder:
        _finders[label] = Finder(label, permission, find, frozenset(shapes))
        return _finders[label]

    return register


def registered() -> list[Jump]:
    return sorted(_jumps.values(), key=lambda entry: entry.prefix)


def finders() -> list[Finder]:
    return list(_finders.values())


def address(identifier: str) -> str:
    """Where an id leads, empty when nobody registered its prefix. The longest prefix wins."""
    fitting = [entry for entry in _jumps.values() if entry.fits(identifier)]
    if not fitting:
        return ""
    try:
        return reverse(max(fitting, key=lambda entry: len(entry.prefix)).to, args=[identifier])
    except NoReverseMatch:  # the prefix fits, the rest can be no such id
        return ""


def search(request: HttpRequest, text: str, *, milliseconds: int) -> list[Group]:
    """Groups of hits: pages by title, then each app's finder the person may use. Empty groups are left out.

    A finder that takes longer than `milliseconds` is stopped; its group says so.
    """
    wanted = text.casefold()
    titles = [
        Hit(page.title, reverse(f"admin:{page.name}"), why="the name of a page")
        for page in pages.registered()
        if page.nav and wanted in page.title.casefold() and request.user.has_perm(page.permission)
    ]
    groups = [Group("Pages", titles)]
    meanings = {shape.name: meaning for shape, meaning in text_shapes.of(text)}
    for finder in _finders.values():
        if not request.user.has_perm(finder.permission):
            continue
        asked = [meanings[name] for name in sorted(finder.shapes & meanings.keys())] if finder.shapes else [text]
        if asked:
            groups.append(_ask(request, finder, asked[0], milliseconds))
    return [group for group in groups if group.hits or group.late]


def only_exact(groups: Sequence[Group]) -> Hit | None:
    """The one exact hit, where nothing else was found and nothing was left out."""
    hits = [hit for group in groups for hit in group.hits]
    return hits[0] if len(hits) == 1 and hits[0].exact and not any(group.late for group in groups) else None


def _ask(request: HttpRequest, finder: Finder, text: str, milliseconds: int) -> Group:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            (usual,) = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{milliseconds}ms"])
            hits = list(finder.find(request, text))
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [usual])
    except OperationalError as error:
        if sqlstate(error) != QUERY_CANCELED:
            raise
        return Group(finder.label, [], late=True)
    return Group(finder.label, hits)
