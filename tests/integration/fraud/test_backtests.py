"""Backtests over stored decisions: what is read, how far it is, and that nothing is counted twice."""

import io
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

from core.actors import SYSTEM
from core.audit import selectors as audit
from core.database.refusals import refusal_name
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import BacktestState, LabelSource
from fraud.model import live
from fraud.models import Assessment, Backtest, Label, RuleSet
from fraud.rules.definitions import Rule
from fraud.selectors.rule_sets import RuleSetNotFound
from fraud.services import assessments, backtests, models, rule_sets
from tests.factories import decisions
from tests.integration.fraud.conftest import NOON

pytestmark = pytest.mark.django_db

SMALL = Rule(code="small_rule", expression="amount_minor < 5000", points=400, floor=None, description="Small")
LARGE = Rule(code="large_rule", expression="amount_minor >= high_value_minor", points=400, floor=None, description="L")
DAY = timedelta(days=1)


@pytest.fixture
def draft(now):
    return rule_sets.draft(rules=[SMALL, LARGE], note="", actor=SYSTEM, now=now)


@pytest.fixture
def decided(request_of):
    """`decided(1_000, ago=DAY, fraud=True)`: a stored decision, and what its payment turned out to be."""

    def make(amount_minor, *, ago, fraud=None, **changes):
        at = NOON - ago
        number = Assessment.objects.count() + 1
        request = request_of(amount_minor=amount_minor, payment_id=f"pay_{number:013}_aaaaaaaaa", **changes)
        assessments.evaluate(request, now=at)
        if fraud is not None:
            labelled(request.payment_id, fraud=fraud, event_at=at)
        return request.payment_id

    return make


def labelled(payment_id, *, fraud, event_at, strength=100, source=LabelSource.REPORT, known_at=None):
    Label.objects.create(
        label_id=f"lbl_{Label.objects.count()}",
        livemode=False,
        payment_id=payment_id,
        payer_id="cus_1",
        amount_minor=1,
        currency="USD",
        is_fraud=fraud,
        strength=strength,
        source=source,
        reference=str(Label.objects.count()),
        event_at=event_at,
        known_at=known_at or event_at,
        recorded_by="SYSTEM:holdfast",
    )


def copy(**changes):
    """The first decision once more, with what is said differently."""
    first = Assessment.objects.earliest("id")
    fields = {field.attname: getattr(first, field.attname) for field in Assessment._meta.concrete_fields}
    fields |= {"id": None, "assessment_id": f"fra_{Assessment.objects.count()}"}
    return Assessment.objects.create(**fields | changes)


def start(draft, *, days=30, **changes) -> Backtest:
    wanted = {"version": draft.version, "livemode": False, "from_at": NOON - days * DAY, "to_at": NOON, "now": NOON}
    return backtests.start(**{**wanted, "actor": SYSTEM, **changes})


def finished(backtest) -> Backtest:
    work.drain(now=NOON)
    backtest.refresh_from_db()
    return backtest


class TestWhatIsJudged:
    def test_a_draft_over_a_month_of_decisions(self, draft, decided):
        decided(1_000, ago=20 * DAY, fraud=True)
        decided(2_000, ago=19 * DAY, fraud=False)
        decided(50_000, ago=18 * DAY, fraud=True)
        decided(150_000, ago=2 * DAY, fraud=True)
        decided(3_000, ago=17 * DAY)
        backtest = finished(start(draft))
        assert (backtest.state, backtest.done, backtest.total) == (BacktestState.DONE, 5, 5)
        small, large = (backtest.result["rules"][code] for code in ("small_rule", "large_rule"))
        assert small["labels"] == {"fraud": 1, "genuine": 1, "immature": 0, "unlabelled": 1}
        # One of the two frauds whose label is final; the third is two days old.
        assert (small["precision"], small["recall"], small["amount"]) == (0.5, 0.5, {"USD": 6_000})
        assert large["labels"]["immature"] == large["hits"] == 1
        assert small["new"]["hits"] == 3
        # The shipped rules review 1,500.00 as well.
        assert large["new"]["hits"] == 0
        assert small["band"]["low"] <= 600 <= small["band"]["high"]

    def test_only_the_window_and_the_mode_asked_for(self, draft, decided):
        decided(1_000, ago=10 * DAY)
        decided(1_000, ago=31 * DAY)
        decided(1_000, ago=-DAY)
        decided(1_000, ago=5 * DAY, livemode=True)
        assert finished(start(draft)).done == 1
        assert finished(start(draft, livemode=True)).done == 1

    def test_the_strongest_label_known_by_then_counts(self, draft, decided):
        payment_id = decided(1_000, ago=20 * DAY, fraud=True)
        at = NOON - 20 * DAY
        labelled(payment_id, fraud=False, event_at=at, strength=10, source=LabelSource.SILENCE, known_at=NOON - DAY)
        other = decided(1_000, ago=20 * DAY)
        labelled(other, fraud=True, event_at=at, known_at=NOON + DAY)
        labels = finished(start(draft)).result["labels"]
        assert labels == {"fraud": 1, "genuine": 0, "immature": 0, "unlabelled": 1}

    def test_thresholds_and_bands_are_todays_for_both_versions(self, draft, decided):
        decided(60_000, ago=10 * DAY)
        parameters.change(
            name="fraud.rules.high_value_minor", value=60_000, effective_from=NOON, reason="r", actor=SYSTEM, now=NOON
        )
        result = finished(start(draft)).result
        assert result["rules"]["large_rule"]["hits"] == 1
        assert result["sides"]["then"]["flagged"] == 0
        assert result["sides"]["before"]["flagged"] == 1

    def test_a_variable_that_a_decision_did_not_have_is_unknown(self, now, decided):
        decided(1_000, ago=DAY)
        copy(features={"amount_minor": 1_000})
        rules = [Rule("night_rule", "not night", 10, None, "By day")]
        rule = finished(start(rule_sets.draft(rules=rules, note="", actor=SYSTEM, now=now))).result["rules"][
            "night_rule"
        ]
        assert (rule["hits"], rule["unknown"]) == (1, 1)

    def test_the_active_version_over_its_own_decisions_changes_nothing(self, now, decided):
        for number in range(8):
            decided(30_000 * (number + 1), ago=number * DAY, billing_country="KP" if number == 3 else None)
        active = RuleSet.objects.get(version=1)
        result = finished(start(active)).result
        assert result["moves"] == []
        assert result["sides"]["then"]["outcomes"] == result["sides"]["after"]["outcomes"]
        assert set(result["sides"]["after"]["outcomes"]) == {"APPROVE", "REVIEW", "INVESTIGATE"}


class TestHowItRuns:
    @pytest.fixture
    def slices(self, decided):
        parameters.change(
            name="fraud.backtest_slice", value=100, effective_from=NOON, reason="test", actor=SYSTEM, now=NOON
        )
        for number in range(3):
            decided(1_000 + number, ago=timedelta(minutes=1 + number // 2))
        for number in range(247):
            copy(created_at=NOON - timedelta(minutes=3, seconds=number // 2))

    def test_slice_by_slice_every_decision_counts_once(self, draft, slices):
        backtest = start(draft, by_worker=False)
        seen = []
        while not backtest.is_over:
            backtest = backtests.advance(backtest_id=backtest.backtest_id, now=NOON)
            seen.append(backtest.done)
        assert seen == [100, 200, 250]
        assert backtest.result["decisions"] == backtest.total == 250

    def test_a_slice_that_dies_is_done_again(self, draft, slices, monkeypatch):
        backtest = start(draft)
        enqueue = work.enqueue

        def die(**_):
            raise RuntimeError

        monkeypatch.setattr(work, "enqueue", die)
        work.run_pending(now=NOON)
        backtest.refresh_from_db()
        assert (backtest.done, backtest.counts) == (0, {})
        monkeypatch.setattr(work, "enqueue", enqueue)
        work.drain(now=NOON + timedelta(minutes=5))
        backtest.refresh_from_db()
        assert backtest.result["decisions"] == 250

    def test_a_cancelled_one_stays_as_far_as_it_was(self, draft, slices):
        backtest = start(draft, by_worker=False)
        backtests.advance(backtest_id=backtest.backtest_id, now=NOON)
        backtests.cancel(backtest_id=backtest.backtest_id, actor=SYSTEM, now=NOON)
        backtest = backtests.advance(backtest_id=backtest.backtest_id, now=NOON)
        assert (backtest.state, backtest.done, backtest.result) == (BacktestState.CANCELLED, 100, None)
        with pytest.raises(backtests.BacktestIsOver):
            backtests.cancel(backtest_id=backtest.backtest_id, actor=SYSTEM, now=NOON)
        work.drain(now=NOON)

    def test_the_same_one_is_not_run_twice(self, draft, slices):
        assert start(draft).pk == start(draft).pk
        assert finished(start(draft)).done == 250

    def test_who_asked_and_that_it_ended_is_on_record(self, draft):
        backtest = finished(start(draft))
        actions = [entry.action for entry in audit.list_for_subject(backtest.backtest_id)]
        assert sorted(actions) == ["fraud.backtest.finished", "fraud.backtest.started"]

    def test_a_slice_costs_a_fixed_number_of_statements(self, draft, slices, django_assert_max_num_queries):
        backtest = start(draft, by_worker=False)
        backtests.advance(backtest_id=backtest.backtest_id, now=NOON)
        with django_assert_max_num_queries(9):
            backtests.advance(backtest_id=backtest.backtest_id, now=NOON)

    @pytest.mark.parametrize("change", [{"result": {}}, {"state": "QUEUED"}, {"asked_by": "STAFF:eve"}, {"done": 7}])
    def test_what_is_over_is_fixed_by_the_database(self, draft, change):
        backtest = finished(start(draft))
        with pytest.raises(Error) as refused, transaction.atomic():
            Backtest.objects.filter(pk=backtest.pk).update(**change)
        assert refusal_name(refused.value) == "finished_backtest_is_final"

    @pytest.mark.parametrize(
        "change", [{"terms": {}}, {"active_version": 9}, {"as_of": datetime.max.replace(tzinfo=NOON.tzinfo)}]
    )
    def test_what_is_asked_is_fixed_from_the_start(self, draft, change):
        backtest = start(draft, by_worker=False)
        with pytest.raises(Error) as refused, transaction.atomic():
            Backtest.objects.filter(pk=backtest.pk).update(**change)
        assert refusal_name(refused.value) == "finished_backtest_is_final"


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    """All of them have counted the same slice before any may keep it: the row is locked until then."""

    def work_on(self, backtest):
        try:
            return backtests.advance(backtest_id=backtest.backtest_id, now=NOON).done
        finally:
            connection.close()

    def meet(self, backtest, *, workers=2, meanwhile=lambda: None):
        with ThreadPoolExecutor(workers) as pool:
            with transaction.atomic():
                Backtest.objects.select_for_update().get(pk=backtest.pk)
                answers = [pool.submit(self.work_on, backtest) for _ in range(workers)]
                waited = self.until_they_wait(workers)
                meanwhile()
            done = [answer.result(timeout=30) for answer in answers]
        assert waited, "the workers did not meet"
        backtest.refresh_from_db()
        return done

    def until_they_wait(self, workers):
        for _ in range(200):
            with connection.cursor() as cursor:
                # The first waits for our transaction, the second for its turn at the row.
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0] == workers:
                    return True
            time.sleep(0.01)
        return False

    @pytest.fixture
    def slices(self, decided):
        """250 decisions, a hundred a slice."""
        parameters.change(
            name="fraud.backtest_slice", value=100, effective_from=NOON, reason="test", actor=SYSTEM, now=NOON
        )
        decided(1_000, ago=DAY)
        for number in range(249):
            copy(created_at=NOON - DAY - timedelta(seconds=number))

    def test_a_slow_one_does_not_set_it_back(self, draft, slices):
        backtest = start(draft, by_worker=False)

        def two_slices():
            for _ in range(2):
                backtests.advance(backtest_id=backtest.backtest_id, now=NOON)

        # While the slow worker's first slice waits to be kept, another worker keeps it and the second.
        assert self.meet(backtest, workers=1, meanwhile=two_slices) == [200]
        assert backtests.advance(backtest_id=backtest.backtest_id, now=NOON).result["decisions"] == 250

    def test_a_slice_counts_once(self, draft, slices):
        backtest = start(draft, by_worker=False)
        assert self.meet(backtest) == [100, 100]
        assert sum(number for key, number in backtest.counts.items() if key.startswith("decisions/")) == 100
        for _ in range(2):
            backtest = backtests.advance(backtest_id=backtest.backtest_id, now=NOON)
        assert (backtest.result["decisions"], backtest.result["rules"]["small_rule"]["hits"]) == (250, 250)

    def test_the_last_slice_ends_it_once(self, draft, decided):
        decided(1_000, ago=DAY)
        backtest = start(draft, by_worker=False)
        assert self.meet(backtest) == [1, 1]
        assert (backtest.state, backtest.result["decisions"]) == (BacktestState.DONE, 1)
        actions = [entry.action for entry in audit.list_for_subject(backtest.backtest_id)]
        assert actions.count("fraud.backtest.finished") == 1


class TestRefusals:
    @pytest.mark.parametrize(
        ("from_at", "reason"),
        [(NOON, "before the end, and in the past"), (NOON - 401 * DAY, "at most 400 days before the end")],
    )
    def test_a_window_that_is_none(self, draft, from_at, reason):
        with pytest.raises(backtests.UnableToBacktest) as refused:
            start(draft, from_at=from_at)
        assert [(error.pointer, error.reason) for error in refused.value.errors] == [("/from", reason)]

    def test_a_version_that_is_not_there(self, draft):
        with pytest.raises(RuleSetNotFound):
            start(draft, version=99)


class TestCommands:
    def test_backtest_keeps_what_it_prints(self, draft, decided):
        decided(1_000, ago=20 * DAY, fraud=True)
        out = io.StringIO()
        window = ["--from", "2026-10-01", "--to", "2026-11-18T12:00:00+00:00"]
        call_command("backtest", str(draft.version), *window, "--json", stdout=out, stderr=io.StringIO())
        told = json.loads(out.getvalue())
        assert told["rules"]["small_rule"]["hits"] == 1
        assert Backtest.objects.get(backtest_id=told["backtest"]).result["decisions"] == 1
        out = io.StringIO()
        call_command("backtest", str(draft.version), *window, stdout=out, stderr=io.StringIO())
        assert "small_rule                              1 hits, 10.00 USD; precision 100.00%" in out.getvalue()
        with pytest.raises(CommandError, match="there is no version 77"):
            call_command("backtest", "77", *window, stderr=io.StringIO())

    def test_replay_range_shows_what_a_file_of_rules_would_change(self, now, decided, tmp_path):
        decided(1_000, ago=20 * DAY, fraud=True)
        decided(2_500, ago=DAY, fraud=True)
        file = tmp_path / "rules.json"
        file.write_text(json.dumps({"rules": [SMALL.as_json()]}))
        window = ["--from", "2026-10-01", "--to", "2026-11-19"]
        out = io.StringIO()
        call_command("replay_range", *window, "--rules", str(file), stdout=out, stderr=io.StringIO())
        assert (
            "APPROVE -> REVIEW        2 decisions, 35.00 USD (1 fraud 10.00 USD, 1 immature 25.00 USD)"
            in out.getvalue()
        )
        assert not Backtest.objects.exists()
        file.write_text("{}")
        with pytest.raises(CommandError, match="holds no rules"):
            call_command("replay_range", *window, "--rules", str(file))


class TestAnotherModelOnHistory:
    """`replay_range --challenger`: what a registered model would have made of payments it never saw."""

    WINDOW = ("--from", "2026-10-01", "--to", "2026-11-19")
    # Five times the usual amount, to a seller with a third of fraud; and nothing out of the ordinary.
    BAD = {"amount_minor": 25_000, "hour_utc": 12, "amount_to_usual": 5.0, "seller_fraud_share_7d": 0.33}
    GOOD = {"amount_minor": 5_000, "hour_utc": 12, "amount_to_usual": 1.0, "seller_fraud_share_7d": 0.05}

    @pytest.fixture
    def model(self, now):
        live.forget()
        days = [NOON - number * DAY for number in (49, 21, 14, 7)]
        made = decisions.built()
        return models.register(built=made, livemode=False, origin="own", window=tuple(days), actor=SYSTEM, now=NOON)

    def replay(self, model, *more):
        out, told = io.StringIO(), io.StringIO()
        call_command("replay_range", *self.WINDOW, "--challenger", model, *more, stdout=out, stderr=told)
        return out.getvalue(), told.getvalue()

    @pytest.fixture
    def stored(self, decided, model):
        """Two old payments of fraud and one genuine, one too young to tell, and three the model cannot judge."""
        payment_id = decided(1_000, ago=DAY)
        first = {"feature_source": "REDIS", "features": self.BAD, "amount_minor": 25_000, "payment_id": payment_id}
        for number, (features, is_fraud) in enumerate([(self.BAD, True), (self.BAD, True), (self.GOOD, False)]):
            row = copy(**first | {"features": features, "created_at": NOON - 20 * DAY, "payment_id": f"pay_{number}"})
            labelled(row.payment_id, fraud=is_fraud, event_at=row.created_at)
        copy(**first | {"payment_id": "pay_young", "created_at": NOON - DAY})
        copy(feature_source="DATABASE")
        copy(**first | {"score": None, "outcome": "NO_ADVICE", "failure": "Timeout"})

    def test_scores_are_made_from_stored_values_and_weighed_in_money(self, model, stored):
        assert live.score(model.name, self.BAD, reasons=0).score > 300 >= live.score(model.name, self.GOOD).score
        text, drawn = self.replay(model.name, "--json")
        told = json.loads(text)
        assert (told["decisions"], told["degraded"], told["unjudged"]) == (4, 2, 1)
        (move,) = told["moves"]
        assert (move["before"], move["labels"]) == (
            "APPROVE",
            {"fraud": 2, "genuine": 0, "immature": 1, "unlabelled": 0},
        )
        assert move["amount_by_label"]["fraud"] == {"USD": 50_000}
        assert move["amount_by_label"]["immature"] == {"USD": 25_000}
        assert drawn.strip().endswith("[##############################] 7 of 7 decisions")
        assert "; 1 without a score, 2 degraded" in self.replay(model.name)[0]

    def test_the_version_in_force_starts_from_what_it_started_from(self, model, stored):
        told = json.loads(self.replay(model.name, "--json")[0])
        assert told["sides"]["before"]["outcomes"] == told["sides"]["then"]["outcomes"]
        assert set(told["sides"]["before"]["outcomes"]) == {"APPROVE"}

    def test_a_score_that_is_stored_is_taken_as_it_is(self, decided, model):
        decided(1_000, ago=2 * DAY)
        # As challenger beside, and as champion that judged: 800 and 950 both, whatever the values say.
        copy(challenger_version=model.name, challenger_score=800)
        copy(model_version=model.name, model_score=950)
        told = json.loads(self.replay(model.name, "--json")[0])
        assert (told["decisions"], told["degraded"]) == (2, 1)
        moves = {(move["before"], move["after"]) for move in told["moves"]}
        assert moves == {("APPROVE", "BLOCK"), ("APPROVE", "INVESTIGATE")}

    def test_with_other_rules_on_top(self, model, stored, tmp_path):
        file = tmp_path / "rules.json"
        file.write_text(json.dumps([Rule("any_rule", "amount_minor > 1", 0, "INVESTIGATE", "Any").as_json()]))
        told = json.loads(self.replay(model.name, "--json", "--rules", str(file))[0])
        assert [(move["after"], move["decisions"]) for move in told["moves"]] == [("INVESTIGATE", 4)]

    def test_a_model_that_is_not_registered_is_refused_before_anything_is_read(self, now):
        with pytest.raises(CommandError, match="no model is named nobody"):
            self.replay("nobody")
