"""Versions of the rules that went all the way, and entries that were signed."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.utils import timezone

from core import ids
from core.actors import Actor
from core.approvals.models import ApprovalRequest
from core.approvals.services import sign
from fraud.approvals import lists as list_acts
from fraud.approvals import rules as acts
from fraud.enums import BacktestState
from fraud.models import Backtest, ListEntry, RuleSet
from fraud.rules.definitions import Rule
from fraud.rules.watching import Band
from fraud.selectors import rule_sets as selector
from fraud.services import rule_life, rule_sets
from tests.factories import staff
from tests.factories.approvals import code_of

ANALYST = Actor("STAFF", "ana@holdfast.example", frozenset({"FRAUD_ANALYST"}))
LEAD = Actor("STAFF", "lea@holdfast.example", frozenset({"FRAUD_LEAD"}))


def rule(code: str = "big_rule", expression: str = "amount_minor > 5", points: int = 100, **more: object) -> Rule:
    return Rule(code, expression, points, None, "For a test", **more)  # type: ignore[arg-type]


def drafted(rules: Sequence[Rule] | None = None, *, now: datetime, actor: Actor = ANALYST) -> RuleSet:
    return rule_sets.draft(rules=rules or [rule()], note="for a test", actor=actor, now=now)


def shadowed(rules: Sequence[Rule] | None = None, *, now: datetime) -> RuleSet:
    version = drafted(rules, now=now).version
    return rule_life.start_shadow(version=version, reason="try it", actor=ANALYST, now=now)


def signed(request: ApprovalRequest, *, now: datetime, by: staff.Person | None = None) -> ApprovalRequest:
    """A fraud lead signs, a new one unless given."""
    person = by or lead()
    return sign(
        request_id=request.request_id,
        user=person.user,
        digest=request.digest,
        code=code_of(person),
        reason="",
        device="Firefox on Linux",
        origin="198.51.100.7",
        now=now,
        present=timezone.now(),
    )


def lead() -> staff.Person:
    return staff.person("FRAUD_LEAD", email=f"lead.{timezone.now().timestamp()}@holdfast.example")


def backtested(rule_set: RuleSet, bands: dict[str, Band] | None = None, *, now: datetime) -> Backtest:
    """A finished backtest of a version, with these bands, over the day before."""
    return Backtest.objects.create(
        backtest_id=ids.prefixed("bkt", now),
        livemode=False,
        rule_set_version=rule_set.version,
        digest=rule_set.digest,
        active_version=1,
        active_digest="x",
        from_at=now - timedelta(days=1),
        to_at=now,
        as_of=now,
        mature_before=now,
        terms={},
        state=BacktestState.DONE,
        result={"decisions": 1_000, "rules": {code: {"band": asdict(band)} for code, band in (bands or {}).items()}},
        asked_by=str(ANALYST),
        asked_at=now,
        finished_at=now,
    )


def published(
    rules: Sequence[Rule] | None = None, bands: dict[str, Band] | None = None, *, now: datetime, later: datetime
) -> RuleSet:
    """Drafted, backtested and put in shadow at `now`, in force at `later`."""
    version = backtested(shadowed(rules, now=now), bands, now=now).rule_set_version
    person = lead()
    asked = acts.ask_publication(version=version, reason="it works", actor=ANALYST, now=later)
    signed(asked, now=later, by=person)
    return selector.get(version=version)


def allowed(value: str, *, expires_at: datetime, now: datetime, livemode: bool = False) -> ListEntry:
    """An entry of the list of trusted customers."""
    person = lead()
    request = list_acts.ask_entry(
        name="trusted_customers",
        livemode=livemode,
        value=value,
        reason="known for years",
        expires_at=expires_at,
        actor=ANALYST,
        now=now,
    )
    signed(request, now=now, by=person)
    return ListEntry.objects.get(approval_id=request.request_id)
