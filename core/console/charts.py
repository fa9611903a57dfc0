"""Small charts drawn on the server: SVG geometry, no script, read aloud by their title and description."""

import math
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
    items: Sequence[tuple[str, float, str]],
    *,
    title: str,
    unit: str = "",
    width: int = 480,
    height: int = 140,
    logarithmic: bool = False,
) -> SafeString:
    """Upright bars from `(label, value, tone)`: a histogram of scores, payments per hour. Values stand on the bars.

    `logarithmic` heights show a bar of ten beside one of a million; the page has to say so.
    """
    if not items:
        return SafeString('<span class="dim">no data</span>')
    heights = [math.log1p(value) if logarithmic else value for _, value, _ in items]
    high = max(heights) or 1
    slot = width / len(items)
    room = height - 34
    drawn = [
        (
            tone,
            f"{i * slot + slot * 0.14:.1f}",
            f"{height - 18 - up / high * room:.1f}",
            f"{slot * 0.72:.1f}",
            f"{max(up / high * room, 1):.1f}",
            f"{i * slot + slot / 2:.1f}",
            f"{height - 22 - up / high * room:.1f}",
            f"{value:,.12g}",
            height - 4,
            label,
        )
        for i, ((label, value, tone), up) in enumerate(zip(items, heights, strict=True))
    ]
    says = f"{title}: " + ", ".join(f"{label} {value:,.12g}{unit}" for label, value, _ in items)
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


def stacks(
    labels: Sequence[str],
    series: Sequence[tuple[str, str, Sequence[float]]],
    *,
    title: str,
    width: int = 640,
    height: int = 180,
) -> SafeString:
    """Upright columns along time, each piled up from its series, given as `(name, tone, values)` from the bottom up.

    `labels` name the columns; as many of them are written as there is room for. The description says each series' sum.
    """
    if not labels or not any(value for _, _, values in series for value in values):
        return SafeString('<span class="dim">no data</span>')
    high = max(sum(values[i] for _, _, values in series) for i in range(len(labels)))
    left, foot, slot = 44, 20, (width - 44) / len(labels)
    scale = (height - foot - 12) / high
    drawn = []
    for i in range(len(labels)):
        y = float(height - foot)
        for name, tone, values in series:
            if values[i]:
                y -= values[i] * scale
                drawn.append(
                    (tone, f"{left + i * slot + slot * 0.1:.1f}", f"{y:.1f}", f"{max(slot * 0.8, 0.5):.1f}",
                     f"{values[i] * scale:.1f}", f"{labels[i]}: {name} {values[i]:,.12g}")
                )  # fmt: skip
    says = f"{title}: " + ", ".join(f"{name} {sum(values):,.12g}" for name, _, values in series)
    return _framed(
        format_html_join(
            "", '<rect class="fill-{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>', drawn
        ),
        says=says,
        labels=labels,
        marks=[(high * scale, f"{high:,.12g}"), (high * scale / 2, f"{high / 2:,.12g}")],
        size=(width, height),
    )


def lines(
    labels: Sequence[str],
    series: Sequence[tuple[str, str, Sequence[float | None]]],
    *,
    title: str,
    width: int = 640,
    height: int = 180,
) -> SafeString:
    """Shares of 0 to 1 along time as lines, given as `(name, tone, values)`; None leaves a gap.

    Each line has its own dashes beside its colour, and every known value a point with its number as title.
    """
    if not any(value is not None for _, _, values in series for value in values):
        return SafeString('<span class="dim">no data</span>')
    left, foot, slot = 44, 20, (width - 44) / len(labels)
    room = height - foot - 12
    parts = []
    for number, (name, tone, values) in enumerate(series):
        points = [
            (
                f"{left + (i + 0.5) * slot:.1f}",
                f"{height - foot - value * room:.1f}",
                f"{labels[i]}: {name} {value:.1%}",
            )
            if value is not None
            else None
            for i, value in enumerate(values)
        ]
        for run in _runs(points):
            path = " ".join(f"{x},{y}" for x, y, _ in run)
            parts.append(format_html('<polyline class="line-{} dash-{}" points="{}"/>', tone, number, path))
        known = [(tone, *point) for point in points if point]
        parts.append(
            format_html_join("", '<circle class="fill-{}" cx="{}" cy="{}" r="2.5"><title>{}</title></circle>', known)
        )
    says = f"{title}: " + ", ".join(_last_known(name, values) for name, _, values in series)
    return _framed(
        SafeString("".join(parts)),
        says=says,
        labels=labels,
        marks=[(room * part, f"{part:.0%}") for part in (0.5, 1)],
        size=(width, height),
    )


def _framed(
    drawn: SafeString,
    *,
    says: str,
    labels: Sequence[str],
    marks: Sequence[tuple[float, str]],
    size: tuple[int, int],
) -> SafeString:
    """Scale on the left, labels below; `marks` are (height above the foot, text)."""
    width, height = size
    left, foot, slot = 44, 20, (width - 44) / len(labels)
    every = -(-len(labels) // 8)
    ticks = [(f"{left + (i + 0.5) * slot:.1f}", height - 5, labels[i]) for i in range(0, len(labels), every)]
    grid = [(left, f"{height - foot - up:.1f}", width, left - 6, f"{height - foot - up + 4:.1f}", text)
            for up, text in [(0, "0"), *marks]]  # fmt: skip
    return format_html(
        '<svg class="bars time" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}{}{}</svg>',
        width,
        height,
        says,
        says,
        format_html_join(
            "",
            '<line class="grid" x1="{0}" y1="{1}" x2="{2}" y2="{1}"/><text class="scale" x="{3}" y="{4}">{5}</text>',
            grid,
        ),
        drawn,
        format_html_join("", '<text x="{}" y="{}">{}</text>', ticks),
    )


def _runs(points: Sequence[tuple[str, str, str] | None]) -> list[list[tuple[str, str, str]]]:
    """Neighbouring known points together; a line is not drawn over what is unknown."""
    runs: list[list[tuple[str, str, str]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


def _last_known(name: str, values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{name} last {known[-1]:.1%}" if known else f"{name} unknown"
