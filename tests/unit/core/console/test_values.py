"""How values look: the same everywhere, and never by colour alone."""

from datetime import UTC, datetime, timedelta

import pytest

from core.console.charts import bars, sparkline
from core.console.templatetags import console as tags
from core.console.tones import colour, tone_of
from core.money import Currency, Money

NOW = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (50000, "USD", "500.00 "),
        (-4600, "USD", "−46.00 "),
        (123456789, "USD", "1,234,567.89 "),
        (500, "JPY", "500 "),
        (1234, "KWD", "1.234 "),
        (0, "USD", "0.00 "),
    ],
)
def test_money(amount: int, currency: str, shown: str) -> None:
    assert f">{shown}<abbr" in tags.money(amount, currency)
    assert currency in tags.money(amount, currency)


def test_money_takes_money() -> None:
    assert tags.money(Money(50000, Currency.USD)) == tags.money(50000, "USD")


def test_plus_sign_only_when_asked() -> None:
    assert ">40.00" in tags.money(4000)
    assert ">+40.00" in tags.money(4000, "USD", signed=True)


@pytest.mark.parametrize("tag", [tags.money, tags.status, tags.when, tags.stamp, tags.ident])
def test_nothing_is_a_dash(tag) -> None:
    assert "–" in tag(None)


def test_status_is_a_word_and_a_tone() -> None:
    assert tags.status("NO_ADVICE") == '<span class="badge careful">No advice</span>'
    assert tags.status("SOMETHING_NEW") == '<span class="badge neutral">Something new</span>'


def test_apps_add_words() -> None:
    colour(CHARGED_BACK="bad")
    assert tone_of("charged back") == "bad"


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(days=2), "2 d ago"),
        (timedelta(minutes=-30), "in 30 min"),
        (timedelta(seconds=-5), "in a moment"),
    ],
)
def test_how_long_ago(ago: timedelta, shown: str) -> None:
    assert tags.relative(NOW - ago, NOW) == shown


def test_stamp_is_utc_whatever_the_zone() -> None:
    from zoneinfo import ZoneInfo

    assert tags.stamp(NOW) == tags.stamp(NOW.astimezone(ZoneInfo("America/New_York")))
    assert "20 Nov 2026" in tags.stamp(NOW)
    assert "12:00:05 UTC" in tags.stamp(NOW)


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (0, "approve"),
        (300, "approve"),
        (301, "review"),
        (700, "review"),
        (701, "block"),
        (900, "block"),
        (901, "investigate"),
        (1000, "investigate"),
    ],
)
def test_score_says_its_band(value: int, band: str) -> None:
    assert f"{value} of 1000: {band}" in tags.score(value)


def test_score_that_could_not_be_made() -> None:
    assert "No advice" in tags.score(None)


def test_values_are_escaped() -> None:
    for drawn in (tags.ident("<b>"), tags.status("<b>"), tags.copyable('"><b>'), tags.value("<b>", "code")):
        assert "<b>" not in drawn


class TestCharts:
    def test_sparkline_says_its_numbers(self) -> None:
        drawn = sparkline([4, 9, 2], title="Payments")
        assert 'aria-label="Payments: from 4 to 2, lowest 2, highest 9"' in drawn
        assert 'points="2.0,' in drawn

    def test_flat_single_and_empty_lines(self) -> None:
        assert "<polyline" in sparkline([3, 3], title="x")
        assert "<polyline" in sparkline([3], title="x")
        assert "no data" in sparkline([], title="x")

    def test_bars_are_as_high_as_their_values(self) -> None:
        drawn = bars([("a", 10, "good"), ("b", 5, "bad")], title="T", height=134)
        assert 'height="100.0"' in drawn
        assert 'height="50.0"' in drawn
        assert 'aria-label="T: a 10, b 5"' in drawn

    def test_bars_without_values(self) -> None:
        assert "no data" in bars([], title="T")
        assert "<rect" in bars([("a", 0, "good")], title="T")


def test_row_link_holds_no_other_link() -> None:
    """A link inside a link is no HTML; the browser would tear them apart."""
    from django.template.loader import render_to_string

    from core.console import jumps
    from core.console.components import Column, Table

    jumps.jump(prefix="row_", label="Row", to="admin:app_list")
    table = Table([Column("Id", "id", "id"), Column("Other", "id", "id")], [{"id": "row_1", "url": "/x/"}])

    drawn = render_to_string("components/table.html", {"table": table})

    assert '<a class="row-link" href="/x/"><span class="id" title="row_1">row_1</span></a>' in drawn
    assert drawn.count("<a ") == 2
    jumps._jumps.pop("row_")
