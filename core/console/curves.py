"""A line through points with the ones that people read marked and named: SVG drawn on the server."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 520, 220, 44, 34, 14, 14


def curve(
    points: Sequence[tuple[float, float]],
    marks: Sequence[tuple[float, float, str]],
    *,
    title: str,
    across: str,
    up: str,
) -> SafeString:
    """`points` and `marks` are (across, up), a mark with its name; the axes begin and end with the points."""
    if len(points) < 2:
        return SafeString('<span class="dim">no data</span>')
    xs, ys = [x for x, _ in points], [y for _, y in points]

    def place(x: float, y: float) -> tuple[str, str]:
        right = (x - min(xs)) / ((max(xs) - min(xs)) or 1)
        high = (y - min(ys)) / ((max(ys) - min(ys)) or 1)
        return f"{LEFT + right * (WIDTH - LEFT - RIGHT):.1f}", f"{HEIGHT - BOTTOM - high * (HEIGHT - BOTTOM - TOP):.1f}"

    line = " ".join(",".join(place(x, y)) for x, y in points)
    drawn = [(*place(x, y), LEFT, name, place(x, y)[0], HEIGHT - BOTTOM) for x, y, name in marks]
    says = f"{title}: " + ", ".join(f"{name} at {x:.2f}" for x, _, name in marks)
    return format_html(
        '<svg class="curve" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}'
        '<polyline points="{}"/>{}<text x="{}" y="{}" class="axis">{}: {} to {}</text>'
        '<text x="{}" y="{}" class="axis up">{}</text></svg>',
        WIDTH,
        HEIGHT,
        says,
        title,
        format_html_join("", '<path d="M{2} {1}H{0}V{5}"/>', drawn),
        line,
        format_html_join("", '<circle cx="{0}" cy="{1}" r="3"/><text x="38" y="{1}" dy="4">{3}</text>', drawn),
        (WIDTH + LEFT) // 2,
        HEIGHT - 10,
        across,
        f"{min(xs):.1f}",
        f"{max(xs):.1f}",
        LEFT,
        10,
        up,
    )
