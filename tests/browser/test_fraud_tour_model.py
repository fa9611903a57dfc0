"""A model from the order to train it until it judges: the second half of what docs/fraud-tour.md tells.

With HOLDFAST_SCREENSHOTS its pictures are written.
"""

from array import array
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.actors import SYSTEM
from core.approvals.services import policies
from core.clock import FixedClock
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import ModelState
from fraud.model import building, live
from fraud.model.building import Built
from fraud.models import Assessment, ModelVersion, ReviewCase
from fraud.services import model_watch, models
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_fraud_tour import picture, settle, sign
from tests.browser.test_looks import shoot
from tests.factories import api, decisions, staff
from tests.factories.rules import ANALYST
from tests.factories.staff import Person

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., Person]

DAY = timedelta(days=1)
AMOUNTS = ("amount_minor", "amount_to_usual")
SMALL = {"width": 860, "height": 760}
LEARNED, MEASURED = (3_000, 1), (2_000, 2)
NIGHT_OUT = {
    "cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2031", "cvc": "123", "amount": 90_000,
    "currency": "USD", "customerId": "cus_night", "providerId": "prov_night", "bookingId": "book_night",
    "paymentMethod": "card",
}  # fmt: skip


@pytest.fixture(autouse=True)
def moving() -> Iterator[FixedClock]:
    """It is noon, and stays noon until somebody moves the clock."""
    live.forget()
    policies.install()
    with clock.use(FixedClock(clock.now().replace(hour=12, minute=0, second=0, microsecond=0))) as standing:
        yield standing
    live.forget()


def blind() -> Built:
    """What a model is that was never told what payments amount to."""
    learned, measured = (decisions.dataset(number, seed=seed) for number, seed in (LEARNED, MEASURED))
    for data in (learned, measured):
        data.columns.update({name: array("d", [float("nan")] * len(data)) for name in AMOUNTS})
    return building.build(learned, measured, train_frauds=100, validation_frauds=20)


def by_both(champion: ModelVersion, challenger: ModelVersion) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What stands in a decision where one judged and the other stood beside it."""

    def judge(values: dict[str, Any]) -> dict[str, Any]:
        old, new = live.score(champion.name, values), live.score(challenger.name, values)
        return {
            "model_version": champion.name, "model_raw": old.raw, "model_score": old.score,
            "challenger_version": challenger.name, "challenger_raw": new.raw, "challenger_score": new.score,
        }  # fmt: skip

    return judge


def test_a_model_is_trained_compared_signed_and_judges(page: Page, sign_in: SignIn, moving: FixedClock) -> None:
    midnight = moving.at.replace(hour=0)
    for (number, seed), first, last in ((LEARNED, 49, 21), (MEASURED, 14, 7)):
        decisions.stored(number, from_at=midnight - first * DAY, to_at=midnight - last * DAY, seed=seed)
    champion = decisions.champion(blind(), now=moving.at)
    sign_in("FRAUD_ANALYST", full_name="Noor Haddad")
    challenger = trained(page)
    page.get_by_role("button", name="Challenge the champion").click()
    expect(page.locator("h1 + .badge")).to_have_text("Challenger")
    moving.advance(16 * DAY)
    decisions.stored(
        2_000, from_at=midnight + DAY, to_at=midnight + 9 * DAY, seed=3, judge=by_both(champion, challenger)
    )
    compare(page)
    page.get_by_label("Reason").fill("It sees what payments amount to, and finds twice as much.")
    page.get_by_role("button", name="Ask for a signature").click()
    page.wait_for_url("**/approvals/apr_*/")
    lead = sign_in("FRAUD_LEAD", full_name="Petra Lindqvist")
    page.reload()
    sign(page, lead, "Read the comparison.", "fraud-promotion", **SMALL | {"height": 650})
    challenger.refresh_from_db()
    assert (challenger.state, challenger.replaces) == (ModelState.CHAMPION, champion)
    judged_by_it(page, sign_in, challenger)


def trained(page: Page) -> ModelVersion:
    """Ordered with the dates as they stand; the page shows what came of it, and what it is made of."""
    page.goto("/admin/models/")
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text("waits for a worker")).to_be_visible()
    work.drain(now=clock.now())
    page.reload()
    model = ModelVersion.objects.get(state=ModelState.CANDIDATE)
    page.get_by_role("link", name=model.name).first.click()
    expect(page.get_by_role("heading", name="Proof")).to_be_visible()
    expect(page.get_by_text("Its text gave what LightGBM gives on 1,005 rows")).to_be_visible()
    assert model.metrics["average_precision"] > 0.6
    expect(page.locator(".tile", has_text="Average precision")).to_contain_text(
        f"{model.metrics['average_precision']:.3f}"
    )
    expect(page.get_by_role("table", name="Anchors of the score").get_by_text("0.05%")).to_be_visible()
    return model


def compare(page: Page) -> None:
    """On the page of the challenger, now."""
    page.reload()
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_text("A worker compares them now")).to_be_visible()
    work.drain(now=clock.now())
    page.reload()
    expect(page.get_by_role("heading", name="Beside the champion")).to_be_visible()
    expect(page.get_by_role("table", name="Rules of promotion").get_by_text("yes")).to_have_count(5)
    picture(page, "fraud-model", **SMALL)


def judged_by_it(page: Page, sign_in: SignIn, model: ModelVersion) -> None:
    """A payment at the API: its answer names the model, its case says what the model went by."""
    client = api.client("payments:write", "fraud:write")
    assert client.post("/v1/payments", NIGHT_OUT).status_code == 201
    asked = {"amount": 90_000, "currency": "USD", "customerId": "cus_night"}
    assert client.post("/v1/fraud/evaluations", asked).json()["modelVersion"].startswith(model.name)
    settle(clock.now())
    case = ReviewCase.objects.get()
    sign_in("FRAUD_ANALYST", full_name="Noor Haddad")
    page.goto(f"/admin/reviews/{case.case_id}/")
    expect(page.get_by_text("The model begins here")).to_be_visible()
    expect(page.get_by_role("table", name="What the model went by")).to_be_visible()
    page.get_by_role("link", name="exact contributions").click()
    page.wait_for_url("**/contributions/")
    with page.expect_navigation():
        page.keyboard.press("w")
    work.drain(now=clock.now())
    page.reload()
    expect(page.get_by_role("cell", name="amount_minor")).to_be_visible()


@pytest.fixture
def addresses(moving: FixedClock) -> list[str]:
    """The pages of models where everything is there to be shown: a comparison, drift, contributions."""
    parameters.change(
        name="fraud.drift_events", value=100, effective_from=moving.at, reason="small", actor=SYSTEM, now=moving.at
    )
    champion = decisions.champion(decisions.built(), now=moving.at)
    challenger = decisions.registered(blind(), now=moving.at)
    models.challenge(name=challenger.name, actor=ANALYST, now=moving.at)
    midnight = moving.at.replace(hour=0)
    for from_ago, to_ago in ((13, 5), (1, 0)):
        decisions.stored(
            900, from_at=midnight - from_ago * DAY, to_at=midnight - to_ago * DAY, seed=from_ago,
            judge=by_both(champion, challenger),
        )  # fmt: skip
    for days in range(8, 1, -1):
        model_watch.measure_drift(day=(moving.at - days * DAY).date(), livemode=False, now=moving.at)
    model_watch.watch(now=moving.at)
    last = Assessment.objects.latest("id")
    client = staff.signed_in("FRAUD_ANALYST")
    assert client.post(f"/admin/decisions/{last.assessment_id}/contributions/").status_code == 302
    work.drain(now=moving.at)
    return [
        "models/", f"models/{champion.name}/", f"models/{challenger.name}/",
        f"models/{champion.name}/drift/amount_to_usual/", f"decisions/{last.assessment_id}/contributions/",
    ]  # fmt: skip


def test_the_pages_of_models_have_no_findings(
    page: Page, sign_in: SignIn, violations: Callable[[Page], list[str]], addresses: list[str]
) -> None:
    sign_in("FRAUD_ANALYST")
    findings = {}
    for place, address in enumerate(addresses):
        page.goto(f"/admin/{address}")
        for scheme, size in (("light", WIDE), ("dark", PHONE)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            shoot(page, f"models-{place}-{scheme}-{size['width']}")
            found = violations(page)
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > size["width"]:
                found = [*found, f"scrolls sideways: {width}"]
            if found:
                findings[f"{address} {scheme} {size['width']}"] = found
    assert not findings
