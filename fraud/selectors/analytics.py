"""What the dashboards, the API and the weekly report say, from the days counted beforehand: never a scan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Sum

from core.parameters import services as parameters
from fraud.enums import Granularity, Outcome
from fraud.models import DailyAnalyst, DailyRule, DailyScores, FigureDay
from fraud.ratios import Confusion, share

FLAGGED = (Outcome.REVIEW, Outcome.BLOCK, Outcome.INVESTIGATE)
SUMS = (
    "decisions", "amount_minor", "degraded", "bypassed", "fraud", "fraud_minor", "genuine", "genuine_minor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """UTC days of one mode, both included."""

    since: date
    until: date
    livemode: bool

    @property
    def days(self) -> list[date]:
        return [self.since + timedelta(days=number) for number in range((self.until - self.since).days + 1)]


@dataclass(frozen=True, slots=True)
class Tally:
    """Decisions of one outcome and bin; `score_up_to` is None without a score. Amounts by currency, in minor units."""

    day: date
    currency: str
    outcome: Outcome
    score_up_to: int | None
    decisions: int
    amount_minor: int
    degraded: int
    bypassed: int
    fraud: int
    fraud_minor: int
    genuine: int
    genuine_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What some tallies add up to. `matured` are the labelled decisions of days whose labels are final."""

    decisions: int
    degraded: int
    bypassed: int
    outcomes: dict[Outcome, int]
    amounts: dict[str, int]
    flagged_amounts: dict[str, int]
    matured: Confusion
    stopped: Confusion
    immature: int
    unlabelled: int

    @property
    def flagged(self) -> int:
        return sum(self.outcomes[outcome] for outcome in FLAGGED)

    @property
    def blocked(self) -> int:
        return self.outcomes[Outcome.BLOCK] + self.outcomes[Outcome.INVESTIGATE]


@dataclass(frozen=True, slots=True)
class Slice:
    """One day, week or month of a period."""

    since: date
    until: date
    totals: Totals


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule over a period. Labels and what follows from them are of matured days only."""

    code: str
    versions: tuple[int, int]
    hits: int
    amounts: Mapping[str, int]
    fraud: int
    genuine: int
    fraud_amounts: Mapping[str, int]
    alone: int
    alone_fraud: int
    alone_genuine: int
    held_back: int

    @property
    def precision(self) -> float | None:
        """Of the labelled hits, the share that is fraud."""
        return share(self.fraud, self.fraud + self.genuine)

    @property
    def alone_precision(self) -> float | None:
        return share(self.alone_fraud, self.alone_fraud + self.alone_genuine)


@dataclass(frozen=True, slots=True)
class AnalystLine:
    """One actor's decisions over a period."""

    analyst: str
    approved: int
    declined: int
    found_fraud: int
    found_genuine: int
    seconds_each: float | None

    @property
    def decided(self) -> int:
        return self.approved + self.declined


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything about a period; `matured_until` is its last day whose labels are final, None if none is."""

    period: Period
    tallies: list[Tally] = field(repr=False)
    totals: Totals
    matured_until: date | None
    built_at: datetime | None


def get(period: Period, *, now: datetime) -> Figures:
    """Two statements, however many payments there were."""
    rows = DailyScores.objects.filter(livemode=period.livemode, day__range=(period.since, period.until))
    tallies = [
        Tally(outcome=Outcome(row.pop("outcome")), **row)
        for row in rows.order_by("day").values("day", "currency", "outcome", "score_up_to", *SUMS)
    ]
    built = FigureDay.objects.filter(livemode=period.livemode, day__range=(period.since, period.until))
    last = last_matured_day(now)
    return Figures(
        period,
        tallies,
        total(tallies, last_matured=last),
        min(last, period.until) if last >= period.since else None,
        built.aggregate(newest=Max("built_at"))["newest"],
    )


def last_matured_day(now: datetime) -> date:
    """The newest day of which every payment is older than the delay of labels."""
    delay = timedelta(days=parameters.read("fraud.label_delay_days", at=now))
    return (now - delay).astimezone(UTC).date() - timedelta(days=1)


def total(tallies: Iterable[Tally], *, last_matured: date) -> Totals:
    """Add up. Labels of younger days are counted apart: the ones that are missing there are not yet silent."""
    outcomes = dict.fromkeys(Outcome, 0)
    amounts: dict[str, int] = defaultdict(int)
    flagged_amounts: dict[str, int] = defaultdict(int)
    matured = stopped = Confusion(0, 0, 0, 0)
    decisions = degraded = bypassed = immature = unlabelled = 0
    for one in tallies:
        decisions += one.decisions
        degraded += one.degraded
        bypassed += one.bypassed
        outcomes[one.outcome] += one.decisions
        amounts[one.currency] += one.amount_minor
        if one.outcome in FLAGGED:
            flagged_amounts[one.currency] += one.amount_minor
        if one.day > last_matured:
            immature += one.fraud + one.genuine
            continue
        unlabelled += one.decisions - one.fraud - one.genuine
        matured += confusion_of(one, from_outcome=Outcome.REVIEW)
        stopped += confusion_of(one, from_outcome=Outcome.BLOCK)
    return Totals(
        decisions, degraded, bypassed, outcomes, dict(amounts), dict(flagged_amounts), matured, stopped, immature,
        unlabelled,
    )  # fmt: skip


def confusion_of(one: Tally, *, from_outcome: Outcome) -> Confusion:
    """Where everything from an outcome upwards counts as flagged; NO_ADVICE is in none."""
    if one.outcome == Outcome.NO_ADVICE:
        return Confusion(0, 0, 0, 0)
    if one.outcome in FLAGGED[FLAGGED.index(from_outcome) :]:
        return Confusion(one.fraud, one.genuine, 0, 0)
    return Confusion(0, 0, one.fraud, one.genuine)


def slices(figures: Figures, granularity: Granularity, *, now: datetime) -> list[Slice]:
    """The period cut into days, weeks from Monday or months, empty ones too; the first and last may be shorter."""
    spans: dict[date, list[date]] = defaultdict(list)
    for day in figures.period.days:
        spans[_begin(day, granularity)].append(day)
    by_span: dict[date, list[Tally]] = defaultdict(list)
    for one in figures.tallies:
        by_span[_begin(one.day, granularity)].append(one)
    last = last_matured_day(now)
    return [Slice(days[0], days[-1], total(by_span[begin], last_matured=last)) for begin, days in spans.items()]


def by_bin(figures: Figures) -> list[tuple[Outcome, int | None, int, int, int]]:
    """(outcome, upper limit of the bin, decisions, fraud, genuine) in the order of the scores, no advice last."""
    found: dict[tuple[Outcome, int | None], list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in figures.tallies:
        sums = found[one.outcome, one.score_up_to]
        sums[0] += one.decisions
        sums[1] += one.fraud
        sums[2] += one.genuine
    order = list(Outcome)

    def place(item: tuple[tuple[Outcome, int | None], list[int]]) -> tuple[int, int]:
        (outcome, up_to), _ = item
        return (1_001 if up_to is None else up_to, order.index(outcome))

    return [
        (outcome, up_to, *sums)  # type: ignore[misc]
        for (outcome, up_to), sums in sorted(
            found.items(), key=lambda item: (item[0][1] or 9_999, order.index(item[0][0]))
        )
    ]


def list_rules(period: Period, *, now: datetime) -> list[RuleLine]:
    """Every rule that was true or held back, most hits first; two statements."""
    rows = DailyRule.objects.filter(livemode=period.livemode, day__range=(period.since, period.until))
    heard = rows.values("code", "currency").annotate(
        first=Min("rule_set_version"), last=Max("rule_set_version"), hits=Sum("hits"), minor=Sum("amount_minor"),
        alone=Sum("alone"), held_back=Sum("held_back"),
    )  # fmt: skip
    matured = rows.filter(day__lte=last_matured_day(now)).values("code", "currency")
    known = {
        (row["code"], row["currency"]): row
        for row in matured.annotate(
            fraud=Sum("fraud"),
            genuine=Sum("genuine"),
            fraud_minor=Sum("fraud_minor"),
            alone_fraud=Sum("alone_fraud"),
            alone_genuine=Sum("alone_genuine"),
        )
    }
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in heard.order_by("code", "currency"):
        by_code[row["code"]].append(dict(row) | dict(known.get((row["code"], row["currency"]), {})))
    return sorted((_rule(code, parts) for code, parts in by_code.items()), key=lambda line: (-line.hits, line.code))


def list_analysts(period: Period) -> list[AnalystLine]:
    """Everybody who decided cases, the busiest first; what declined by itself is the system's."""
    rows = DailyAnalyst.objects.filter(livemode=period.livemode, day__range=(period.since, period.until))
    summed = rows.values("analyst").annotate(
        approved=Sum("approved"), declined=Sum("declined"), found_fraud=Sum("found_fraud"),
        found_genuine=Sum("found_genuine"), timed=Sum("timed"), seconds=Sum("seconds"),
    )  # fmt: skip
    lines = [
        AnalystLine(
            row["analyst"], row["approved"], row["declined"], row["found_fraud"], row["found_genuine"],
            share(row["seconds"], row["timed"]),
        )
        for row in summed
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line.decided, line.analyst))


def _rule(code: str, parts: list[dict[str, Any]]) -> RuleLine:
    def added(name: str) -> int:
        return sum(part.get(name) or 0 for part in parts)

    return RuleLine(
        code=code,
        versions=(min(part["first"] for part in parts), max(part["last"] for part in parts)),
        hits=added("hits"),
        amounts={str(part["currency"]): part["minor"] for part in parts},
        fraud=added("fraud"),
        genuine=added("genuine"),
        fraud_amounts={str(part["currency"]): part.get("fraud_minor", 0) for part in parts},
        alone=added("alone"),
        alone_fraud=added("alone_fraud"),
        alone_genuine=added("alone_genuine"),
        held_back=added("held_back"),
    )


def _begin(day: date, granularity: Granularity) -> date:
    if granularity == Granularity.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == Granularity.MONTH else day
