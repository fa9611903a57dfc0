"""The rules: what judges now, what might, and each version as people read it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from core import clock, console
from core.console.components import Column, Event, Fact, Table
from core.parameters import services as parameters
from fraud import amounts
from fraud.forms.rules import MoveForm, TryOut
from fraud.models import Backtest, RulePause, RuleSet
from fraud.rules import definitions, differences
from fraud.rules.definitions import Rule
from fraud.selectors import backtests, forecast, hold_backs, rule_hits, rule_sets
from fraud.selectors.analytics import Period
from fraud.selectors.rule_hits import Lately
from fraud.views.analytics import decisions_url
from fraud.views.backtests import RUN
from fraud.views.backtests import table as backtest_table
from fraud.views.rule_differences import lines
from fraud.views.rule_life import PAUSE, PUBLISH, next_of

VIEW, DRAFT = "fraud.view_ruleset", "fraud.draft_rule"

console.colour(SHARED="busy", RETIRED="quiet", ADDED="good", REMOVED="bad", CHANGED="careful")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule with what it did lately, beside what its backtest forecast; `today` and `week` are what is linked."""

    rule: Rule
    lately: Lately
    band: str
    pause: RulePause | None
    today: Period
    week: Period

    @property
    def today_url(self) -> str:
        return decisions_url(self.today, rule=self.rule.code)

    @property
    def week_url(self) -> str:
        return decisions_url(self.week, rule=self.rule.code)

    @property
    def amount(self) -> str:
        return amounts.text(self.lately.amount)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version as a line of the list."""

    rule_set: RuleSet

    @property
    def url(self) -> str:
        return reverse("admin:rule_set", args=[self.rule_set.version])

    @property
    def title(self) -> str:
        return f"Version {self.rule_set.version}"

    @property
    def number(self) -> int:
        return len(self.rule_set.rules)


@console.page(path="rules/", name="rules", title="Rules", nav=("Fraud", 50), permission=VIEW)
def rule_overview(request: HttpRequest) -> HttpResponse:
    """What judges now with what each rule did lately; then every version, newest first."""
    now, livemode, active = clock.now(), console.is_live(request), rule_sets.get_active()
    page = console.keyset(request, RuleSet.objects.all(), by=("version",), size=20)
    evidence = backtests.find_newest_done(version=active.version, digest=active.digest, livemode=livemode)
    paused = hold_backs.list_paused()
    context = {
        "active": active,
        "candidate": rule_sets.find_candidate(),
        "draft": rule_sets.find_newest_draft(),
        "lines": _lines(active, evidence, paused, livemode=livemode, now=now),
        "paused": paused,
        "may_pause": request.user.has_perm(PAUSE),
        "evidence": evidence,
        "page": page,
        "table": _versions(page.rows),
        "may_draft": request.user.has_perm(DRAFT),
    }
    return console.render(request, "fraud/rules.html", context)


@console.page(path="rules/<int:version>/", name="rule_set", title="Rules version", permission=VIEW)
def rule_set_page(request: HttpRequest, version: int) -> HttpResponse:
    """The rules of a version, `?against=` another, its backtests, and what can be done with it."""
    now, rule_set = clock.now(), _get(version)
    against = str(request.GET.get("against", ""))
    other = _get(int(against)) if against.isdecimal() else rule_sets.get_active()
    rules, livemode = definitions.read(rule_set.rules), console.is_live(request)
    days = parameters.read("fraud.backtest_days", at=now)
    context: dict[str, Any] = {
        "rule_set": rule_set,
        "rules": rules,
        "other": other,
        "differences": lines(differences.between(definitions.read(other.rules), rules)) if other != rule_set else None,
        "facts": _facts(rule_set),
        "backtests": backtest_table(backtests.list_for_version(version=version, livemode=livemode)),
        "form": TryOut(initial={"from_day": (now - timedelta(days=days)).date(), "to_day": now.date()}),
        "may_run": request.user.has_perm(RUN),
        "may_draft": request.user.has_perm(DRAFT),
        "next": next_of(rule_set),
        "move": MoveForm(),
        "may_publish": request.user.has_perm(PUBLISH),
        "has_forecast": forecast.for_version(version) is not None,
        "events": _events(rule_set),
    }
    return console.render(request, "fraud/rule_set.html", context)


def _get(version: int) -> RuleSet:
    try:
        return rule_sets.get(version=version)
    except rule_sets.RuleSetNotFound as unknown:
        raise Http404 from unknown


def _lines(
    active: RuleSet, evidence: Backtest | None, paused: list[RulePause], *, livemode: bool, now: datetime
) -> list[RuleLine]:
    today, lately = now.astimezone(UTC).date(), rule_hits.lately(livemode=livemode, now=now)
    forecast = (evidence.result or {})["rules"] if evidence else {}
    pauses = {pause.code: pause for pause in paused}
    bands = {code: found["band"] for code, found in forecast.items() if found["band"]}
    return [
        RuleLine(
            rule,
            lately.get(rule.code, Lately()),
            f"{bands[rule.code]['low']:.1f} to {bands[rule.code]['high']:.1f}" if rule.code in bands else "",
            pauses.get(rule.code),
            Period(today, today, livemode),
            Period(rule_hits.first_day(today), today, livemode),
        )
        for rule in definitions.read(active.rules)
    ]


def _versions(found: list[RuleSet]) -> Table:
    return Table(
        [
            Column("Version", "title"),
            Column("State", "rule_set.state", "status"),
            Column("Rules", "number", "number"),
            Column("Why", "rule_set.note"),
            Column("Made", "rule_set.created_at", "time"),
            Column("By", "rule_set.created_by", hide_on_phone=True),
        ],
        [VersionLine(rule_set) for rule_set in found],
        caption="Versions",
    )


def _events(rule_set: RuleSet) -> list[Event]:
    return [
        Event(
            at=step.at,
            title=step.get_move_display(),
            detail=step.reason,
            actor=step.actor,
            url=reverse("admin:approval", args=[step.approval_id]) if step.approval_id else "",
        )
        for step in rule_sets.list_steps(rule_set)
    ]


def _facts(rule_set: RuleSet) -> list[Fact]:
    return [
        Fact("State", rule_set.state, "status"),
        Fact("Why", rule_set.note or "no word"),
        Fact("Made", rule_set.created_at, "stamp"),
        Fact("By", rule_set.created_by),
        Fact("Content", rule_set.digest[:16], "code"),
    ]
