"""Work that comes due by itself."""

from datetime import date, datetime, timedelta
from typing import Any

from core.actors import SYSTEM
from core.work import services as work
from fraud.services import (
    backtests,
    case_pace,
    case_worth,
    cases,
    figures,
    labels,
    memory,
    model_explanations,
    model_training,
    model_watch,
    patterns,
    rescoring,
    rule_cases,
    rule_watch,
    second_reviews,
    weekly_reports,
)


@work.performs(cases.DEADLINE_WORK)
def decline_undecided_case(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    cases.decline_overdue(case_id=key, now=now)


@work.periodic("fraud.take_silence", every=timedelta(hours=1))
def take_silence(*, now: datetime) -> None:
    """Label what nobody complained about, and what was reported before its payment was known."""
    labels.take_waiting_reports(now=now)
    labels.take_silence(now=now)


@work.performs(rule_cases.RULE_WORK)
def open_case_of_rule(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    rule_cases.open_for(assessment_id=key, now=now)


@work.performs(case_pace.RETURN_WORK)
def wake_case(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    case_pace.wake(case_id=key, now=now)


@work.periodic("fraud.reprice_cases", every=timedelta(hours=1))
def reprice_cases(*, now: datetime) -> None:
    """Put the queue in the order that today's labels and parameters give it."""
    case_worth.reprice(now=now)


@work.periodic("fraud.draw_second_reviews", every=timedelta(minutes=15))
def draw_second_reviews(*, now: datetime) -> None:
    second_reviews.draw(now=now)


@work.performs(backtests.WORK)
def carry_on_backtest(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    backtests.carry_on(backtest_id=key, now=now)


@work.periodic("fraud.count_days", every=timedelta(minutes=5))
def count_days(*, now: datetime) -> None:
    """What the dashboards show of today and yesterday."""
    figures.count_recent(now=now)


@work.performs(figures.DAY_WORK)
def count_day(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    mode, _, day = key.partition(":")
    figures.count_day(day=date.fromisoformat(day), livemode=mode == "live", now=now)


@work.periodic("fraud.watch_patterns", every=timedelta(minutes=5))
def watch_patterns(*, now: datetime) -> None:
    patterns.watch(now=now)


@work.periodic("fraud.report_week", every=timedelta(hours=1))
def report_week(*, now: datetime) -> None:
    weekly_reports.make_due(now=now)


@work.periodic("fraud.tell_ended", every=timedelta(minutes=1))
def tell_ended(*, now: datetime) -> None:
    """How payments ended whose process could not tell the feature store."""
    memory.sweep(now=now)


@work.performs(memory.LABEL, external=True)
def tell_label(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    memory.tell(kind=memory.LABEL, key=key, now=now)


@work.performs(memory.REPORT, external=True)
def tell_report(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    memory.tell(kind=memory.REPORT, key=key, now=now)


@work.performs(memory.REBUILD, external=True)
def rebuild_features(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    memory.rebuild_if_lost(now=now)


@work.periodic("fraud.watch_feature_store", every=timedelta(minutes=1))
def watch_feature_store(*, now: datetime) -> None:
    """A memory that was lost while nobody paid is made again too."""
    memory.rebuild_if_lost(now=now)


@work.periodic("fraud.make_up_for_bypass", every=timedelta(minutes=1))
def make_up_for_bypass(*, now: datetime) -> None:
    rescoring.make_up(now=now)


@work.periodic("fraud.watch_rules", every=timedelta(minutes=5))
def watch_rules(*, now: datetime) -> None:
    rule_watch.watch(now=now)


@work.performs(model_training.WORK, external=True)
def train_model(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    model_training.perform(training_id=key, now=now)


@work.performs(model_watch.WORK, external=True)
def compare_models(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    model_watch.compare(livemode=key == "live", actor=SYSTEM, now=now)


@work.performs(model_explanations.WORK, external=True)
def explain_exactly(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    model_explanations.perform(assessment_id=key, now=now)


@work.periodic("fraud.watch_models", every=timedelta(days=1))
def watch_models(*, now: datetime) -> None:
    """Drift of the day that is over, and champion beside challenger."""
    model_watch.watch(now=now)
