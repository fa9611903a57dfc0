"""A day of fraud through the real API on a moved clock: played once, told later, and known to the simulator alone."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core import clock
from core.clock import FixedClock
from core.vault.kms import local
from fraud.models import Assessment, FraudReport, Observation, ReviewCase
from ops.marketplace import fraud_run, simulation
from ops.marketplace.fraud_day import FraudPlan, Kind, attempts
from ops.marketplace.fraud_run import FraudRun
from payments.models import Payment
from tests.factories.marketplace import Marketplace

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 18)
END = datetime(2026, 11, 19, 0, 0, tzinfo=UTC)
PLAN = FraudPlan(DAY, END, payments=12, seed=11, history_days=1)


@pytest.fixture
def moved() -> Iterator[FixedClock]:
    fixed = FixedClock(PLAN.starts_at)
    with clock.use(fixed):
        yield fixed


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, settings: Any) -> None:
    # Data keys of earlier tests stay those of the same master key, however long ago they were opened.
    settings.HOLDFAST_MASTER_KEY_FILE = str(local.configured_path())
    settings.HOLDFAST_STATE_DIR = tmp_path


def play(moved: FixedClock, *, until: datetime = END) -> tuple[FraudRun, Marketplace]:
    marketplace = Marketplace()
    run = FraudRun(PLAN, marketplace, lambda moment: setattr(moved, "at", moment))
    run.go_on_until(until)
    run.keep()
    return run, marketplace


def test_every_attempt_reaches_the_api_at_its_own_moment(moved: FixedClock) -> None:
    _, marketplace = play(moved)
    paid = [at for at, path in marketplace.asked if path == "/v1/payments"]
    assert paid == [attempt.at for attempt in attempts(PLAN)]
    assert Observation.objects.count() == len(paid)


def test_all_four_kinds_wait_in_the_queue_and_ordinary_payments_do_not(moved: FixedClock) -> None:
    play(moved)
    for kind in set(Kind) - {Kind.ORDINARY}:
        accounts = {attempt.buyer.party_id for attempt in attempts(PLAN) if attempt.kind == kind}
        assert ReviewCase.objects.filter(payer_id__in=accounts).exists(), kind
    blocked = Assessment.objects.filter(outcome__in=("BLOCK", "INVESTIGATE"), customer_id__startswith="cus_tester_")
    assert blocked.exists()
    ordinary = {attempt.buyer.party_id for attempt in attempts(PLAN) if attempt.kind == Kind.ORDINARY}
    taken = {attempt.buyer.party_id for attempt in attempts(PLAN) if attempt.kind == Kind.TAKEOVER}
    assert not ReviewCase.objects.filter(payer_id__in=ordinary - taken).exists()


def test_what_it_really_was_stands_in_the_simulators_file_only(moved: FixedClock) -> None:
    run, _ = play(moved)
    rows = json.loads(run.keep().read_text())
    frauds = [attempt for attempt in attempts(PLAN) if attempt.is_fraud]
    assert {row["kind"] for row in rows} <= {attempt.kind.value for attempt in frauds}
    went_through = {payment.transaction_id for payment in Payment.objects.filter(status__in=("COMPLETED", "PENDING"))}
    assert {row["transaction_id"] for row in rows} <= went_through
    assert 0 < len(rows) < len(frauds)


def test_victims_tell_days_later_and_each_once(moved: FixedClock) -> None:
    """Between 20 and 120 hours after the payment, on the moved clock."""
    run, marketplace = play(moved)
    told_at_once = FraudReport.objects.count()
    moved.at = END + timedelta(days=6)
    later = fraud_run.tell(marketplace, now=moved.at)
    assert told_at_once + later == FraudReport.objects.count() == len(run.known)
    assert later > 0
    assert fraud_run.tell(marketplace, now=moved.at) == 0


def test_reports_come_between_the_attempts_at_their_own_moment(moved: FixedClock) -> None:
    run, _ = play(moved, until=END + timedelta(days=6))
    reports = {report.transaction_id: report.reported_at for report in FraudReport.objects.all()}
    assert reports == {truth.transaction_id: datetime.fromisoformat(truth.tells_at) for truth in run.known}
    for payment in Payment.objects.filter(transaction_id__in=reports):
        assert timedelta(hours=20) <= reports[payment.transaction_id] - payment.created_at <= timedelta(hours=120)


def test_the_same_plan_again_pays_and_reports_nothing_twice(moved: FixedClock) -> None:
    play(moved, until=END + timedelta(days=6))
    before = (Payment.objects.count(), FraudReport.objects.count())
    moved.at = PLAN.starts_at
    play(moved, until=END + timedelta(days=6))
    assert (Payment.objects.count(), FraudReport.objects.count()) == before


def test_an_answer_nobody_would_shrug_off_stops_the_play(moved: FixedClock) -> None:
    marketplace = Marketplace("payments:read")
    run = FraudRun(PLAN, marketplace, lambda moment: setattr(moved, "at", moment))
    with pytest.raises(simulation.UnexpectedAnswer, match="INSUFFICIENT_SCOPE"):
        run.go_on_until(END)
