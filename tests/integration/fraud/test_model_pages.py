"""The pages of models: what is known, what is asked for, and nothing that judges without a signature."""

from datetime import timedelta

import pytest

from core import clock
from core.actors import SYSTEM
from core.approvals.models import ApprovalRequest
from core.work.models import WorkItem
from fraud.enums import ModelState
from fraud.models import ModelDrift, ModelTraining, ModelVersion
from fraud.services import models
from tests.factories import decisions, staff

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LIST = "/admin/models/"


@pytest.fixture
def model() -> ModelVersion:
    now = clock.now()
    days = (now - 49 * DAY, now - 21 * DAY, now - 14 * DAY, now - 7 * DAY)
    return models.register(
        built=decisions.built(), livemode=False, origin="own decisions", window=days, actor=SYSTEM, now=now
    )


def test_without_a_model_the_list_says_what_scores_start_from_and_offers_to_train_one():
    page = staff.signed_in("FRAUD_ANALYST").get(LIST).content.decode()
    assert "rules start from the base score" in page
    assert "Train a model" in page
    assert "Train a model" not in staff.signed_in("AUDITOR").get(LIST).content.decode()


def test_the_list_takes_the_same_statements_however_many_models_there_are(model, django_assert_max_num_queries):
    client = staff.signed_in("FRAUD_ANALYST")
    client.get(LIST)
    with django_assert_max_num_queries(40) as one:
        client.get(LIST)
    for number in range(3):
        same = {field.name: getattr(model, field.name) for field in ModelVersion._meta.concrete_fields}
        fresh = {"id": None, "name": f"model_{number}", "to_at": model.to_at + (number + 1) * DAY}
        ModelVersion.objects.create(**same | fresh)
    with django_assert_max_num_queries(len(one)):
        client.get(LIST)


def test_training_is_ordered_and_the_list_shows_what_came_of_it():
    client, today = staff.signed_in("FRAUD_ANALYST"), clock.now().date()
    asked = {"from_day": str(today - 60 * DAY), "to_day": str(today - 8 * DAY), "delay_days": "7"}
    assert client.post(f"{LIST}train/", asked).status_code == 302
    ordered = ModelTraining.objects.get()
    assert WorkItem.objects.get(kind="fraud.train_model").key == ordered.training_id
    assert "waits for a worker" in client.get(LIST).content.decode()
    refused = client.post(f"{LIST}train/", asked | {"from_day": str(today - 15 * DAY)})
    assert refused.status_code == 400
    assert "Leave a day to learn from" in refused.content.decode()
    assert ModelTraining.objects.count() == 1


def test_the_page_shows_the_anchors_the_proof_the_bands_and_every_variable(model):
    page = staff.signed_in("AUDITOR").get(f"{LIST}{model.name}/").content.decode()
    for said in ("0.05%", "extrapolated", "1,005 rows", "amount_to_usual", "Average precision", '<svg class="curve"'):
        assert said in page, said
    assert page.index(">amount_minor<") < page.index(">hour_utc<") < page.index(">ip_payments_1h<")  # by gain
    assert "What happens next" not in page  # an auditor moves nothing


def test_a_candidate_is_promoted_by_asking_and_not_by_pressing(model):
    staff.person("FRAUD_LEAD")
    client, page = staff.signed_in("FRAUD_ANALYST"), f"{LIST}{model.name}/"
    assert client.post(f"{page}move/", {"verb": "promote", "reason": ""}).status_code == 400
    answer = client.post(f"{page}move/", {"verb": "promote", "reason": "the first one"})
    request = ApprovalRequest.objects.get()
    assert answer.url == f"/admin/approvals/{request.request_id}/"
    model.refresh_from_db()
    assert model.state == ModelState.CANDIDATE
    assert staff.signed_in("FRAUD_LEAD").post(f"{page}move/", {"verb": "challenge"}).status_code == 403
    assert client.post(f"{page}move/", {"verb": "crown", "reason": "x"}).status_code == 400


def test_a_candidate_challenges_and_is_withdrawn_at_once(model):
    client, page = staff.signed_in("FRAUD_ANALYST"), f"{LIST}{model.name}/"
    assert client.post(f"{page}move/", {"verb": "challenge"}).status_code == 302
    model.refresh_from_db()
    assert model.state == ModelState.CHALLENGER
    assert client.post(f"{LIST}compare/").status_code == 302
    assert WorkItem.objects.get(kind="fraud.compare_models").key == "test"
    assert client.post(f"{page}move/", {"verb": "challenge"}).status_code == 409
    assert client.post(f"{page}move/", {"verb": "withdraw"}).status_code == 302
    model.refresh_from_db()
    assert model.state == ModelState.CANDIDATE


def test_the_drift_of_a_variable_is_shown_bin_by_bin(model):
    client, page = staff.signed_in("FRAUD_ANALYST"), f"{LIST}{model.name}/drift/hour_utc/"
    assert "No day was looked at yet" in client.get(page).content.decode()
    counts = [*model.references["hour_utc"]["counts"], 0]
    ModelDrift.objects.create(
        model=model, livemode=False, variable="hour_utc", day=clock.now().date() - DAY, events=3_000, psi=0.31,
        verdict="CRITICAL", counts=counts,
    )  # fmt: skip
    shown = client.get(page).content.decode()
    assert "3000 payments" in shown
    assert "0.31" in shown
    assert "0.310" in client.get(f"{LIST}{model.name}/").content.decode()
    assert client.get(f"{LIST}{model.name}/drift/nothing/").status_code == 404
    assert client.get(f"{LIST}model_none/").status_code == 404


def test_exact_contributions_are_asked_for_only_of_what_a_model_judged():
    client = staff.signed_in("FRAUD_ANALYST")
    assert "Work it out" in client.get("/admin/decisions/fra_none/contributions/").content.decode()
    assert client.post("/admin/decisions/fra_none/contributions/").status_code == 404
