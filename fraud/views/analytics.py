"""Dashboards of fraud decisions: what was decided, how good it was, which rules did it, who reviewed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from core import clock, console
from core.actors import SYSTEM
from core.console import charts, exports, saved_views
from core.console.components import Column, Table
from core.console.listing import CSV, FORMAT
from core.money import Currency, Money
from core.parameters import services as parameters
from fraud.enums import Outcome
from fraud.forms.analytics import PeriodForm
from fraud.models import DailyAnalyst, DailyRule, DailyScores
from fraud.ratios import Confusion
from fraud.selectors import analytics, models, queue_ages
from fraud.selectors.analytics import Figures, Period, Slice
from fraud.selectors.decisions import BLOCKED, FLAGGED, Source, Verdict

VIEW = "fraud.view_figures"
TONES = {
    Outcome.APPROVE: "good",
    Outcome.REVIEW: "careful",
    Outcome.BLOCK: "bad",
    Outcome.INVESTIGATE: "busy",
    Outcome.NO_ADVICE: "quiet",
}
TABS = (("fraud_analytics", "Decisions"), ("fraud_rule_quality", "Rules"), ("fraud_reviewing", "Reviewing"))
DRIFT_SHOWN = 8
DAILY = [Column("Day", "day"), Column("Currency", "currency")]


@dataclass(frozen=True, slots=True)
class Number:
    """A figure with what it means and the list it is made of; `tone` colours what is beyond its limit."""

    label: str
    value: str
    url: str
    hint: str = ""
    tone: str = ""


@console.page(
    path="fraud/analytics/", name="fraud_analytics", title="Fraud figures", nav=("Fraud", 34), key="f",
    permission=VIEW, filters=PeriodForm,
)  # fmt: skip
def analytics_page(request: HttpRequest) -> HttpResponseBase:
    """Volume, outcomes, scores, and how good the decisions were where that is known."""
    now = clock.now()
    period, by = (form := PeriodForm.of(request.GET, now=now)).wanted(livemode=console.is_live(request), now=now)
    listing = _daily("fraud-decisions-by-day", DailyScores, period, [
        Column("Outcome", "outcome"), Column("Score up to", "score_up_to"), Column("Decisions", "decisions"),
        Column("Amount", "amount_minor", "money"), Column("Degraded", "degraded"), Column("Bypassed", "bypassed"),
        Column("Fraud", "fraud"), Column("Genuine", "genuine"),
    ])  # fmt: skip
    if request.GET.get(FORMAT) == CSV:
        return exports.respond(request, listing, now=now)
    figures = analytics.get(period, now=now)
    slices = analytics.slices(figures, by, now=now)
    context = {
        "figures": figures,
        "volume_tiles": _volume_tiles(figures),
        "quality": _quality(figures.totals.matured, figures, FLAGGED),
        "stopped": _quality(figures.totals.stopped, figures, BLOCKED),
        "field": _field(figures),
        "volume": charts.stacks(
            [_short(one) for one in slices],
            [("decisions", "busy", [one.totals.decisions for one in slices])],
            title="Decisions",
        ),
        "mix": _mix_chart(slices),
        "trend": _trend_chart(slices),
        "score_chart": _score_chart(figures),
        "scores": _score_table(figures),
        "slices": _slice_table(slices),
        "drift": _drift_table(livemode=period.livemode),
        "legend": [(outcome.label, TONES[outcome]) for outcome in Outcome if outcome != Outcome.APPROVE],
    }
    return _page(request, "fraud/analytics.html", form, listing, context)


@console.page(
    path="fraud/analytics/rules/", name="fraud_rule_quality", title="Quality of rules", permission=VIEW,
    filters=PeriodForm,
)  # fmt: skip
def rule_quality(request: HttpRequest) -> HttpResponseBase:
    """Every rule that spoke: how often, how right, what only it found, and what it was kept from."""
    now = clock.now()
    period, _ = (form := PeriodForm.of(request.GET, now=now)).wanted(livemode=console.is_live(request), now=now)
    listing = _daily("fraud-rules-by-day", DailyRule, period, [
        Column("Version", "rule_set_version"), Column("Rule", "code"), Column("Hits", "hits"),
        Column("Amount", "amount_minor", "money"), Column("Fraud", "fraud"), Column("Genuine", "genuine"),
        Column("Alone", "alone"), Column("Held back", "held_back"),
    ])  # fmt: skip
    if request.GET.get(FORMAT) == CSV:
        return exports.respond(request, listing, now=now)
    context = {"table": _rule_table(period, analytics.list_rules(period, now=now))}
    return _page(request, "fraud/rule_quality.html", form, listing, context)


@console.page(
    path="fraud/analytics/reviewing/", name="fraud_reviewing", title="Reviewing", permission=VIEW, filters=PeriodForm
)
def reviewing(request: HttpRequest) -> HttpResponseBase:
    """How old the queue is now, and who decided how much in which time."""
    now, livemode = clock.now(), console.is_live(request)
    period, _ = (form := PeriodForm.of(request.GET, now=now)).wanted(livemode=livemode, now=now)
    listing = _daily("fraud-reviews-by-day", DailyAnalyst, period, [
        Column("Analyst", "analyst", personal=True), Column("Approved", "approved"), Column("Declined", "declined"),
        Column("Found fraud", "found_fraud"), Column("Found genuine", "found_genuine"), Column("Timed", "timed"),
        Column("Seconds", "seconds"),
    ], currency=False)  # fmt: skip
    if request.GET.get(FORMAT) == CSV:
        return exports.respond(request, listing, now=now)
    ages = queue_ages.count(livemode=livemode, now=now)
    context = {
        "ages": ages,
        "waiting": sum(age.waiting for age in ages),
        "age_chart": charts.bars([(age.label, age.waiting, age.tone) for age in ages], title="Waiting cases by age"),
        "table": _analyst_table(analytics.list_analysts(period)),
    }
    return _page(request, "fraud/reviewing.html", form, listing, context)


def _page(
    request: HttpRequest, template: str, form: PeriodForm, listing: console.Listing, context: Mapping[str, Any]
) -> HttpResponse:
    now = clock.now()
    query = urlencode({name: str(request.GET[name]) for name in ("since", "until", "by") if name in request.GET})
    here = request.resolver_match.url_name if request.resolver_match else ""
    shown = {
        "form": form,
        "tabs": [(title, f"{reverse(f'admin:{name}')}?{query}", name == here) for name, title in TABS],
        "export": exports.offer(request, listing, now=now),
        "views": saved_views.bar(request),
        "last_matured": analytics.last_matured_day(now),
        **context,
    }
    return console.render(request, template, shown)


def _daily(
    name: str, model: type[DailyScores | DailyRule | DailyAnalyst], period: Period, columns: Sequence[Column],
    *, currency: bool = True,
) -> console.Listing:  # fmt: skip
    rows = model.objects.filter(livemode=period.livemode, day__range=(period.since, period.until))
    return console.Listing(
        name,
        [*DAILY[: 2 if currency else 1], *columns],
        console.Keyset(rows, by=("day", "id")),
        "Days",
    )


def row_to(url: str, cells: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table that leads somewhere."""
    return {"url": url, **cells}


def decisions_url(period: Period, **narrowed: Any) -> str:
    """The list of the decisions that a number counts."""
    query = {"since": period.since, "until": period.until, **narrowed}
    return (
        f"{reverse('admin:fraud_decisions')}?{urlencode({name: value for name, value in query.items() if value != ''})}"
    )


def percent(value: float | None, digits: int = 1) -> str:
    """`12.3%`; empty where there was nothing to divide by."""
    return "" if value is None else f"{value:.{digits}%}"


def _known(value: float | None, digits: int = 1) -> str:
    return percent(value, digits) or "none yet"


def amounts_in_words(amounts: Mapping[str, int]) -> str:
    """`1,234.50 USD`; one after the other where there are several currencies."""
    return ", ".join(
        str(Money(minor, Currency.__members__[code]))
        if code in Currency.__members__
        else f"{minor:,} minor units {code}"
        for code, minor in sorted(amounts.items())
    )


def _volume_tiles(figures: Figures) -> list[Number]:
    totals, period = figures.totals, figures.period
    whole = totals.decisions
    tiles = [Number("Decisions", f"{whole:,}", decisions_url(period), amounts_in_words(totals.amounts))]
    for label, number, narrowed, tone in (
        ("Flagged", totals.flagged, {"outcome": FLAGGED}, ""),
        ("Blocked or investigated", totals.blocked, {"outcome": BLOCKED}, ""),
        ("Without advice", totals.outcomes[Outcome.NO_ADVICE], {"outcome": Outcome.NO_ADVICE}, "careful"),
        ("Degraded", totals.degraded, {"source": Source.DEGRADED}, "careful"),
        ("Under the bypass", totals.bypassed, {"source": Source.BYPASSED}, "bad"),
    ):
        hint = f"{percent(number / whole, 2)} of all" if whole else ""
        tiles.append(Number(label, f"{number:,}", decisions_url(period, **narrowed), hint, tone if number else ""))
    return tiles


def _matured(figures: Figures) -> Period:
    """The part of the period that ratios are made of; the first day alone where none is final yet."""
    return Period(figures.period.since, figures.matured_until or figures.period.since, figures.period.livemode)


def _quality(found: Confusion, figures: Figures, group: str) -> list[Number]:
    now, period = clock.now(), _matured(figures)
    target = parameters.read("fraud.false_positive_target", at=now)
    alarm = parameters.read("fraud.false_discovery_alarm", at=now)
    rate, discovery = found.false_positive_rate, found.false_discovery_rate
    flagged = decisions_url(period, outcome=group)
    wrong = decisions_url(period, outcome=group, label=Verdict.GENUINE)
    return [
        Number("Precision", _known(found.precision), flagged, "of the flagged, fraud"),
        Number("Recall", _known(found.recall), decisions_url(period, label=Verdict.FRAUD), "of the fraud, flagged"),
        Number(
            "False positive rate", _known(rate, 2), wrong, f"of the genuine, flagged; at most {target:.0%}",
            "bad" if rate is not None and rate > target else "",
        ),
        Number(
            "False discovery rate", _known(discovery), wrong, f"of the flagged, genuine; alarm at {alarm:.0%}",
            "bad" if discovery is not None and discovery > alarm else "",
        ),
        Number("Accuracy", _known(found.accuracy, 2), decisions_url(period), "of all, right"),
        Number("Majority class", _known(found.majority, 2), decisions_url(period), "accuracy of approving everything"),
    ]  # fmt: skip


def _field(figures: Figures) -> list[tuple[str, str, int, str, int, str]]:
    """Two rows of the field of four: label, what they are, flagged with its list, approved with its list."""
    period, found = _matured(figures), figures.totals.matured
    rows = (
        (Verdict.FRAUD, "Fraud", found.caught, found.missed),
        (Verdict.GENUINE, "Genuine", found.disturbed, found.passed),
    )
    return [
        (
            verdict.value, name,
            flagged, decisions_url(period, outcome=FLAGGED, label=verdict),
            approved, decisions_url(period, outcome=Outcome.APPROVE, label=verdict),
        )
        for verdict, name, flagged, approved in rows
    ]  # fmt: skip


def _mix_chart(slices: list[Slice]) -> str:
    series = [
        (outcome.label, TONES[outcome], [one.totals.outcomes[outcome] for one in slices])
        for outcome in Outcome
        if outcome != Outcome.APPROVE
    ]
    return charts.stacks([_short(one) for one in slices], series, title="Decisions that were no approval")


def _trend_chart(slices: list[Slice]) -> str:
    series = [
        ("precision", "busy", [one.totals.matured.precision for one in slices]),
        ("recall", "good", [one.totals.matured.recall for one in slices]),
    ]
    return charts.lines([_short(one) for one in slices], series, title="Precision and recall, final labels")


def _score_chart(figures: Figures) -> str:
    bins = [(up_to, outcome, number) for outcome, up_to, number, _, _ in analytics.by_bin(figures)]
    items = [(f"≤ {up_to}" if up_to is not None else "none", number, TONES[outcome]) for up_to, outcome, number in bins]
    return charts.bars(items, title="Decisions by score", width=640, height=170, logarithmic=True)


def _score_table(figures: Figures) -> Table:
    now = clock.now()
    edges = [-1, *parameters.read("fraud.score_bins", at=now)]
    below = {up_to: edges[number] + 1 for number, up_to in enumerate(edges[1:])}
    whole = figures.totals.decisions
    rows = []
    for outcome, up_to, number, fraud, genuine in analytics.by_bin(figures):
        narrowed = {} if up_to is None else {"score_from": below.get(up_to, 0), "score_to": up_to}
        rows.append(
            row_to(
                decisions_url(figures.period, outcome=outcome, **narrowed),
                {
                    "bin": "no score" if up_to is None else f"{below.get(up_to, 0)} to {up_to}",
                    "outcome": outcome.value, "decisions": number, "share": percent(number / whole, 2),
                    "fraud": fraud, "genuine": genuine,
                },
            )
        )  # fmt: skip
    return Table(
        [
            Column("Score", "bin"), Column("Outcome", "outcome", "status"), Column("Decisions", "decisions", "number"),
            Column("Share", "share", hide_on_phone=True), Column("Labelled fraud", "fraud", "number"),
            Column("Labelled genuine", "genuine", "number", hide_on_phone=True),
        ],
        rows, classes=("dated",), caption="Decisions by score", empty="No decisions in this period",
    )  # fmt: skip


def _slice_table(slices: list[Slice]) -> Table:
    rows = [
        row_to(
            decisions_url(Period(one.since, one.until, livemode=False)),
            {
                "days": _long(one), "decisions": one.totals.decisions, "flagged": one.totals.flagged,
                "blocked": one.totals.blocked, "precision": percent(one.totals.matured.precision),
                "recall": percent(one.totals.matured.recall),
                "fpr": percent(one.totals.matured.false_positive_rate, 2), "labelled": one.totals.matured.labelled,
                "immature": one.totals.immature,
            },
        )
        for one in reversed(slices)
        if one.totals.decisions
    ]  # fmt: skip
    return Table(
        [
            Column("Days (UTC)", "days"), Column("Decisions", "decisions", "number"),
            Column("Flagged", "flagged", "number"), Column("Blocked", "blocked", "number", hide_on_phone=True),
            Column("Final labels", "labelled", "number", hide_on_phone=True), Column("Precision", "precision"),
            Column("Recall", "recall"), Column("False positive rate", "fpr", hide_on_phone=True),
            Column("Early labels", "immature", "number", hide_on_phone=True),
        ],
        rows, classes=("dated",), caption="The period in parts", empty="No decisions in this period",
    )  # fmt: skip


def _drift_table(*, livemode: bool) -> Table:
    """What moved most from what the champion learned on, on the newest day that was measured."""
    champion = models.find_champion()
    day = models.find_drift_day(champion, livemode=livemode) if champion else None
    found = models.list_drift(champion, livemode=livemode, day=day) if champion and day else []
    rows = [
        row_to(
            reverse("admin:model_drift", args=[champion.name, row.variable]),
            {"variable": row.variable, "psi": f"{row.psi:.3f}" if row.psi is not None else "", "verdict": row.verdict,
             "events": row.events, "day": str(row.day)},
        )
        for row in found[:DRIFT_SHOWN]
        if champion
    ]  # fmt: skip
    return Table(
        [
            Column("Variable", "variable", "code"), Column("Stability index", "psi"),
            Column("Verdict", "verdict", "status"), Column("Decisions", "events", "number", hide_on_phone=True),
            Column("Day", "day", hide_on_phone=True),
        ],
        rows, caption="Drift", empty="No drift was measured", hint="It is measured daily while a champion judges.",
    )  # fmt: skip


def _rule_table(period: Period, found: list[analytics.RuleLine]) -> Table:
    rows = [
        row_to(
            decisions_url(period, rule=line.code),
            {
                "code": line.code, "hits": line.hits, "amount": amounts_in_words(line.amounts), "fraud": line.fraud,
                "genuine": line.genuine, "precision": percent(line.precision), "alone": line.alone,
                "alone_precision": percent(line.alone_precision), "held_back": line.held_back,
                "versions": f"{line.versions[0]} to {line.versions[1]}" if line.versions[0] != line.versions[1]
                else str(line.versions[0]),
            },
        )
        for line in found
    ]  # fmt: skip
    return Table(
        [
            Column("Rule", "code", "code"), Column("Hits", "hits", "number"),
            Column("Amount", "amount", hide_on_phone=True), Column("Fraud", "fraud", "number", hide_on_phone=True),
            Column("Genuine", "genuine", "number", hide_on_phone=True), Column("Precision", "precision"),
            Column("Alone", "alone", "number"), Column("Precision alone", "alone_precision", hide_on_phone=True),
            Column("Held back", "held_back", "number"), Column("Version", "versions", hide_on_phone=True),
        ],
        rows, caption="Rules", empty="No rule spoke in this period", hint="Widen the period.",
    )  # fmt: skip


def _analyst_table(found: list[analytics.AnalystLine]) -> Table:
    rows = [
        row_to(
            f"{reverse('admin:reviews')}?show=decided",
            {
                "analyst": line.analyst.partition(":")[2] if line.analyst != str(SYSTEM) else "by itself, in time",
                "decided": line.decided, "approved": line.approved, "declined": line.declined,
                "found_fraud": line.found_fraud, "found_genuine": line.found_genuine,
                "each": str(timedelta(seconds=round(line.seconds_each))) if line.seconds_each is not None else "",
            },
        )
        for line in found
    ]  # fmt: skip
    return Table(
        [
            Column("Analyst", "analyst"), Column("Decided", "decided", "number"),
            Column("Approved", "approved", "number"), Column("Declined", "declined", "number"),
            Column("Found fraud", "found_fraud", "number", hide_on_phone=True),
            Column("Found genuine", "found_genuine", "number", hide_on_phone=True), Column("Time for each", "each"),
        ],
        rows, caption="Who decided", empty="Nobody decided a case in this period",
    )  # fmt: skip


def _short(one: Slice) -> str:
    return f"{one.since:%-d %b}"


def _long(one: Slice) -> str:
    return str(one.since) if one.since == one.until else f"{one.since} to {one.until}"
