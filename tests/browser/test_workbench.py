"""The rules workbench in a real browser: from a condition typed by keyboard to the result of its backtest."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from core.actors import SYSTEM
from core.work import services as work
from fraud.models import Backtest, RuleSet
from fraud.rules.definitions import Rule
from fraud.services import assessments, backtests, rule_sets
from fraud.services.assessments import AssessmentRequest
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories import rules as factory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def decided() -> str:
    """A fortnight of payments; the id of the newest."""
    now = timezone.now()
    for number in range(14):
        payment_id = f"pay_17031234567{number:02}_k2n8m9p1q"
        assessments.evaluate(
            AssessmentRequest(
                livemode=False,
                payment_id=payment_id,
                payer_id=f"cus_{number}",
                payee_id="prov_1",
                amount_minor=20_000 * (number + 1),
                currency="USD",
                card_bin="422222",
                billing_country="US",
            ),
            now=now - timedelta(days=13 - number, hours=1),
        )
    return payment_id


def test_from_a_condition_to_its_backtest_by_keyboard(page: Page, sign_in: Callable[..., object], decided: str) -> None:
    sign_in("FRAUD_ANALYST")
    page.goto("/admin/rules/")
    page.keyboard.press("e")
    page.wait_for_url("**/admin/rules/edit/")
    expect(page.get_by_role("heading", name="Edit rules")).to_be_visible()
    page.keyboard.press("a")
    rule = page.locator(".rule-list > li").last
    expect(rule.get_by_label("Condition", exact=True)).to_be_visible()
    rule.get_by_label("What it looks for").fill("Two thousand and more")
    rule.get_by_label("Code").fill("two_thousand_rule")
    rule.get_by_label("Points").fill("300")
    condition = rule.get_by_label("Condition", exact=True)
    condition.press_sequentially("amont_minor >= 200000")
    expect(rule.get_by_text("Nothing is named amont_minor")).to_be_visible()
    expect(rule.locator(".caret strong")).to_have_text("^" * len("amont_minor"))
    condition.fill("")
    page.keyboard.press("Control+Space")
    page.keyboard.type("amount_mi")
    page.keyboard.press("Enter")
    expect(condition).to_be_focused()
    page.keyboard.type(" >= 200000")
    expect(rule.get_by_text("Amount of the payment in minor units")).to_be_visible()
    expect(rule.locator(".wrong")).to_have_count(0)
    page.get_by_label("Payment", exact=True).fill(decided)
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.get_by_role("row", name="Two thousand and more")).to_contain_text("true")
    page.get_by_label("Why you changed it").fill("High amounts")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.wait_for_url("**/admin/rules/2/")
    expect(page.get_by_role("heading", name="Version 2")).to_be_visible()
    page.keyboard.press("b")
    expect(page.get_by_text("Under way")).to_be_visible()
    work.drain(now=timezone.now())
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    expect(page.get_by_role("link", name="two_thousand_rule")).to_be_visible()
    result = Backtest.objects.get().result
    assert result is not None
    # 2,000.00 to 2,800.00 are five of the fourteen.
    assert result["rules"]["two_thousand_rule"]["hits"] == 5


def test_two_people_at_once_lose_nothing(page: Page, sign_in: Callable[..., object]) -> None:
    sign_in("FRAUD_ANALYST")
    page.goto("/admin/rules/edit/")
    rules = [Rule("night_rule", "night", 40, None, "At night")]
    rule_sets.draft(rules=rules, note="Faster", actor=SYSTEM, now=timezone.now())
    page.locator(".rule-list summary").first.click()
    page.locator("[name='0-points']").fill("222")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Somebody was faster")).to_be_visible()
    expect(page.locator("[name='0-points']")).to_have_value("222")
    page.wait_for_load_state()
    page.keyboard.press("s")
    expect(page).to_have_url("/admin/rules/3/")
    assert RuleSet.objects.get(version=3).rules[0]["points"] == 222


def test_it_edits_without_javascript(
    chromium: Browser, live_server: object, window: object, sign_in: Callable[..., object]
) -> None:
    sign_in("FRAUD_ANALYST")
    plain = chromium.new_context(base_url=live_server.url, java_script_enabled=False)  # type: ignore[attr-defined]
    plain.add_cookies(window.cookies())  # type: ignore[attr-defined]
    page = plain.new_page()
    page.goto("/admin/rules/edit/")
    page.locator(".rule-list summary").first.click()
    page.get_by_role("button", name="Down rule 1", exact=True).click()
    expect(page.locator("[name='1-code']")).to_have_value("high_value_rule")
    page.locator("[name='1-expression']").fill("amount_minor > nothing")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Nothing is named nothing").first).to_be_visible()
    page.locator("[name='1-expression']").fill("amount_minor > 500")
    page.get_by_role("button", name="Save draft").click()
    expect(page).to_have_url("/admin/rules/2/")
    plain.close()


def test_a_lead_goes_back_one_step_and_no_further(
    page: Page, sign_in: Callable[..., object], violations: Callable[[Page], list[str]]
) -> None:
    now = timezone.now()
    factory.published(now=now - timedelta(days=2), later=now)
    sign_in("FRAUD_LEAD")
    page.goto("/admin/rules/")
    page.get_by_role("link", name="In force").click()
    expect(page).to_have_url("/admin/rules/2/")
    assert violations(page) == []
    page.get_by_label("Why").fill("It blocks half of the customers")
    page.get_by_role("button", name="Roll back to version 1").click()
    expect(page).to_have_url("/admin/rules/1/")
    expect(page.get_by_text("Version 1 is active again.")).to_be_visible()
    expect(page.get_by_text("It blocks half of the customers")).to_be_visible()
    # Back and forth is no way to judge: version 2 comes back by a signature or not at all.
    expect(page.get_by_role("button", name="Roll back")).to_have_count(0)
    assert (RuleSet.objects.get(state="ACTIVE").version, RuleSet.objects.get(version=2).state) == (1, "RETIRED")


@each_look
def test_workbench_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., object],
    violations: Callable[[Page], list[str]],
    decided: str,
    scheme: str,
    size: dict[str, int],
) -> None:
    now = timezone.now()
    lines = [
        Rule("high_rule", "amount_minor >= 150000", 200, "BLOCK", "High"),
        Rule("any_rule", "amount_minor > 1", 9, None, "Any"),
    ]
    rule_sets.draft(rules=lines, note="Fewer", actor=SYSTEM, now=now)
    window = {"version": 2, "livemode": False, "from_at": now - timedelta(days=20), "actor": SYSTEM, "now": now}
    done = backtests.start(**window, to_at=now, by_worker=False)  # type: ignore[arg-type]
    backtests.advance(backtest_id=done.backtest_id, now=now)
    waiting = backtests.start(**window, to_at=now - timedelta(days=1), by_worker=False)  # type: ignore[arg-type]
    sign_in("FRAUD_ANALYST")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "rules": "rules/",
        "version": "rules/2/?against=1",
        "editor": "rules/edit/?from=2",
        "backtests": "backtests/",
        "backtest": f"backtests/{done.backtest_id}/",
        "backtest-waiting": f"backtests/{waiting.backtest_id}/",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
    page.goto("/admin/rules/edit/?from=2")
    page.locator(".rule-list summary").first.click()
    page.locator("[name='0-expression']").fill("amount_minor >= 'a lot' and customer_payments_30d > 3")
    page.get_by_label("Payment", exact=True).fill(decided)
    expect(page.locator(".reading.wrong")).to_be_visible()
    assert violations(page) == []
    page.locator("[name='0-expression']").fill("amount_minor >= 15")
    page.locator("[value='try']").click()
    expect(page.get_by_text("Decided then")).to_be_visible()
    shoot(page, f"editor-tried-{scheme}-{size['width']}")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
