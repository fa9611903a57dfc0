"""A changed payout account, from the list to its signatures and into the days it cools off; no findings."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.approvals.services import policies
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories import bank_accounts as factory
from tests.factories import staff
from tests.factories.approvals import code_of
from tests.factories.bank_accounts import NUMBER, PROVIDER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policies() -> None:
    policies.install()


def test_a_changed_account_is_found_signed_and_cools_off(page: Page, sign_in: Callable[..., staff.Person]) -> None:
    officer = staff.person("COMPLIANCE")
    controller = sign_in("CONTROLLER", full_name="Ines Duarte")
    factory.active(now=clock.now())
    changed = factory.entered(livemode=False, now=clock.now())
    page.goto("/admin/bank-accounts/?status=PENDING")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/bank-accounts/{changed.account_id}/")
    expect(page.locator("#next")).to_contain_text("If nobody signs, it is rejected")
    page.keyboard.press("a")
    page.wait_for_url(f"**/admin/approvals/{changed.approval_id}/")
    expect(page.locator("main")).to_contain_text(factory.ROUTING)
    page.get_by_label("One-time code").fill(code_of(controller))
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_text("It waits for the others")).to_be_visible()
    factory.signed(changed, officer, now=clock.now())
    page.goto(f"/admin/bank-accounts/{changed.account_id}/")
    expect(page.locator("#next")).to_contain_text("cools off until")


@each_look
def test_pages_of_bank_accounts_have_no_findings(
    page: Page,
    sign_in: Callable[..., staff.Person],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    factory.signers()
    sign_in("COMPLIANCE")
    now = clock.now()
    mine = factory.active(number=NUMBER, now=now)
    factory.active("prov_with_a_rather_long_name_0001", number=NUMBER, now=now)
    waiting = factory.entered(PROVIDER, livemode=False, now=now)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "bank-accounts": "bank-accounts/",
        "bank-account": f"bank-accounts/{mine.account_id}/",
        "bank-account-waiting": f"bank-accounts/{waiting.account_id}/",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
