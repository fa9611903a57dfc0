"""What a decision is made of when the feature store answers, when it does not, and when nothing does."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import redis
from django.db import connection, transaction

from core.actors import SYSTEM
from core.breaker import CircuitBreaker
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.work import services as work
from fraud import detectors
from fraud.decisions import Assessment as Answer
from fraud.decisions import AssessmentRequest
from fraud.detectors import DetectorAnswer, DetectorUnavailable
from fraud.enums import AttemptOutcome, FeatureSource, Outcome
from fraud.features import breaker, rebuild, store
from fraud.model import live
from fraud.models import Assessment
from fraud.services import assessments, memory, models, observations, replaying, reports
from fraud.services.observations import Observation
from tests.factories import decisions
from tests.integration.fraud.conftest import DOCUMENTED

pytestmark = pytest.mark.django_db
REGISTERED = timedelta(days=300)


def judged(request: AssessmentRequest, *, now: datetime) -> Assessment:
    """As a payment is: looked at before its transaction, judged in it."""
    answer = assessments.evaluate(request, seen=memory.look(request, now=now), now=now)
    return row_of(answer)


def row_of(answer: Answer) -> Assessment:
    return Assessment.objects.get(pk=answer.row_id)


@pytest.fixture
def established(request_of: Callable[..., AssessmentRequest], now: datetime) -> Callable[..., AssessmentRequest]:
    """The documented payment between parties that have been here for 300 days."""

    def make(**changes: object) -> AssessmentRequest:
        return request_of(payer_since=now - REGISTERED, payee_since=now - REGISTERED, **changes)

    return make


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Nobody listens where the store was."""

    def cut() -> None:
        nobody = redis.Redis(host="127.0.0.1", port=1, socket_timeout=0.05, retry=None)
        monkeypatch.setattr(store, "client", lambda *, now: nobody)

    return cut


@pytest.fixture
def back(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    there = store.client(now=datetime.min)
    return lambda: monkeypatch.setattr(store, "client", lambda *, now: there)


def attempt(at: datetime, *, payment_id: str = "pay_ended") -> Observation:
    """A payment of the documented customer that was paid."""
    return Observation(
        payment_id=payment_id,
        transaction_id=f"txn_{payment_id}",
        livemode=False,
        payer_id=DOCUMENTED.payer_id,
        payee_id=DOCUMENTED.payee_id,
        amount_minor=50_000,
        currency="USD",
        outcome=AttemptOutcome.APPROVED,
        at=at,
    )


def lose_memory(now: datetime) -> None:
    store.client(now=now).delete(store.key(store.EPOCH))


class TestFromTheStore:
    def test_the_documented_payment_of_a_new_customer_scores_125(self, now, request_of):
        row = judged(request_of(payment_id="pay_1"), now=now)
        assert (row.score, row.outcome, row.feature_source, row.degraded) == (125, Outcome.APPROVE, "REDIS", "")

    @pytest.mark.parametrize(("before", "expected"), [(9, []), (10, ["high_velocity_rule"])])
    def test_the_eleventh_within_an_hour_is_too_fast_though_none_has_ended(self, now, established, before, expected):
        for number in range(before):
            memory.look(established(payment_id=f"pay_{number}"), now=now - timedelta(minutes=59))
        row = judged(established(payment_id="pay_last"), now=now)
        assert [hit["code"] for hit in row.hits] == expected

    def test_variables_of_the_store_and_of_the_database_agree(self, now, established, paid):
        paid(ago=timedelta(days=3), amount_minor=2_000, times=4, card_fingerprint="card-a", device_id="phone")
        paid(ago=timedelta(hours=2), amount_minor=9_000, outcome=AttemptOutcome.DECLINED, ip_address="198.51.100.7")
        request = established(
            payment_id="p", card_fingerprint="card-a", device_id="phone", ip_address="198.51.100.7", card_bin="424242"
        )
        by_store = judged(request, now=now).features
        by_database = row_of(assessments.evaluate(request, now=now)).features
        known = {name: value for name, value in by_database.items() if value is not None}
        assert {name: by_store[name] for name in known} == known

    def test_one_read_and_one_write(self, now, established, django_assert_num_queries):
        judged(established(payment_id="p1"), now=now)
        request = established(payment_id="p2")
        seen = memory.look(request, now=now)
        with django_assert_num_queries(2):
            assessments.evaluate(request, seen=seen, now=now)


class TestDegraded:
    def test_between_known_parties_a_small_payment_is_approved_and_marked(self, now, established, away):
        away()
        row = judged(established(), now=now)
        assert (row.score, row.feature_source, row.degraded) == (125, "DATABASE", "UNREACHABLE")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"amount_minor": 100_000}, "degraded_amount"),
            ({"payer_since": None}, "degraded_new_customer"),
            ({"payee_since": None}, "degraded_new_seller"),
        ],
    )
    def test_what_is_large_or_new_is_reviewed(self, now, established, away, changes, code):
        away()
        row = judged(established(**changes) if "amount_minor" in changes else replaced(established(), changes), now=now)
        assert row.outcome == Outcome.REVIEW
        assert code in [hit["code"] for hit in row.hits]
        assert f"rule_{code}" in row.reason_codes
        assert replaying.replay(row).is_equal

    def test_999_99_between_known_parties_is_below_the_floor(self, now, established, away):
        away()
        assert judged(established(amount_minor=99_999), now=now).outcome == Outcome.APPROVE

    def test_the_counts_of_the_database_speak(self, now, established, paid, away):
        paid(ago=timedelta(minutes=30), times=10)
        away()
        row = judged(established(), now=now)
        assert "high_velocity_rule" in [hit["code"] for hit in row.hits]

    def test_a_store_that_rests_is_not_asked(self, now, established, away, monkeypatch):
        monkeypatch.setattr(breaker, "STORE", CircuitBreaker())
        away()
        calls = parameters.read("fraud.breaker_calls", at=now)
        assert {judged(established(), now=now).degraded for _ in range(calls)} == {"UNREACHABLE"}
        assert judged(established(), now=now).degraded == "RESTING"


def replaced(request: AssessmentRequest, changes: dict[str, object]) -> AssessmentRequest:
    return replace(request, **changes)  # type: ignore[arg-type]


class TestWithoutAnyHistory:
    @pytest.fixture(autouse=True)
    def _no_history(self, away):
        away()
        with connection.cursor() as cursor:
            cursor.execute("ALTER FUNCTION fraud_history RENAME TO fraud_history_away")

    def test_nobody_is_approved(self, now, established):
        row = judged(established(), now=now)
        assert (row.outcome, row.score, row.failure) == (Outcome.NO_ADVICE, None, "ProgrammingError")

    def test_a_forbidden_country_is_still_blocked(self, now, established):
        row = judged(established(billing_country="KP"), now=now)
        assert row.outcome in (Outcome.BLOCK, Outcome.INVESTIGATE)
        assert (row.feature_source, row.degraded) == (FeatureSource.NONE, "NO_HISTORY,UNREACHABLE")
        assert replaying.replay(row).is_equal


class TestMemory:
    def test_a_lost_memory_is_rebuilt_by_itself(self, now, established, paid):
        paid(ago=timedelta(minutes=10), times=3)
        lose_memory(now)
        assert judged(established(payment_id="during"), now=now).degraded == "COLD"
        work.drain(now=now)
        row = judged(established(payment_id="after"), now=now + timedelta(minutes=1))
        assert (row.feature_source, row.degraded) == ("REDIS", "")
        assert row.features["customer_payments_1h"] == 3

    def test_outcomes_wait_while_the_store_is_away(self, now, established, paid, away, back):
        away()
        paid(ago=timedelta(minutes=10), payment_id="pay_late")
        assert memory.sweep(now=now) == 0
        back()
        assert judged(established(payment_id="p1"), now=now).features["customer_payments_1h"] == 0
        assert memory.sweep(now=now) == 1
        assert judged(established(payment_id="p2"), now=now).features["customer_payments_1h"] == 2

    @pytest.mark.django_db(transaction=True)
    def test_how_a_payment_ended_is_told_by_its_own_process_after_commit(self, now, established, monkeypatch):
        monkeypatch.setattr(memory, "sweep", lambda **_: 0)
        with transaction.atomic():
            observations.record(attempt(now - timedelta(minutes=10)))
            assert store.look(established(), now=now).raw["customer_paid_30d"] == 0
        assert store.look(established(), now=now).raw["customer_paid_30d"] == 1

    def test_a_sweep_never_tells_what_the_store_may_have_forgotten_that_it_knows(self, now, established):
        """48 hours it knows a payment again; told anew after that, it would count twice."""
        observations.record(attempt(now - timedelta(hours=25), payment_id="pay_old"))
        observations.record(attempt(now - timedelta(hours=23), payment_id="pay_young"))
        assert memory.sweep(now=now) == 1
        assert store.look(established(), now=now).raw["customer_paid_30d"] == 1

    @pytest.mark.django_db(transaction=True)
    def test_what_is_rolled_back_is_never_told(self, now, established):
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            observations.record(attempt(now - timedelta(minutes=10)))
            raise ZeroDivisionError
        assert store.look(established(), now=now).raw["customer_paid_30d"] == 0

    @pytest.mark.django_db(transaction=True)
    def test_a_sweep_tells_what_a_killed_process_could_not_and_counts_nothing_twice(
        self, now, established, monkeypatch
    ):
        observations.record(attempt(now - timedelta(minutes=20), payment_id="pay_told"))
        with monkeypatch.context() as killed:
            killed.setattr(memory, "tell_ended", lambda *_, **__: None)
            observations.record(attempt(now - timedelta(minutes=10), payment_id="pay_untold"))
        for _ in range(3):
            assert memory.sweep(now=now) == 2
        assert store.look(established(), now=now).raw["customer_paid_30d"] == 2

    def test_rebuilding_gives_what_was_there(self, now, established, paid):
        for days in (20, 9, 3, 1):
            paid(ago=timedelta(days=days), amount_minor=1_000 * days, card_fingerprint="c", device_id="d")
        probe = established(payment_id=None, card_fingerprint="c", device_id="d")
        before = store.look(probe, now=now)
        assert rebuild.rebuild(now=now) == 4
        assert store.look(probe, now=now) == before
        assert rebuild.rebuild(now=now) == 4
        assert store.look(probe, now=now) == before

    def test_payments_during_a_rebuild_are_counted_once(self, now, established, paid):
        """One looked at and not ended, one that ends meanwhile, one told again by the sweep: three, and the old one."""
        paid(ago=timedelta(minutes=30))

        def meanwhile(done: int, total: int) -> None:
            memory.look(established(payment_id="open"), now=now)
            memory.look(established(payment_id="ends"), now=now)
            paid(ago=timedelta(0), payment_id="ends")
            paid(ago=timedelta(0), payment_id="told")
            memory.sweep(now=now)

        rebuild.rebuild(now=now, progress=meanwhile)
        seen = store.look(established(), now=now + timedelta(seconds=1))
        assert seen.raw is not None
        assert (seen.raw["customer_payments_1h"], seen.raw["customer_paid_30d"]) == (4, 3)

    @pytest.mark.django_db(transaction=True)
    def test_a_worker_rebuilds_outside_any_transaction(self, now, established, paid):
        with transaction.atomic():
            paid(ago=timedelta(minutes=10), times=3)
        judged(established(transaction_id="txn_1"), now=now)
        lose_memory(now)
        memory.rebuild_if_lost(now=now)
        assert judged(established(), now=now).features["customer_payments_1h"] == 4

    def test_only_one_process_rebuilds(self, now):
        store.client(now=now).set(store.key(store.BUILDING), "7")
        with pytest.raises(rebuild.BuildingAlready):
            rebuild.rebuild(now=now)

    def test_a_judged_transaction_of_another_flow_is_an_attempt_that_survives_a_rebuild(self, now, established):
        for minute in (1, 2, 2):
            judged(established(transaction_id=f"txn_{minute}"), now=now)
        for _ in range(2):
            assert judged(established(), now=now).features["customer_payments_1h"] == 2
            rebuild.rebuild(now=now)

    def test_a_report_of_a_stranger_counts_against_the_customer(self, now, established):
        reports.report(
            transaction_id="txn_elsewhere", customer_id=established().payer_id, fraud_type="payment_fraud", details="",
            livemode=False, actor=SYSTEM, now=now,
        )  # fmt: skip
        outbox.drain(now=now)
        work.drain(now=now)
        assert judged(established(payment_id="p"), now=now).features["customer_fraud_reports_90d"] == 1
        rebuild.rebuild(now=now)
        assert judged(established(payment_id="q"), now=now).features["customer_fraud_reports_90d"] == 1


class TestOurModel:
    @pytest.fixture
    def champion(self, now):
        live.forget()
        days = (now - timedelta(days=49), now - timedelta(days=21), now - timedelta(days=14), now - timedelta(days=7))
        model = models.register(
            built=decisions.built(), livemode=False, origin="own decisions", window=days, actor=SYSTEM, now=now
        )
        # How one becomes champion, by two people, is proved in test_models.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE fraud_modelversion DISABLE TRIGGER USER")
            cursor.execute("UPDATE fraud_modelversion SET state = 'CHAMPION', champion_at = %s", [now])
        return model

    def test_the_champion_is_what_the_rules_start_from_and_is_made_again(self, now, established, champion):
        row = judged(established(payment_id="p"), now=now)
        assert (row.model_version, row.base_score) == (champion.name, row.model_score)
        assert isinstance(row.model_raw, float)
        assert replaying.replay(row).is_equal

    def test_so_many_reasons_are_kept_as_the_parameter_said_when_it_judged(self, now, established, champion):
        large = {"amount_minor": 90_000, "payment_id": "p"}
        many = judged(established(**large), now=now)
        parameters.change(
            name="fraud.model_reasons", value=1, effective_from=now, reason="shorter", actor=SYSTEM, now=now
        )
        few = judged(established(**large | {"payment_id": "q"}), now=now + timedelta(seconds=1))
        assert len(many.contributions) > len(few.contributions) == 1
        assert replaying.replay(few).is_equal

    def test_without_the_store_it_is_blind_and_not_asked(self, now, established, champion, away):
        away()
        row = judged(established(), now=now)
        assert (row.model_version, row.base_score) == (None, 125)

    def test_one_that_fails_leaves_rules_and_the_floors(self, now, request_of, champion, monkeypatch):
        def broken(*_: object, **__: object) -> None:
            raise live.ModelNotFound("gone")

        monkeypatch.setattr(live, "score", broken)
        row = judged(request_of(payment_id="p"), now=now)
        assert (row.outcome, row.degraded, row.model_version) == (Outcome.REVIEW, "MODEL", None)


class Oracle:
    """Somebody else's detector that says what a test wants."""

    def __init__(self, said: DetectorAnswer | DetectorUnavailable) -> None:
        self.said = said

    def score(self, request: AssessmentRequest, *, now: datetime) -> DetectorAnswer:
        if isinstance(self.said, DetectorUnavailable):
            raise self.said
        return self.said


class TestSomebodyElsesDetector:
    @pytest.fixture
    def says(self, monkeypatch):
        def make(said):
            monkeypatch.setattr(detectors, "BREAKER", CircuitBreaker())
            monkeypatch.setattr(detectors, "configured", lambda: Oracle(said))

        return make

    def test_nobody_is_asked_as_shipped(self):
        assert detectors.configured() is None

    def test_its_score_is_what_the_rules_start_from(self, now, established, says):
        says(DetectorAnswer("amazon:tfi:2.0", 290))
        row = judged(established(amount_minor=100_000), now=now)
        assert (row.base_score, row.model_version, row.model_score) == (290, "amazon:tfi:2.0", 290)
        assert row.score > 300
        assert replaying.replay(row).is_equal

    def test_its_outcome_is_a_floor(self, now, established, says):
        says(DetectorAnswer("amazon:tfi:2.0", 10, "BLOCK"))
        row = judged(established(), now=now)
        assert (row.outcome, row.reason_codes[-1]) == (Outcome.BLOCK, "rule_detector_floor")
        assert replaying.replay(row).is_equal

    def test_its_silence_leaves_rules_and_the_floors(self, now, request_of, established, says):
        says(DetectorUnavailable("TIMEOUT"))
        row = judged(request_of(), now=now)
        assert (row.outcome, row.degraded, row.feature_source) == (Outcome.REVIEW, "DETECTOR_TIMEOUT", "REDIS")
        assert judged(established(), now=now).outcome == Outcome.APPROVE

    def test_it_is_left_alone_when_it_keeps_silent(self, now, established, says):
        says(DetectorUnavailable("TIMEOUT"))
        for _ in range(parameters.read("fraud.breaker_calls", at=now)):
            judged(established(), now=now)
        assert judged(established(), now=now).degraded == "DETECTOR_RESTING"


class TestDistances:
    """198.51.100.7 is in GB, whose middle is 6,863 km from that of the United States and 956 km from Germany's."""

    @pytest.fixture
    def abroad(self, established):
        request = established(ip_address="198.51.100.7", billing_country="US")
        return replace(request, shipping_country="DE")

    @pytest.mark.parametrize("source", [FeatureSource.REDIS, FeatureSource.DATABASE, FeatureSource.NONE])
    def test_every_source_keeps_them_with_the_decision(self, now, abroad, away, source):
        if source != FeatureSource.REDIS:
            away()
        if source == FeatureSource.NONE:
            abroad = replace(abroad, billing_country="KP")
            with connection.cursor() as cursor:
                cursor.execute("ALTER FUNCTION fraud_history RENAME TO fraud_history_away")
        row = judged(abroad, now=now)
        assert row.feature_source == source
        billing, apart = (8_500, 8_159) if source == FeatureSource.NONE else (6_863, 7_790)
        kept = [row.features[name] for name in ("ip_billing_km", "ip_shipping_km", "billing_shipping_km")]
        assert kept == [billing, 956, apart]

    def test_a_decision_from_before_they_were_known_is_made_again_as_it_was(self, now, abroad):
        row = judged(abroad, now=now)
        row.features = {name: value for name, value in row.features.items() if not name.endswith("_km")}
        assert replaying.replay(row).is_equal
