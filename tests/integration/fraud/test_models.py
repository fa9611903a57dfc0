"""The life of a model: learned from what was known, proved, tried in shadow, signed, rolled back."""

import io
import json
import math
import random
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pyarrow
import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from core.actors import SYSTEM, Actor
from core.approvals.models import ApprovalRequest
from core.audit import selectors as audit
from core.database.refusals import refusal_name
from core.parameters import services as parameters
from core.work.models import WorkItem
from fraud.approvals import promotions
from fraud.enums import TrainingState
from fraud.model import building, live, scorer
from fraud.model.building import TooLittleToLearnFrom
from fraud.model.parity import Parity
from fraud.models import Assessment, ModelComparison, ModelExplanation, ModelVersion
from fraud.selectors import judged_pairs, judged_values
from fraud.services import model_explanations, model_training, model_watch, models
from fraud.services.model_training import InvalidWindow
from fraud.services.model_watch import NobodyChallenges
from fraud.services.models import NotYetBetter, UnableToMoveModel
from tests import plans
from tests.factories import decisions, staff
from tests.factories.rules import signed
from tests.integration.fraud.conftest import NOON

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)
ANALYST = Actor("STAFF", "ana@holdfast.example", frozenset({"FRAUD_ANALYST"}))


@pytest.fixture(autouse=True)
def _live_models_of_its_own() -> None:
    live.forget()


@pytest.fixture
def history(now):
    """Four weeks to learn from, a week to wait for labels, and a week to be measured on."""
    decisions.stored(900, from_at=MIDNIGHT - 49 * DAY, to_at=MIDNIGHT - 21 * DAY)
    decisions.stored(600, from_at=MIDNIGHT - 14 * DAY, to_at=MIDNIGHT - 7 * DAY, seed=2)
    for name in ("training_frauds", "validation_frauds"):
        parameters.change(
            name=f"fraud.{name}", value=20, effective_from=NOON, reason="few payments", actor=SYSTEM, now=NOON
        )


@pytest.fixture
def model(now) -> ModelVersion:
    """A candidate, registered as if it had been learned from the weeks before."""
    days = (MIDNIGHT - 49 * DAY, MIDNIGHT - 21 * DAY, MIDNIGHT - 14 * DAY, MIDNIGHT - 7 * DAY)
    return models.register(
        built=decisions.built(), livemode=False, origin="own decisions", window=days, actor=SYSTEM, now=NOON
    )


def learn(**changes) -> ModelVersion:
    asked = {"from_at": MIDNIGHT - 49 * DAY, "to_at": MIDNIGHT, "delay_days": 7, "livemode": False}
    return model_training.train(**asked | changes, actor=SYSTEM, now=NOON)


def another(model: ModelVersion, **changes) -> ModelVersion:
    """A second candidate: the same model with the scores of another week."""
    same = {field.name: getattr(model, field.name) for field in ModelVersion._meta.concrete_fields}
    fresh = {"id": None, "name": "model_other", "state": "CANDIDATE", "to_at": model.to_at + DAY}
    plain = {"approval_id": None, "replaces": None, "champion_at": None}
    return ModelVersion.objects.create(**same | plain | fresh | changes)


def promoted(model: ModelVersion, *, roll_back: bool = False) -> ApprovalRequest:
    ask = promotions.ask_roll_back if roll_back else promotions.ask_promotion
    lead = staff.person("FRAUD_LEAD")
    return signed(ask(name=model.name, reason="It finds more", actor=ANALYST, now=NOON), now=NOON, by=lead)


def refused_by_the_database(statement: str, *values: object) -> str | None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
    return refusal_name(refused.value)


class TestTraining:
    def test_a_model_is_learned_proved_and_measured_on_days_it_has_not_seen(self, history):
        model = learn()
        assert (model.state, model.origin, model.livemode) == ("CANDIDATE", "own decisions", False)
        assert (model.trained_to, model.validated_from, model.to_at) == (
            MIDNIGHT - 21 * DAY + NOON_OFFSET, MIDNIGHT - 14 * DAY + NOON_OFFSET, MIDNIGHT - 7 * DAY + NOON_OFFSET,
        )  # fmt: skip
        assert (model.parity_rows, model.parity_columns, model.parity_difference) == (1_005, 35, 0.0)
        assert model.metrics["average_precision"] > 0.4
        assert model.metrics["brier"] < model.metrics["brier_base"]
        assert set(sorted(model.importance, key=model.importance.get)[-3:]) == {
            "amount_to_usual",
            "amount_minor",
            "seller_fraud_share_7d",
        }
        assert sum(model.importance.values()) == pytest.approx(1.0)
        assert set(model.references) == {"score", *model.variables}
        assert [entry.action for entry in audit.list_for_subject(model.name)] == ["fraud.model.registered"]

    def test_learning_again_from_the_same_days_gives_the_same_model(self, history):
        assert learn().pk == learn().pk

    def test_what_was_not_known_when_validation_began_was_not_learned(self, history):
        """The labels of the two newest weeks before the delay come true only later, and then nothing is left."""
        from fraud.models import Label

        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            Label.objects.filter(event_at__lt=MIDNIGHT - 21 * DAY).update(known_at=NOON - DAY)
            cursor.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(TooLittleToLearnFrom, match="0 known frauds among 0 labelled payments to learn from"):
            learn()

    def test_too_few_frauds_are_refused_with_their_number_and_the_parameter(self, now):
        decisions.stored(300, from_at=MIDNIGHT - 49 * DAY, to_at=MIDNIGHT - 7 * DAY)
        with pytest.raises(TooLittleToLearnFrom, match=r"100 are needed \(fraud.training_frauds\)"):
            learn()
        assert not ModelVersion.objects.exists()

    def test_days_without_room_for_the_delay_and_validation_are_refused(self, now):
        with pytest.raises(InvalidWindow):
            learn(from_at=MIDNIGHT - 20 * DAY)

    def test_a_worker_trains_what_was_ordered_and_says_what_came_of_it(self, history):
        ordered = model_training.order(
            livemode=False, from_at=MIDNIGHT - 49 * DAY, to_at=MIDNIGHT, delay_days=7, actor=ANALYST, now=NOON
        )
        model_training.perform(training_id=ordered.training_id, now=NOON)
        model_training.perform(training_id=ordered.training_id, now=NOON)
        ordered.refresh_from_db()
        assert ordered.state == TrainingState.DONE
        assert ordered.model.created_by == "STAFF:ana@holdfast.example"
        nothing = model_training.order(
            livemode=True, from_at=MIDNIGHT - 49 * DAY, to_at=MIDNIGHT, delay_days=7, actor=ANALYST, now=NOON
        )
        model_training.perform(training_id=nothing.training_id, now=NOON)
        nothing.refresh_from_db()
        assert (nothing.state, nothing.model) == (TrainingState.REFUSED, None)
        assert "0 known frauds" in nothing.refusal

    def test_the_command_trains_on_own_decisions_and_refuses_in_words(self, history):
        out = io.StringIO()
        days = {"from_day": (MIDNIGHT - 49 * DAY).date(), "to_day": MIDNIGHT.date()}
        call_command("train_model", json=True, stdout=out, **days)
        assert json.loads(out.getvalue())["model"] == ModelVersion.objects.get().name
        with pytest.raises(CommandError, match="There is too little to learn from: 0 known frauds"):
            call_command("train_model", livemode=True, stdout=out, **days)
        with pytest.raises(CommandError, match="There is no room for training"):
            call_command("train_model", from_day=MIDNIGHT.date(), to_day=MIDNIGHT.date(), stdout=out)

    def test_the_command_trains_on_a_recorded_stream_too(self, now, tmp_path):
        chance = random.Random(4)
        amounts = [round(chance.lognormvariate(8.5, 0.7)) for _ in range(3_200)]
        rows = {
            "transaction_id": list(range(3_200)),
            "ts": [datetime(2018, 7, 1, tzinfo=UTC) + timedelta(minutes=15 * place) for place in range(3_200)],
            "customer_id": [chance.randrange(60) for _ in amounts],
            "terminal_id": [chance.randrange(40) for _ in amounts],
            "amount_minor": amounts,
            "is_fraud": [int(amount > 18_000) for amount in amounts],
        }
        pyarrow.parquet.write_table(pyarrow.table(rows), tmp_path / "stream.parquet")
        for name in ("training_frauds", "validation_frauds"):
            parameters.change(
                name=f"fraud.{name}", value=10, effective_from=NOON, reason="short stream", actor=SYSTEM, now=NOON
            )
        out = io.StringIO()
        call_command("train_model", data=tmp_path, stdout=out)
        model = ModelVersion.objects.get()
        assert model.origin == "recorded stream stream.parquet"
        assert (model.from_at, model.to_at) == (datetime(2018, 7, 1, tzinfo=UTC), datetime(2018, 8, 4, tzinfo=UTC))
        assert model.validated_from - model.trained_to == 7 * DAY
        assert model.metrics["average_precision"] > 0.95
        assert model.name in out.getvalue()


class TestScoring:
    def test_a_fraudulent_payment_scores_high_and_says_why(self, model):
        usual = {"amount_minor": 5_000, "amount_to_usual": 1.0, "seller_fraud_share_7d": 0.02, "night": False}
        calm = live.score(model.name, usual, reasons=5)
        wild = live.score(model.name, usual | {"amount_minor": 30_000, "amount_to_usual": 6.0}, reasons=5)
        codes = {line["variable"]: line["reason_code"] for line in wild.contributions}
        assert calm.score < 300 < wild.score
        assert calm.probability < 0.1 < wild.probability
        assert codes["amount_to_usual"] == "MODEL_UNUSUAL_AMOUNT"
        assert codes["amount_minor"] == "MODEL_AMOUNT"
        assert {"value": 6.0}.items() <= next(
            line for line in wild.contributions if line["variable"] == "amount_to_usual"
        ).items()
        assert [line["contribution"] for line in wild.contributions] == sorted(
            (line["contribution"] for line in wild.contributions), reverse=True
        )
        assert live.score(model.name, usual).contributions == []

    def test_one_read_per_process_and_model(self, model, django_assert_num_queries):
        live.score(model.name, {})
        with django_assert_num_queries(0):
            live.score(model.name, {"amount_minor": 1})

    def test_an_unknown_model_scores_nothing(self, now):
        with pytest.raises(live.ModelNotFound):
            live.score("model_none", {})

    def test_a_text_changed_behind_the_registry_scores_nothing(self, model):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE fraud_modelversion SET source = source || ' '")
            cursor.execute("SET LOCAL session_replication_role = origin")
        with pytest.raises(scorer.NotOurSource):
            live.score(model.name, {})

    def test_the_web_scores_without_lightgbm_and_numpy(self, model, tmp_path):
        """In a process of its own, as a web process is: the WSGI application, every page and API view, one score."""
        kept = {name: getattr(model, name) for name in ("variables", "source", "sha256", "curve", "line")}
        (tmp_path / "model.json").write_text(json.dumps(kept))
        program = """
import json, sys
import config.wsgi, config.urls
from django.urls import get_resolver
get_resolver().url_patterns
from fraud.model import live
from fraud.models import ModelVersion
row = ModelVersion(**json.load(open(sys.argv[1])))
class Rows:
    def only(self, *_): return self
    def first(self): return row
ModelVersion.objects.filter = lambda **_: Rows()
assert live.score("model", {"amount_minor": 5000}, reasons=5).contributions is not None
print(sorted({"lightgbm", "numpy", "scipy"} & set(sys.modules)))
"""
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "model.json")], capture_output=True, text=True, check=False
        )
        assert done.stdout.strip().endswith("[]"), done.stderr


class TestRegistry:
    def test_a_model_that_was_not_proved_is_refused_by_the_service_and_by_the_database(self, model):
        with pytest.raises(building.SourceDiffers):
            models.register(
                built=_built_like(model, Parity(1_005, 35, 1e-9, 0.0)), livemode=False, origin="test",
                window=(model.from_at, model.trained_to, model.validated_from, model.to_at), actor=SYSTEM, now=NOON,
            )  # fmt: skip
        for changes, name in (
            ({"parity_difference": 1e-9}, "model_equals_its_booster"),
            ({"parity_difference": float("nan")}, "model_equals_its_booster"),
            ({"parity_rows": 999}, "model_equals_its_booster"),
            ({"parity_columns": 34}, "model_was_proved"),
            ({"source": model.source + " "}, "model_was_proved"),
            ({"state": "CHAMPION"}, "model_begins_as_a_candidate"),
            ({"validated_from": model.from_at}, "model_is_measured_on_later_payments"),
        ):
            with pytest.raises(DatabaseError) as refused, transaction.atomic():
                another(model, **changes)
            assert refusal_name(refused.value) == name, changes

    def test_what_a_model_is_never_changes_and_no_model_goes(self, model):
        assert refused_by_the_database("UPDATE fraud_modelversion SET origin = 'x'") == "model_content_is_fixed"
        assert refused_by_the_database("DELETE FROM fraud_modelversion") == "model_content_is_fixed"

    def test_no_model_judges_without_a_signature(self, model):
        assert refused_by_the_database("UPDATE fraud_modelversion SET state = 'CHAMPION'") == "act_is_approved"
        request = promoted(model)
        other = another(model)
        statement = "UPDATE fraud_modelversion SET state = 'CHAMPION', approval_id = %s WHERE name = %s"
        assert refused_by_the_database(statement, request.request_id, other.name) == "act_is_approved"

    def test_one_challenger_at_a_time(self, model):
        other = another(model)
        models.challenge(name=model.name, actor=ANALYST, now=NOON)
        with pytest.raises(UnableToMoveModel, match="is the challenger; withdraw it first"):
            models.challenge(name=other.name, actor=ANALYST, now=NOON)
        models.withdraw(name=model.name, actor=ANALYST, now=NOON)
        models.challenge(name=other.name, actor=ANALYST, now=NOON)
        assert refused_by_the_database(
            "UPDATE fraud_modelversion SET state = 'CHALLENGER' WHERE name = %s", model.name
        ) == "one_model_is_challenger"  # fmt: skip


class TestPromotion:
    def test_the_first_champion_is_signed_by_a_second_person(self, model):
        request = promoted(model)
        model.refresh_from_db()
        assert (request.state, model.state, model.approval_id) == ("EXECUTED", "CHAMPION", request.request_id)
        assert "average_precision" in request.content["evidence"]

    def test_a_challenger_takes_over_only_with_a_fresh_comparison_that_it_passed(self, model):
        champion = model
        promoted(champion)
        challenger = another(champion)
        with pytest.raises(UnableToMoveModel, match="not challenger"):
            promotions.ask_promotion(name=challenger.name, reason="new", actor=ANALYST, now=NOON)
        models.challenge(name=challenger.name, actor=ANALYST, now=NOON)
        with pytest.raises(NotYetBetter, match="was not compared"):
            promotions.ask_promotion(name=challenger.name, reason="new", actor=ANALYST, now=NOON)
        compared(champion, challenger, passed=False)
        with pytest.raises(NotYetBetter, match="not held: known frauds"):
            promotions.ask_promotion(name=challenger.name, reason="new", actor=ANALYST, now=NOON)
        compared(champion, challenger, passed=True, created_at=NOON - 4 * DAY)
        with pytest.raises(NotYetBetter, match="within 3 days"):
            promotions.ask_promotion(name=challenger.name, reason="new", actor=ANALYST, now=NOON)
        evidence = compared(champion, challenger, passed=True)
        request = promoted(challenger)
        champion.refresh_from_db()
        challenger.refresh_from_db()
        assert request.content["evidence"]["comparison"] == evidence.comparison_id
        assert (champion.state, challenger.state, challenger.replaces) == ("RETIRED", "CHAMPION", champion)

        back = promoted(champion, roll_back=True)
        champion.refresh_from_db()
        challenger.refresh_from_db()
        assert (back.state, champion.state, challenger.state) == ("EXECUTED", "CHAMPION", "RETIRED")
        assert champion.approval_id == back.request_id

    def test_only_the_model_before_comes_back(self, model):
        promoted(model)
        with pytest.raises(UnableToMoveModel, match="is not the model that the champion replaced"):
            promotions.ask_roll_back(name=another(model).name, reason="back", actor=ANALYST, now=NOON)


class TestWatching:
    def test_the_comparison_pairs_what_both_judged_and_is_labelled_for_good(self, model):
        champion = model
        promoted(champion)
        challenger = another(champion, created_at=MIDNIGHT - 21 * DAY)
        models.challenge(name=challenger.name, actor=ANALYST, now=NOON)

        def both(values):
            right = live.score(champion.name, values)
            blind = live.score(champion.name, values | {"amount_to_usual": None, "amount_minor": 5_000})
            return {
                "model_version": champion.name, "model_raw": blind.raw, "model_score": blind.score,
                "challenger_version": challenger.name, "challenger_raw": right.raw, "challenger_score": right.score,
            }  # fmt: skip

        decisions.stored(900, from_at=MIDNIGHT - 20 * DAY, to_at=MIDNIGHT - 6 * DAY, seed=5, judge=both)
        made = model_watch.compare(livemode=False, actor=SYSTEM, now=NOON)
        precision = made.result["average_precision"]
        assert precision["challenger"] > precision["champion"] + 0.2
        assert 0 < precision["low"] < precision["difference"] < precision["high"]
        assert made.payments < 900  # the newest day is not labelled for good
        held = {check["name"]: check["passed"] for check in made.checks}
        assert held["labelled days"]
        assert held["average precision is higher, and not by chance"]
        assert made.passed == all(held.values())
        model_watch.watch(now=NOON)
        of_the_day = ModelComparison.objects.exclude(pk=made.pk).order_by("livemode")
        assert [(row.livemode, row.payments) for row in of_the_day] == [(False, made.payments), (True, 0)]

    def test_a_comparison_is_ordered_by_somebody_and_not_without_a_challenger(self, model):
        with pytest.raises(NobodyChallenges):
            model_watch.order_comparison(livemode=False, actor=ANALYST, now=NOON)
        models.challenge(name=model.name, actor=ANALYST, now=NOON)
        assert model_watch.order_comparison(livemode=True, actor=ANALYST, now=NOON) == model
        entry = next(e for e in audit.list_for_subject(model.name) if e.action == "fraud.model.comparison_ordered")
        assert (entry.actor_id, entry.details) == (ANALYST.id, '{"mode":"live"}')
        assert WorkItem.objects.get(kind=model_watch.WORK).key == "live"

    @pytest.mark.parametrize("read", ["values", "pairs"])
    def test_what_was_judged_is_read_by_time(self, model, read, monkeypatch):
        """A window of time is scanned once, by its index: further batches begin where the last one ended."""
        monkeypatch.setattr(judged_values, "AT_ONCE", 5)
        decisions.stored(
            11, from_at=NOON - DAY, to_at=NOON, labelled=False,
            judge=lambda _: {"model_version": model.name, "model_raw": 0.5, "model_score": 300},
        )  # fmt: skip
        model.created_at = NOON - DAY

        def act() -> None:
            if read == "values":
                seen = judged_values.read(model, livemode=False, from_at=NOON - DAY, to_at=NOON)
                assert len(seen["score"]) == 11
            else:
                judged_pairs.read(model, model, livemode=False, until=NOON, as_of=NOON)

        found = plans.statements(act, "fraud_assessment")
        assert len(found) == (4 if read == "values" else 1)
        for statement in found:
            (node,) = [node for node in plans.nodes(statement) if "Index Name" in node]
            assert node["Index Name"] == "assessment_by_time"
            assert "created_at >=" in node["Index Cond"]
            assert "created_at <" in node["Index Cond"]
        if read == "values":
            conditions = [plans.nodes(statement)[-1]["Index Cond"] for statement in found]
            begins = [max(re.findall(r"created_at >= '([^']+)'", condition)) for condition in conditions]
            assert begins == sorted(set(begins))

    def test_drift_is_measured_once_a_day_and_rings_once_for_all_variables(self, model):
        from core.outbox.models import Event

        champion = model
        promoted(champion)

        def moved(values):
            values["amount_to_usual"] = 50.0
            found = live.score(champion.name, values)
            return {"model_version": champion.name, "model_raw": found.raw, "model_score": found.score}

        decisions.stored(1_000, from_at=MIDNIGHT - DAY, to_at=MIDNIGHT, seed=8, labelled=False, judge=moved)
        assert model_watch.measure_drift(day=(NOON - DAY).date(), livemode=False, now=NOON) == 36
        assert model_watch.measure_drift(day=(NOON - DAY).date(), livemode=False, now=NOON) == 0
        verdicts = dict(champion.drifts.values_list("variable", "verdict"))
        assert verdicts["amount_to_usual"] == verdicts["score"] == "CRITICAL"
        assert verdicts["seller_fraud_share_7d"] == verdicts["hour_utc"] == "STABLE"
        alarms = list(Event.objects.filter(name="fraud.alarm_raised"))
        assert len(alarms) == 1
        assert alarms[0].payload["severity"] == "P2"
        assert alarms[0].payload["subject"] == champion.name

    def test_on_a_quiet_day_nothing_is_said(self, model):
        champion = model
        promoted(champion)
        assert model_watch.measure_drift(day=(NOON - DAY).date(), livemode=False, now=NOON) == 36
        assert set(champion.drifts.values_list("verdict", "psi")) == {("INSUFFICIENT", None)}

    def test_exact_contributions_are_worked_out_once_and_sum_to_the_score(self, model):
        with pytest.raises(model_explanations.NothingToExplain):
            model_explanations.order(assessment_id="fra_none", actor=ANALYST, now=NOON)

        def judge(values):
            found = live.score(model.name, values)
            return {"model_version": model.name, "model_raw": found.raw, "model_score": found.score}

        elsewhere = {"assessment_id": "fra_elsewhere", "model_version": "amazon:detector:2.0", "model_raw": 700.0}
        decisions.stored(1, from_at=MIDNIGHT - DAY, to_at=MIDNIGHT, labelled=False, judge=lambda _: elsewhere)
        with pytest.raises(model_explanations.NothingToExplain):
            model_explanations.order(assessment_id="fra_elsewhere", actor=ANALYST, now=NOON)
        decisions.stored(1, from_at=MIDNIGHT - DAY, to_at=MIDNIGHT, seed=8, labelled=False, judge=judge)
        judged = Assessment.objects.get(model_version=model.name)
        model_explanations.order(assessment_id=judged.assessment_id, actor=ANALYST, now=NOON)
        model_explanations.perform(assessment_id=judged.assessment_id, now=NOON)
        model_explanations.perform(assessment_id=judged.assessment_id, now=NOON)
        told = ModelExplanation.objects.get()
        assert math.fsum([told.bias, *told.contributions.values()]) == pytest.approx(judged.model_raw, abs=1e-9)
        assert set(told.contributions) == set(model.variables)


NOON_OFFSET = timedelta(hours=12)


def compared(champion: ModelVersion, challenger: ModelVersion, **changes) -> ModelComparison:
    checks = [{"name": "known frauds", "passed": changes.get("passed", True), "found": "31 of at least 30"}]
    plain = {
        "comparison_id": f"cmp_{ModelComparison.objects.count()}", "livemode": False, "champion": champion,
        "challenger": challenger, "from_at": NOON - 9 * DAY, "to_at": NOON - DAY, "payments": 9_000, "frauds": 31,
        "result": {}, "checks": checks, "passed": True, "created_at": NOON,
    }  # fmt: skip
    return ModelComparison.objects.create(**plain | changes)


def _built_like(model: ModelVersion, proof: Parity) -> building.Built:
    from fraud.model.calibration import Curve
    from fraud.model.probability import Line

    return building.Built(
        variables=tuple(model.variables), source=model.source, sha256=model.sha256, booster=model.booster,
        parameters={}, parity=proof, curve=Curve((), ()), line=Line(1.0, 0.0), metrics={}, importance={},
        references={}, payments=1, frauds=1,
    )  # fmt: skip
