"""Unusual patterns: what many payments suddenly have in common, and the payments."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core import console
from core.console import charts, jumps
from core.console.components import Column, Fact, Table
from fraud.models import Observation, UnusualPattern
from fraud.selectors import patterns as noticed
from fraud.selectors.patterns import PatternNotFound
from fraud.services.patterns import in_words

VIEW = "fraud.view_pattern"


@dataclass(frozen=True, slots=True)
class PatternRow:
    """A pattern as a line of the list."""

    pattern: UnusualPattern

    @property
    def url(self) -> str:
        return reverse("admin:fraud_pattern", args=[self.pattern.pattern_id])

    @property
    def kind(self) -> str:
        return self.pattern.get_kind_display()

    @property
    def measure(self) -> str:
        return self.pattern.get_measure_display()

    @property
    def expected(self) -> str:
        return f"{self.pattern.expected:,.1f}"


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt behind a pattern; it leads to its payment."""

    seen: Observation

    @property
    def url(self) -> str:
        return jumps.address(self.seen.payment_id)


@console.page(
    path="fraud/patterns/", name="fraud_patterns", title="Unusual patterns", nav=("Fraud", 35), permission=VIEW
)
def pattern_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    listing = console.Listing(
        "fraud-patterns",
        [
            Column("In common", "kind"),
            Column("Which", "pattern.subject", "code"),
            Column("Counted", "measure", hide_on_phone=True),
            Column("Peak", "pattern.peak", "number"),
            Column("Usual", "expected"),
            Column("Began", "pattern.first_seen_at", "time"),
            Column("Last seen", "pattern.last_seen_at", "time", hide_on_phone=True),
        ],
        console.Keyset(noticed.all_of(livemode=console.is_live(request)), by=("first_seen_at", "id")),
        "Unusual patterns",
        draw=lambda rows: [PatternRow(row) for row in rows],
        empty="Nothing unusual",
        hint="Spikes of one country, card, device or seller appear here and raise an alarm.",
    )
    return console.render_list(request, "fraud/patterns.html", listing)


@console.page(path="fraud/patterns/<str:pattern_id>/", name="fraud_pattern", title="Unusual pattern", permission=VIEW)
def pattern_page(request: HttpRequest, pattern_id: str) -> HttpResponse:
    """What is unusual about it, what to do, and the attempts."""
    try:
        pattern = noticed.get(pattern_id=pattern_id, livemode=console.is_live(request))
    except PatternNotFound as unknown:
        raise Http404 from unknown
    page = console.keyset(request, noticed.payments_of(pattern), by=("at", "id"))
    items = [("", float(count), "quiet") for count in pattern.baseline]
    context = {
        "pattern": pattern,
        "words": in_words(pattern),
        "facts": _facts(pattern),
        "chart": charts.bars(
            [*items, ("then", float(pattern.peak), "bad")], title="The same time on comparable days, and then"
        ),
        "page": page,
        "table": _attempts([AttemptRow(seen) for seen in page.rows]),
        "parts": _parts(page.rows),
    }
    return console.render(request, "fraud/pattern.html", context)


def _facts(pattern: UnusualPattern) -> list[Fact]:
    return [
        Fact(pattern.get_kind_display(), pattern.subject, "code"),
        Fact("Counted", pattern.get_measure_display()),
        Fact("Most within the window", pattern.peak, "number", hint=f"{pattern.window_minutes} minutes"),
        Fact("Usual at that time", f"{pattern.expected:,.1f}", hint=f"mean of {len(pattern.baseline)} comparable days"),
        Fact("Unusual above", f"{pattern.limit:,.1f}"),
        Fact("Amount within the window", pattern.amount_minor, "money"),
        Fact("Began", pattern.first_seen_at, "stamp"),
        Fact("Last seen", pattern.last_seen_at, "stamp"),
    ]


def _parts(rows: list[Observation]) -> list[tuple[str, int]]:
    """How many different ones stand behind the attempts shown: one customer, or as many as attempts."""
    return [
        (what, len({value for row in rows if (value := getattr(row, name)) is not None}))
        for what, name in (
            ("customers", "payer_id"), ("cards", "card_fingerprint"), ("addresses", "ip_address"),
            ("devices", "device_id"), ("sellers", "payee_id"),
        )
    ]  # fmt: skip


def _attempts(rows: list[AttemptRow]) -> Table:
    return Table(
        [
            Column("Payment", "seen.payment_id", "id"),
            Column("Amount", "seen.amount_minor", "money", currency="seen.currency"),
            Column("Result", "seen.outcome", "status"),
            Column("Customer", "seen.payer_id", hide_on_phone=True),
            Column("Seller", "seen.payee_id", hide_on_phone=True),
            Column("Country", "seen.ip_country", hide_on_phone=True),
            Column("When", "seen.at", "time"),
        ],
        rows,
        caption="Attempts behind the pattern",
        empty="No attempts",
    )
