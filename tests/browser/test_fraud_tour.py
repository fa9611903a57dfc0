"""A day of simulated fraud worked through: from the queue to the label, and from a draft of the rules into force.

What docs/fraud-tour.md tells. With HOLDFAST_SCREENSHOTS its pictures are written.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.approvals.services import policies
from core.clock import FixedClock
from core.outbox import services as outbox
from core.work import services as work
from fraud.enums import LabelSource, RuleSetState
from fraud.models import Label, ReviewCase, RuleSet
from fraud.selectors import rule_sets
from fraud.services import patterns
from ops.marketplace.fraud_day import FraudPlan, Kind, attempts
from ops.marketplace.fraud_run import FraudRun
from tests.browser.test_looks import SHOTS
from tests.factories import staff
from tests.factories.approvals import code_of
from tests.factories.marketplace import Marketplace

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[..., staff.Person]


@pytest.fixture(autouse=True)
def played(tmp_path: Path, settings: Any) -> FraudRun:
    """Yesterday's fraud after three ordinary days; what the program does about it by itself is done."""
    settings.HOLDFAST_STATE_DIR = tmp_path
    policies.install()
    now = clock.now()
    plan = FraudPlan((now - timedelta(days=1)).date(), now, payments=40, seed=11, history_days=3)
    with clock.use(FixedClock(plan.starts_at)) as moving:
        run = FraudRun(plan, Marketplace(), lambda moment: setattr(moving, "at", moment))
        run.go_on_until(now)
    settle(now)
    return run


def picture(page: Page, name: str, *, width: int = 1080, height: int = 620) -> None:
    """For docs/images: what fits on one screen. Kept only when somebody wants to look."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{SHOTS}/{name}.png")


def settle(now: datetime) -> None:
    """Handlers and work that is due."""
    outbox.drain(now=now)
    work.drain(now=now)


def test_an_analyst_takes_the_most_urgent_case_and_what_was_found_becomes_a_label(page: Page, sign_in: SignIn) -> None:
    sign_in("FRAUD_ANALYST", full_name="Noor Haddad")
    page.goto("/admin/reviews/")
    assert {case.payer_id.split("_")[1] for case in ReviewCase.objects.all()} >= {"guest", "pair", "tester"}
    picture(page, "fraud-queue", width=1200, height=760)
    page.keyboard.press("n")
    case = case_shown(page)
    expect(page.get_by_text("You hold it")).to_be_visible()
    page.get_by_label("What you found").select_option("CONFIRMED_FRAUD")
    page.get_by_label("Reason").fill("The owner of the card was asleep, and at home.")
    page.evaluate("scrollTo(0, 0)")
    picture(page, "fraud-case", width=1400, height=900)
    page.get_by_role("button", name="Decline and void").click()
    page.wait_for_url(lambda url: case.case_id not in url)
    settle(clock.now())
    label = Label.objects.get(payment_id=case.payment_id, source=LabelSource.DECISION)
    assert label.is_fraud


def test_a_case_is_handed_over_and_the_analyst_sees_no_more_of_it(page: Page, sign_in: SignIn) -> None:
    sign_in("FRAUD_ANALYST", full_name="Noor Haddad")
    pair = ReviewCase.objects.filter(payer_id__startswith="cus_pair_", state="OPEN").latest("id")
    page.goto(f"/admin/reviews/{pair.case_id}/")
    page.keyboard.press("c")
    expect(page.get_by_text("You hold it")).to_be_visible()
    page.get_by_label("What you found").select_option("SUSPECTED_FRAUD")
    page.get_by_label("Reason").fill("A new customer and a new seller, round amounts, and the money is wanted at once.")
    page.get_by_role("button", name="compliance investigates").click()
    page.wait_for_url(lambda url: pair.case_id not in url)
    page.goto(f"/admin/reviews/{pair.case_id}/")
    assert "/referrals/" not in page.content()
    sign_in("COMPLIANCE", full_name="Yuki Tanaka")
    page.goto("/admin/referrals/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("round amounts, and the money is wanted at once")).to_be_visible()
    expect(page.get_by_role("link", name=pair.case_id)).to_be_visible()
    picture(page, "fraud-referral")


def test_card_testing_is_an_incident_that_the_lead_sees_at_once(page: Page, sign_in: SignIn, played: FraudRun) -> None:
    tried = [attempt.at for attempt in attempts(played.plan) if attempt.kind == Kind.CARD_TESTING][-1]
    with clock.use(FixedClock(tried + timedelta(minutes=2))):
        patterns.watch(now=clock.now())
        outbox.drain(now=clock.now())
        sign_in("FRAUD_LEAD", full_name="Petra Lindqvist")
        page.goto("/admin/incidents/")
        expect(page.get_by_text("attempts that did not go through").first).to_be_visible()
        picture(page, "fraud-incidents")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/incidents/inc_*/")
        page.keyboard.press("a")
        expect(page.get_by_text("Being looked into")).to_be_visible()


def case_shown(page: Page) -> ReviewCase:
    page.wait_for_url("**/reviews/case_*/")
    return ReviewCase.objects.get(case_id=page.url.rstrip("/").rpartition("/")[2])


def test_a_draft_is_backtested_tried_in_shadow_signed_and_in_force(page: Page, sign_in: SignIn) -> None:
    staff.person("FRAUD_LEAD")  # whoever asks is told at once if nobody could sign
    sign_in("FRAUD_ANALYST", full_name="Noor Haddad")
    version = draft_in_the_editor(page)
    backtest(page)
    page.goto(f"/admin/rules/{version}/")
    page.get_by_label("Why").fill("The backtest finds the guests.")
    page.get_by_role("button", name="Judge in shadow").click()
    expect(page.get_by_text("without effect").first).to_be_visible()
    with clock.use(FixedClock(clock.now() + timedelta(hours=25))):
        page.reload()
        page.get_by_label("Why").fill("A day in shadow agrees with it.")
        page.get_by_role("button", name="Ask for publication").click()
        page.wait_for_url("**/approvals/apr_*/")
        lead = sign_in("FRAUD_LEAD", full_name="Petra Lindqvist")
        page.reload()
        sign(page, lead, "Read the rule and its backtest.", "fraud-rules-signature")
    assert rule_sets.get_active().version == version
    assert RuleSet.objects.get(version=version - 1).state == RuleSetState.RETIRED


def sign(page: Page, person: staff.Person, reason: str, shown: str, **size: int) -> None:
    """On the page of the request: read, one-time code, reason."""
    picture(page, shown, **size)
    page.get_by_label("One-time code").fill(code_of(person))
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Sign").click()
    expect(page.locator("h1 + .badge")).to_have_text("Executed")


def draft_in_the_editor(page: Page) -> int:
    """A rule more than the version in force has; returns the version that was kept."""
    page.goto("/admin/rules/edit/")
    page.keyboard.press("a")
    rule = page.locator(".rule-list > li").last
    rule.get_by_label("What it looks for").fill("A new customer pays with somebody else's card")
    rule.locator("textarea").fill("customer_age_days < new_customer_days and card_other_customers_30d > 0")
    expect(rule.get_by_text("card_other_customers_30d")).to_be_visible()
    rule.get_by_label("Points").fill("250")
    rule.get_by_label("Code", exact=True).fill("borrowed_card_rule")
    page.get_by_label("Why you changed it").fill("Guests spend cards that customers of ours own.")
    picture(page, "fraud-rule-editor")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_url(re.compile(r"/rules/\d+/$"))
    expect(page.get_by_text("is kept as a draft")).to_be_visible()
    return int(page.url.rstrip("/").rpartition("/")[2])


def backtest(page: Page) -> None:
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="Under way")).to_be_visible()
    work.drain(now=clock.now())
    page.reload()
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    picture(page, "fraud-backtest")
