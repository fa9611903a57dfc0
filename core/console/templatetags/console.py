"""Template tags for values: money, words of state, moments, identifiers, scores, charts, icons."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import clock
from core.console import cells, charts, icons, jumps, records, shell, tones
from core.money import Currency, Money

register = template.Library()

DASH = SafeString('<span class="dim" title="none">–</span>')
BANDS = ((300, "good", "approve"), (700, "careful", "review"), (900, "bad", "block"), (1000, "bad", "investigate"))


@register.simple_tag
def money(amount: Money | int | None, currency: str = "USD", signed: bool = False) -> SafeString:
    """`{% money payment.amount_minor payment.currency %}` or `{% money some_money %}`; `signed=True` shows a plus."""
    if amount is None:
        return DASH
    value = amount if isinstance(amount, Money) else Money(int(amount), Currency[currency])
    digits, _, code = str(value).partition(" ")
    sign = "−" if value.minor < 0 else "+" if signed and value.minor > 0 else ""
    return format_html(
        '<span class="money{}">{}{} <abbr class="cur">{}</abbr></span>',
        " negative" if value.minor < 0 else "",
        sign,
        digits.lstrip("-"),
        code,
    )


@register.simple_tag
def status(word: str | None, tone: str = "", label: str = "") -> SafeString:
    """A badge: `{% status payment.status %}`. The tone comes from the word unless given."""
    if not word:
        return DASH
    text = label or str(word).replace("_", " ").capitalize()
    return format_html('<span class="badge {}">{}</span>', tone or tones.tone_of(word), text)


@register.simple_tag
def when(moment: datetime | None) -> SafeString:
    """How long ago or ahead, the exact time in UTC as its title."""
    if moment is None:
        return DASH
    return _time(moment, relative(moment, clock.now()))


@register.simple_tag
def stamp(moment: datetime | None) -> SafeString:
    """The moment itself: 20 Nov 2026 12:00:05 UTC; how long ago as its title."""
    if moment is None:
        return DASH
    at = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{}">{} <span class="dim">{}</span></time>',
        at.isoformat(),
        relative(at, clock.now()),
        f"{at.day} {at:%b %Y}",
        f"{at:%H:%M:%S} UTC",
    )


@register.simple_tag
def ident(identifier: str | None, text: str = "") -> SafeString:
    """An id, linked where its prefix is known, whole in its title and to the clipboard."""
    if not identifier:
        return DASH
    shown, url = text or identifier, jumps.address(str(identifier))
    if url:
        return format_html('<a class="id" href="{}" title="{}">{}</a>', url, identifier, shown)
    return _plain_id(str(identifier), str(shown))


@register.simple_tag
def copyable(text: str) -> SafeString:
    """A button that puts the text on the clipboard."""
    return format_html(
        '<button type="button" class="copy" data-copy="{}" title="Copy" aria-label="Copy {}">{}</button>',
        text,
        text,
        icon("copy"),
    )


@register.simple_tag
def score(value: int | None) -> SafeString:
    """A fraud score of 0 to 1000 with its band in words and on a scale."""
    if value is None:
        return SafeString('<span class="badge careful">No advice</span>')
    tone, band = next((tone, band) for top, tone, band in BANDS if value <= top)
    return format_html(
        '<span class="score {tone}" title="{value} of 1000: {band}"><svg viewBox="0 0 50 6" width="50" height="6" '
        'aria-hidden="true"><rect class="track" width="50" height="6" rx="3"/><rect class="level" width="{width}" '
        'height="6" rx="3"/></svg><b>{value}</b> <span class="dim">{band}</span></span>',
        tone=tone,
        value=value,
        band=band,
        width=f"{max(value / 20, 2):.1f}",
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true"><path d="{}"/></svg>',
        icons.PATHS.get(name, icons.PLAIN),
    )


@register.simple_tag
def sparkline(values: Sequence[float], title: str) -> SafeString:
    return charts.sparkline(values, title=title)


@register.simple_tag
def bars(items: Sequence[tuple[str, float, str]], title: str, unit: str = "") -> SafeString:
    return charts.bars(items, title=title, unit=unit)


@register.simple_tag
def value(item: Any, kind: str = "text", currency: str = "USD", url: str = "") -> SafeString:
    """Any value by its kind, as Fact and Column name it."""
    drawn = _draw(item, kind, currency)
    return format_html('<a href="{}">{}</a>', url, drawn) if url else drawn


@register.simple_tag
def address_query(**fields: str) -> str:
    """`page=…&query=…`, each value written as an address needs it."""
    return urlencode(fields)


@register.simple_tag(takes_context=True)
def record_link(context: template.Context, row: Model | None) -> SafeString:
    """Leads from a work page to the row itself, for whoever may see rows."""
    url = records.row_url(context["request"], row) if row is not None else ""
    return format_html('<a href="{}">the row</a>', url) if url else SafeString("")


@register.simple_tag
def role_title(code: str) -> str:
    return shell.role_title(code)


@register.simple_tag
def cell(row: Any, column: Any, linked: bool = True) -> SafeString:
    """What a Column shows of a row; not `linked` inside a link to the row itself."""
    if column.kind == "id" and not linked and (identifier := cells.value_of(row, column.name)):
        return _plain_id(str(identifier), str(identifier))
    currency = cells.value_of(row, column.currency) if column.kind == "money" else None
    return _draw(cells.value_of(row, column.name), column.kind, currency or "USD")


@register.filter
def of(row: Any, name: str) -> Any:
    """`row|of:"url"`: attribute or key."""
    return cells.value_of(row, name)


def relative(moment: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `in 3 h`, `12 d ago`."""
    seconds = (moment - now).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if size >= length * (2 if unit == "d" else 1):
            amount = f"{int(size // length)} {unit}"
            return f"in {amount}" if seconds > 0 else f"{amount} ago"
    return "just now" if seconds <= 0 else "in a moment"


def _draw(item: Any, kind: str, currency: str) -> SafeString:
    if item is None or item == "":
        return DASH
    drawers = {
        "money": lambda: money(item, currency),
        "status": lambda: status(item),
        "time": lambda: when(item),
        "stamp": lambda: stamp(item),
        "id": lambda: ident(item),
        "score": lambda: score(item),
        "code": lambda: format_html("<code>{}</code>", item),
        "masked": lambda: format_html('<span class="masked" title="Masked">{}</span>', cells.mask(str(item))),
        "yes_no": lambda: format_html("{}", "Yes" if item else "No"),
        "number": lambda: format_html('<span class="num">{}</span>', f"{item:,}"),
    }
    return drawers[kind]() if kind in drawers else format_html("{}", item)


def _plain_id(identifier: str, shown: str) -> SafeString:
    return format_html('<span class="id" title="{}">{}</span>', identifier, shown)


def _time(moment: datetime, text: str) -> SafeString:
    at = moment.astimezone(UTC)
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, text)


@register.filter
def admin_list_url(options: Any) -> str:
    """The name of a model's record list."""
    return f"admin:{options.app_label}_{options.model_name}_changelist"
