"""The staff's work place: one site at /admin/, one shell, pages that apps register, records nobody edits.

    from core import console

    @console.page(path="payments/", name="payments", title="Payments", nav=("Payments", 20),
                  permission="payments.view_payment")
    def payment_list(request): return console.render(request, "payments/list.html", {...})

Names are loaded on first use: Django imports this package before models may be imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.console.charts import bars, sparkline
    from core.console.components import Column, Event, Fact, Table
    from core.console.jumps import Hit, finds, jump
    from core.console.listing import Keyset, Listing, render_list
    from core.console.pages import actor, is_live, page, person, require
    from core.console.paging import KeysetPage, keyset
    from core.console.records import RecordAdmin
    from core.console.shell import render
    from core.console.tones import colour, tone_of

__all__ = [
    "Column",
    "Event",
    "Fact",
    "Hit",
    "Keyset",
    "KeysetPage",
    "Listing",
    "RecordAdmin",
    "Table",
    "actor",
    "bars",
    "colour",
    "finds",
    "is_live",
    "jump",
    "keyset",
    "page",
    "person",
    "render",
    "render_list",
    "require",
    "sparkline",
    "tone_of",
]

_HOMES = {
    "charts": ("bars", "sparkline"),
    "components": ("Column", "Event", "Fact", "Table"),
    "jumps": ("Hit", "finds", "jump"),
    "listing": ("Keyset", "Listing", "render_list"),
    "pages": ("actor", "is_live", "page", "person", "require"),
    "paging": ("KeysetPage", "keyset"),
    "records": ("RecordAdmin",),
    "shell": ("render",),
    "tones": ("colour", "tone_of"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
