"""Small charts drawn on the server: SVG geometry, no script, read aloud by their title and description."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def sparkline(values: Sequence[float], *, title: str, width: int = 120, height: int = 28) -> SafeString:
    """A line without axes; its last point is marked. The description says first, last, lowest and highest."""
    if not values:
        return SafeString('<span class="dim">no data</span>')
    low, high = min(values), max(values)
    span, steps = (high - low) or 1, max(len(values) - 1, 1)
    points = [
        (2 + i * (width - 4) / steps, height - 3 - (value - low) / span * (height - 6))
        for i, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    area = f"2,{height} {line} {points[-1][0]:.1f},{height}"
    says = f"{title}: from {values[0]:g} to {values[-1]:g}, lowest {low:g}, highest {high:g}"
    return format_html(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{says}">'
        '<title>{says}</title><polygon points="{area}"/><polyline points="{line}"/>'
        '<circle cx="{x}" cy="{y}" r="2"/></svg>',
        w=width, h=height, says=says, area=area, line=line, x=f"{points[-1][0]:.1f}", y=f"{points[-1][1]:.1f}",
    )  # fmt: skip


def bars(
    items: Sequence[tuple[str, float, str]], *, title: str, unit: str = "", width: int = 480, height: int = 140
) -> SafeString:
    """Upright bars from `(label, value, tone)`: a histogram of scores, payments per hour. Values stand on the bars."""
    if not items:
        return SafeString('<span class="dim">no data</span>')
    high = max(value for _, value, _ in items) or 1
    slot = width / len(items)
    room = height - 34
    drawn = [
        (
            tone,
            f"{i * slot + slot * 0.14:.1f}",
            f"{height - 18 - value / high * room:.1f}",
            f"{slot * 0.72:.1f}",
            f"{max(value / high * room, 1):.1f}",
            f"{i * slot + slot / 2:.1f}",
            f"{height - 22 - value / high * room:.1f}",
            f"{value:,g}",
            height - 4,
            label,
        )
        for i, (label, value, tone) in enumerate(items)
    ]
    says = f"{title}: " + ", ".join(f"{label} {value:,g}{unit}" for label, value, _ in items)
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        width,
        height,
        says,
        title,
        format_html_join(
            "",
            '<rect class="fill-{0}" x="{1}" y="{2}" width="{3}" height="{4}" rx="2"/>'
            '<text x="{5}" y="{6}" class="value">{7}</text><text x="{5}" y="{8}">{9}</text>',
            drawn,
        ),
    )
