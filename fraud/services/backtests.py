"""Judge a version of the rules over stored decisions: asked for by a person, carried on slice by slice as work.

A slice is one transaction: what it counted, how far it is and the order for the next one are kept together or not at
all, so a worker that dies costs a slice and nothing is counted twice.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import FieldError, Refusal
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import BacktestState
from fraud.models import Backtest, RuleSet
from fraud.models.backtest import UNFINISHED
from fraud.parameters import thresholds
from fraud.rules import backtest as engine
from fraud.rules import backtest_result
from fraud.rules.backtest import Terms
from fraud.rules.backtest_result import Watch
from fraud.rules.compiled import CompiledRules
from fraud.rules.language import RuleError
from fraud.rules.scoring import Bands
from fraud.selectors import backtests as selector
from fraud.selectors import replays, rule_sets, stored_decisions
from fraud.selectors.stored_decisions import Place, Window

WORK = "fraud.backtest"


class UnableToBacktest(Refusal):
    code = "BACKTEST_REFUSED"
    title = "This cannot be backtested"


class BacktestIsOver(Refusal):
    code = "BACKTEST_IS_OVER"
    status = 409
    title = "The backtest is over"


def start(
    *,
    version: int,
    livemode: bool,
    from_at: datetime,
    to_at: datetime,
    actor: Actor,
    now: datetime,
    by_worker: bool = True,
) -> Backtest:
    """Order a backtest of a version against the active one. Raises UnableToBacktest, RuleSetNotFound.

    The same one, not yet over, is taken up again. With `by_worker` False the caller calls `advance` until it is over.
    """
    to_at = min(to_at, now)
    _check_window(from_at, to_at, now=now)
    candidate, active = rule_sets.get(version=version), rule_sets.get_active()
    _check_readable(candidate, active)
    same: dict[str, Any] = {
        "livemode": livemode,
        "rule_set_version": version,
        "active_version": active.version,
        "from_at": from_at,
        "to_at": to_at,
    }
    try:
        with transaction.atomic():
            backtest = selector.find_unfinished(**same)
            if backtest is None:
                backtest = _order(same, candidate, active, actor=actor, now=now)
            if by_worker:
                work.enqueue(kind=WORK, key=backtest.backtest_id, payload={}, due_at=now, now=now)
    except IntegrityError as error:
        if refusal_name(error) != "backtest_runs_once":
            raise
        backtest = selector.find_unfinished(**same)
        if backtest is None:
            raise
    return backtest


def carry_on(*, backtest_id: str, now: datetime) -> None:
    """One slice, and the order for the next one."""
    with transaction.atomic():
        if not advance(backtest_id=backtest_id, now=now).is_over:
            work.enqueue(kind=WORK, key=backtest_id, payload={}, due_at=now, now=now)


def advance(*, backtest_id: str, now: datetime) -> Backtest:
    """One slice; the backtest as it is then. One that is over, or was cancelled meanwhile, stays as it is.

    Raises BacktestNotFound.
    """
    with transaction.atomic():
        backtest = selector.get(backtest_id=backtest_id)
        if backtest.is_over:
            return backtest
        try:
            candidate = rule_sets.get_compiled(version=backtest.rule_set_version, digest=backtest.digest)
            active = rule_sets.get_compiled(version=backtest.active_version, digest=backtest.active_digest)
        except (Refusal, RuleError) as unreadable:
            changes: dict[str, Any] = {
                "state": BacktestState.FAILED,
                "failure": str(unreadable)[:300],
                "finished_at": now,
            }
        else:
            changes = _slice(backtest, active, candidate, now=now)
        # Not locked while it ran: whoever cancelled it, or carried it on as well, was first.
        kept = Backtest.objects.filter(pk=backtest.pk, state__in=UNFINISHED, done=backtest.done).update(**changes)
        if kept and "finished_at" in changes:
            audit.record(
                actor=SYSTEM,
                action="fraud.backtest.finished",
                subject=backtest_id,
                at=now,
                details={"version": backtest.rule_set_version, "state": changes["state"].value},
            )
    backtest.refresh_from_db()
    return backtest


def cancel(*, backtest_id: str, actor: Actor, now: datetime) -> Backtest:
    """Stop after the slice that runs. Raises BacktestNotFound, BacktestIsOver."""
    with transaction.atomic():
        backtest = selector.get(backtest_id=backtest_id)
        cancelled = Backtest.objects.filter(pk=backtest.pk, state__in=UNFINISHED).update(
            state=BacktestState.CANCELLED, finished_at=now
        )
        if not cancelled:
            raise BacktestIsOver("it is over already")
        work.cancel(kind=WORK, key=backtest_id)
        audit.record(
            actor=actor,
            action="fraud.backtest.cancelled",
            subject=backtest_id,
            at=now,
            details={"version": backtest.rule_set_version, "done": backtest.done},
        )
    backtest.refresh_from_db()
    return backtest


def terms_in_force(*, now: datetime) -> Terms:
    """Today's thresholds and bands: what a version judges under if it is put into force today."""
    return Terms(
        thresholds=thresholds(at=now),
        bands=Bands(
            parameters.read("fraud.approve_up_to", at=now),
            parameters.read("fraud.review_up_to", at=now),
            parameters.read("fraud.block_up_to", at=now),
        ),
    )


def watch(*, now: datetime) -> Watch:
    """How live rates will be held against the forecasts that are made now."""
    return Watch(
        sample=parameters.read("fraud.watch_payments", at=now),
        deviations=parameters.read("fraud.forecast_deviations", at=now),
    )


def mature_before(*, now: datetime) -> datetime:
    """Payments after this have no final label yet."""
    return now - timedelta(days=parameters.read("fraud.label_delay_days", at=now))


def _order(same: dict[str, Any], candidate: RuleSet, active: RuleSet, *, actor: Actor, now: datetime) -> Backtest:
    terms = terms_in_force(now=now)
    bands = terms.bands
    backtest = Backtest.objects.create(
        backtest_id=ids.prefixed("bt", now),
        **same,
        digest=candidate.digest,
        active_digest=active.digest,
        as_of=now,
        mature_before=mature_before(now=now),
        terms={
            "thresholds": dict(terms.thresholds),
            "bands": [bands.approve_up_to, bands.review_up_to, bands.block_up_to],
        },
        asked_by=str(actor),
        asked_at=now,
    )
    audit.record(
        actor=actor,
        action="fraud.backtest.started",
        subject=backtest.backtest_id,
        at=now,
        details={
            "version": candidate.version,
            "active_version": active.version,
            "from": same["from_at"].isoformat(),
            "to": same["to_at"].isoformat(),
        },
    )
    return backtest


def _slice(backtest: Backtest, active: CompiledRules, candidate: CompiledRules, *, now: datetime) -> dict[str, Any]:
    """Columns that change by judging the next decisions."""
    window = Window(backtest.livemode, backtest.from_at, backtest.to_at, backtest.as_of, backtest.mature_before)
    terms = Terms(backtest.terms["thresholds"], Bands(*backtest.terms["bands"]))
    run = engine.Backtest(active=active, candidate=candidate, terms=terms, counts=engine.unpack(backtest.counts))
    limit = parameters.read("fraud.backtest_slice", at=now)
    place = None if backtest.read_at is None else Place(backtest.read_at, backtest.read_id or 0)
    read, place = replays.judge_next(run, window, after=place, limit=limit)
    changes: dict[str, Any] = {
        "state": BacktestState.RUNNING,
        "done": backtest.done + read,
        "read_at": place and place.at,
        "read_id": place and place.id,
        "counts": engine.pack(run.counts),
    }
    if backtest.total is None:
        changes["total"] = stored_decisions.count(window)
    if read < limit:
        codes = [rule.code for rule in candidate.rules]
        changes["result"] = backtest_result.summarise(run.counts, codes=codes, watch=watch(now=now))
        changes |= {"state": BacktestState.DONE, "finished_at": now, "counts": {}, "total": backtest.done + read}
    return changes


def _check_window(from_at: datetime, to_at: datetime, *, now: datetime) -> None:
    longest = timedelta(days=parameters.read("fraud.backtest_longest_days", at=now))
    if from_at >= to_at:
        raise UnableToBacktest(errors=(FieldError("/from", "before the end, and in the past"),))
    if to_at - from_at > longest:
        raise UnableToBacktest(errors=(FieldError("/from", f"at most {longest.days} days before the end"),))


def _check_readable(*versions: RuleSet) -> None:
    for version in versions:
        try:
            rule_sets.get_compiled(version=version.version, digest=version.digest)
        except RuleError as unreadable:
            raise UnableToBacktest(f"version {version.version} does not check any more: {unreadable}") from None
