"""Drawings of fraud work, made on the server: SVG geometry without script, with the same told as a table beside it."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from fraud.selectors.links import SELLERS_ACCOUNT, Link

WIDTH, ROW, TOP = 720, 34, 20
# Where the customer, what is shared and the others stand; lines run between the inner edges.
LEFT, MIDDLE, RIGHT = 8, 240, 520
BOX, BOX_HEIGHT = 190, 24
SHOWN = 26


def ego_graph(party_id: str, links: Sequence[Link]) -> SafeString:
    """The customer on the left, what they pay with in the middle, who else pays with it on the right.

    A customer at several things stands once and has a line to each. Empty where nothing is known.
    """
    if not links:
        return SafeString("")
    others = list(dict.fromkeys(other.party_id for link in links for other in link.customers))
    fraud = {other.party_id for link in links for other in link.customers if other.is_fraud}
    rows = max(len(links), len(others), 1)
    height = TOP * 2 + rows * ROW
    things = {index: _y(index, len(links), height) for index in range(len(links))}
    people = {other: _y(index, len(others), height) for index, other in enumerate(others)}
    own = height / 2
    lines = [("", LEFT + BOX, own, MIDDLE, y) for y in things.values()]
    lines += [
        ("bad" if other.party_id in fraud else "", MIDDLE + BOX, things[index], RIGHT, people[other.party_id])
        for index, link in enumerate(links)
        for other in link.customers
    ]
    boxes = [("own", LEFT, own, party_id)]
    boxes += [("thing", MIDDLE, things[index], _thing(link)) for index, link in enumerate(links)]
    boxes += [("bad" if other in fraud else "other", RIGHT, people[other], other) for other in others]
    return format_html(
        '<svg class="links" viewBox="0 0 {w} {h}" role="img" aria-label="{says}">'
        "<title>{says}</title>{lines}{boxes}</svg>",
        w=WIDTH,
        h=f"{height:g}",
        says=_says(links, len(others), len(fraud)),
        lines=format_html_join("", '<path class="{}" d="{}"/>', ((tone, _curve(*ends)) for tone, *ends in lines)),
        boxes=format_html_join("", "{}", ((_box(*box),) for box in boxes)),
    )


def _says(links: Sequence[Link], others: int, fraud: int) -> str:
    shared = ", ".join(link.kind for link in links if link.customers) or "nothing"
    known = f", {fraud} of them known for fraud" if fraud else ""
    is_sellers = any(link.kind == SELLERS_ACCOUNT and link.customers for link in links)
    one, many, this = ("party", "parties", "payment") if is_sellers else ("customer", "customers", "one")
    who = f"1 other {one} shares" if others == 1 else f"{others} other {many} share"
    return f"{who} {shared} with this {this}{known}. The table says the same."


def _thing(link: Link) -> str:
    more = f" (+{link.more})" if link.more else ""
    return f"{link.kind} {link.shown}{more}".strip()


def _y(index: int, number: int, height: float) -> float:
    return height / 2 + (index - (number - 1) / 2) * ROW


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    bend = (x2 - x1) / 2
    return f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"


def _box(kind: str, x: float, y: float, text: str) -> SafeString:
    shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return format_html(
        '<g class="{}"><rect x="{}" y="{}" width="{}" height="{}" rx="5"/><text x="{}" y="{}">{}</text></g>',
        kind, x, f"{y - BOX_HEIGHT / 2:g}", BOX, BOX_HEIGHT, x + 8, f"{y + 4:g}", shown,
    )  # fmt: skip
