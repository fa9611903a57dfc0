"""Weekly reports: numbers as they were when the report was made."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core import console
from core.console.components import Column, Table
from fraud.enums import Outcome
from fraud.models import WeeklyReport
from fraud.selectors import weekly_reports as reports
from fraud.selectors.analytics import Period
from fraud.selectors.decisions import FLAGGED, Source, Verdict
from fraud.selectors.weekly_reports import WeeklyReportNotFound
from fraud.views.analytics import amounts_in_words, decisions_url, percent, row_to

VIEW = "fraud.view_report"
SIX_DAYS = timedelta(days=6)
RATIOS = (
    ("precision", "Precision", "of the flagged, fraud"),
    ("recall", "Recall", "of the fraud, flagged"),
    ("false_positive_rate", "False positive rate", "of the genuine, flagged"),
    ("false_discovery_rate", "False discovery rate", "of the flagged, genuine"),
    ("false_negative_rate", "False negative rate", "of the fraud, approved"),
    ("accuracy", "Accuracy", "of all, right"),
    ("majority", "Majority class", "accuracy of approving everything"),
)

BEHIND: dict[str, dict[str, str]] = {
    "recall": {"label": Verdict.FRAUD},
    "false_positive_rate": {"outcome": FLAGGED, "label": Verdict.GENUINE},
    "false_discovery_rate": {"outcome": FLAGGED, "label": Verdict.GENUINE},
    "false_negative_rate": {"outcome": Outcome.APPROVE, "label": Verdict.FRAUD},
    "accuracy": {},
    "majority": {},
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A week as a line of the list."""

    report: WeeklyReport

    @property
    def url(self) -> str:
        return reverse("admin:fraud_week", args=[self.report.week.isoformat()])

    @property
    def decisions(self) -> int:
        number: int = self.report.numbers["decided"]["decisions"]
        return number

    @property
    def flagged(self) -> int:
        number: int = self.report.numbers["decided"]["flagged"]
        return number

    @property
    def recall(self) -> str:
        return percent(self.report.numbers["quality"]["flagged"]["recall"])


@console.page(path="fraud/weeks/", name="fraud_weeks", title="Weekly reports", nav=("Fraud", 36), permission=VIEW)
def week_list(request: HttpRequest) -> HttpResponseBase:
    """Newest week first."""
    listing = console.Listing(
        "fraud-weeks",
        [
            Column("Week from", "report.week"),
            Column("Decisions", "decisions", "number"),
            Column("Flagged", "flagged", "number"),
            Column("Recall, final labels", "recall"),
            Column("Made", "report.made_at", "time", hide_on_phone=True),
        ],
        console.Keyset(reports.all_of(livemode=console.is_live(request)), by=("week", "id")),
        "Weekly reports",
        draw=lambda rows: [ReportRow(row) for row in rows],
        empty="No week was reported yet",
        hint="Each Monday the week before is reported. Its numbers never change afterwards.",
    )
    return console.render_list(request, "fraud/weeks.html", listing)


@console.page(path="fraud/weeks/<str:week>/", name="fraud_week", title="Weekly report", permission=VIEW)
def week_page(request: HttpRequest, week: str) -> HttpResponse:
    """The report of the week that begins on a Monday."""
    try:
        report = reports.get(week=date.fromisoformat(week), livemode=console.is_live(request))
    except (ValueError, WeeklyReportNotFound) as unknown:
        raise Http404 from unknown
    numbers, period = report.numbers, Period(report.week, report.week + SIX_DAYS, report.livemode)
    quality = numbers["quality"]
    judged = Period(date.fromisoformat(quality["since"]), date.fromisoformat(quality["until"]), report.livemode)
    context = {
        "report": report,
        "until": period.until,
        "quality": quality,
        "decided": _decided(numbers, period),
        "ratios": _ratios(quality, judged),
        "rules": _rules(numbers, period),
        "patterns": [
            (one["kind"], one["subject"], one["peak"], reverse("admin:fraud_pattern", args=[one["pattern_id"]]))
            for one in numbers["patterns"]
        ],
        "amounts": amounts_in_words(numbers["decided"]["amounts"]),
        "flagged_amounts": amounts_in_words(numbers["decided"]["flagged_amounts"]),
    }
    return console.render(request, "fraud/week.html", context)


def _decided(numbers: dict[str, Any], period: Period) -> Table:
    lines: list[tuple[str, str, dict[str, Any]]] = [
        ("Decisions", "decisions", {}),
        *[(outcome.label, outcome.value.lower(), {"outcome": outcome}) for outcome in Outcome],
        ("Flagged", "flagged", {"outcome": FLAGGED}),
        ("Degraded", "degraded", {"source": Source.DEGRADED}),
        ("Under the bypass", "bypassed", {"source": Source.BYPASSED}),
    ]
    now, before = numbers["decided"], numbers["decided_before"]
    rows = [
        row_to(
            decisions_url(period, **narrowed),
            {"what": what, "week": now[name], "before": before[name], "change": _change(now[name], before[name])},
        )
        for what, name, narrowed in lines
    ]
    return Table(
        [
            Column("What", "what"), Column("Week", "week", "number"), Column("Week before", "before", "number"),
            Column("Change", "change"),
        ],
        rows, caption="What was decided",
    )  # fmt: skip


def _ratios(quality: dict[str, Any], judged: Period) -> Table:
    rows = [
        row_to(
            decisions_url(judged, **BEHIND.get(name, {"outcome": FLAGGED})),
            {
                "what": title, "meaning": meaning, "flagged": percent(quality["flagged"][name], 2),
                "stopped": percent(quality["stopped"][name], 2),
            },
        )
        for name, title, meaning in RATIOS
    ]  # fmt: skip
    return Table(
        [
            Column("Ratio", "what"), Column("Meaning", "meaning", hide_on_phone=True), Column("Flagged", "flagged"),
            Column("Blocked", "stopped"),
        ],
        rows, caption="How good it was",
    )  # fmt: skip


def _rules(numbers: dict[str, Any], period: Period) -> Table:
    rows = [
        row_to(decisions_url(period, rule=rule["code"]), {**rule, "precision": percent(rule["precision"])})
        for rule in numbers["rules"]
    ]
    return Table(
        [
            Column("Rule", "code", "code"), Column("Hits", "hits", "number"), Column("Alone", "alone", "number"),
            Column("Held back", "held_back", "number", hide_on_phone=True),
        ],
        rows, caption="The rules that spoke most", empty="No rule spoke",
    )  # fmt: skip


def _change(now: int, before: int) -> str:
    return f"{(now - before) / before:+.0%}" if before else ""
