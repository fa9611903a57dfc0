"""A return rate as a gauge: how far it is, where it will come to, where debits are held and where the rules ask."""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ach.services.rates import Rate

WIDTH, HEIGHT, BAR = 320, 44, 14
# The scale ends a little beyond the level, or beyond a rate that is past it.
_ROOM = 1.3


@dataclass(frozen=True, slots=True)
class Gauge:
    """`tone` repeats what `word` says."""

    rate: Rate
    name: str
    word: str
    tone: str
    drawing: SafeString

    @property
    def current(self) -> str:
        return percent(self.rate.basis_points)

    @property
    def forecast(self) -> str:
        return percent(self.rate.forecast)

    @property
    def level(self) -> str:
        return percent(self.rate.level)

    @property
    def throttle(self) -> str:
        return percent(self.rate.throttle)


def gauge(rate: Rate, *, of: str) -> Gauge:
    word, tone = _judged(rate)
    return Gauge(rate, str(rate.name.label), word, tone, _draw(rate, of, word, tone))


def percent(basis_points: int) -> str:
    """`0.50 %`."""
    return f"{basis_points / 100:.2f} %"


def _judged(rate: Rate) -> tuple[str, str]:
    if not rate.enough:
        return "Too few to say", "quiet"
    if rate.is_passed:
        return "Level passed", "bad"
    return ("Near its level: debits wait", "careful") if rate.is_near else ("Below", "good")


def _draw(rate: Rate, of: str, word: str, tone: str) -> SafeString:
    top = max(rate.level, rate.basis_points, rate.forecast) * _ROOM or 1

    def x(points: int) -> str:
        return f"{points / top * WIDTH:.1f}"

    says = (
        f"{rate.name.label} return rate of {of}: {percent(rate.basis_points)}, forecast {percent(rate.forecast)}, "
        f"debits wait from {percent(rate.throttle)}, level {percent(rate.level)}: {word}"
    )
    return format_html(
        '<svg class="gauge" viewBox="0 0 {w} {h}" role="img" aria-label="{says}"><title>{says}</title>'
        '<rect class="track" width="{w}" height="{bar}" rx="3"/><rect class="fill-{tone}" width="{now}" height="{bar}"'
        ' rx="3"/><line class="forecast" x1="{ahead}" x2="{ahead}" y1="0" y2="{bar}"/>'
        '<line class="throttle" x1="{hold}" x2="{hold}" y1="0" y2="{foot}"/>'
        '<line class="level" x1="{level}" x2="{level}" y1="0" y2="{foot}"/>'
        '<text x="{hold}" y="{low}" class="left">{hold_at}</text><text x="{level}" y="{low}" class="right">{level_at}'
        "</text></svg>",
        w=WIDTH, h=HEIGHT, bar=BAR, foot=BAR + 8, low=HEIGHT - 6, says=says, tone=tone, now=x(rate.basis_points),
        ahead=x(rate.forecast), hold=x(rate.throttle), level=x(rate.level), hold_at=percent(rate.throttle),
        level_at=percent(rate.level),
    )  # fmt: skip
