"""A rule that does live what nobody forecast is stopped by the program, and a person is called."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from core.actors import SYSTEM
from core.outbox import services as outbox
from core.parameters import services as parameters
from fraud.enums import Outcome, RuleSetState
from fraud.events import AlarmRaised
from fraud.models import RulePause, RuleSet
from fraud.rules import definitions, watching
from fraud.rules.definitions import Rule
from fraud.rules.watching import Band, Verdict
from fraud.selectors import forecast, hold_backs, live_rates, rule_sets
from fraud.selectors.live_rates import LiveRate
from fraud.services import pauses, rule_life

LEFT_ITS_BAND = "fraud.rule_left_its_band"
BLOCKING = frozenset({Outcome.BLOCK.value, Outcome.INVESTIGATE.value})


@dataclass(frozen=True, slots=True)
class Outside:
    """A rule that left its band, and how, in words."""

    rule: Rule
    summary: str


def watch(*, now: datetime) -> list[str]:
    """Compare every rule that judges with its forecast; returns the codes that are outside.

    Outside, a rule of the version in force pauses itself, and the alarm is raised with it. What it would have blocked
    is then held for review: an attack is when a rule that blocks is true more often, so nobody is let through for it.
    A candidate with a share of the customers goes back to shadow instead. A version without a forecast is not watched.
    """
    outside = _outside(rule_sets.get_active(), now=now)
    for found in outside:
        _stop_rule(found, now=now)
    candidate = rule_sets.find_candidate()
    if candidate is not None and candidate.state == RuleSetState.SHARED:
        strays = _outside(candidate, now=now)
        if strays:
            _stop_candidate(candidate, strays[0], now=now)
        outside += strays
    return [found.rule.code for found in outside]


def _outside(rule_set: RuleSet, *, now: datetime) -> list[Outside]:
    expected = forecast.for_version(rule_set.version)
    if expected is None:
        return []
    paused = {pause.code for pause in hold_backs.list_paused()}
    rules = {rule.code: rule for rule in definitions.read(rule_set.rules)}
    watched = [code for code in rules if code in expected.bands and code not in paused]
    needed = parameters.read("fraud.watch_payments", at=now)
    rates = live_rates.read(
        version=rule_set.version, livemode=expected.livemode, since=_since(rule_set, watched), payments=needed
    )
    found = []
    for code in watched:
        rate, band = rates[code], expected.bands[code]
        judged = watching.verdict(hits=rate.hits, payments=rate.payments, band=band, minimum_payments=needed)
        if judged.is_outside:
            found.append(Outside(rules[code], _in_words(code, rate, band, judged)))
    return found


def _stop_rule(found: Outside, *, now: datetime) -> None:
    blocks = found.rule.floor in BLOCKING
    with transaction.atomic():
        pauses.pause(code=found.rule.code, reason=found.summary, actor=SYSTEM, now=now)
        then = "It paused itself; what it would have blocked is held for review." if blocks else "It paused itself."
        _alarm(f"fraud_rule:{found.rule.code}", f"{found.summary}. {then}", severity="P2" if blocks else "P3", now=now)


def _stop_candidate(candidate: RuleSet, found: Outside, *, now: datetime) -> None:
    with transaction.atomic():
        rule_life.end_share(version=candidate.version, reason=found.summary, actor=SYSTEM, now=now)
        then = f"Version {candidate.version} is back in shadow."
        _alarm(candidate.subject, f"{found.summary}. {then}", severity="P3", now=now)


def _alarm(subject: str, summary: str, *, severity: str, now: datetime) -> None:
    outbox.publish(
        AlarmRaised(
            alarm=LEFT_ITS_BAND,
            subject=subject,
            severity=severity,
            summary=summary,
            url=reverse("admin:held_back"),
            raised_at=now,
        )
    )


def _since(rule_set: RuleSet, codes: list[str]) -> dict[str, datetime]:
    """From the newest move of the version on; a rule that a signature resumed is measured anew from there."""
    moved = rule_set.steps.order_by("-id").values_list("at", flat=True).first() or rule_set.created_at
    ended = RulePause.objects.filter(code__in=codes, resumed_at__gt=moved).order_by("id")
    return dict.fromkeys(codes, moved) | {pause.code: pause.resumed_at for pause in ended if pause.resumed_at}


def _in_words(code: str, rate: LiveRate, band: Band, found: Verdict) -> str:
    live = watching.per_thousand(rate.hits, rate.payments)
    forecasted = f"{band.low:g} to {band.high:g}"
    return f"{code} is true {live:.1f} times in 1,000 payments, {found.value} the forecast of {forecasted}"
