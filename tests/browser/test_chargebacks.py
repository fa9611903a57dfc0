"""A chargeback is found, read and contested by keyboard; its pages fit a phone and have no findings."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core import clock
from payments.models import Chargeback, Payment
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories.chargebacks import charge_back
from tests.factories.payments import pay

pytestmark = pytest.mark.django_db(transaction=True)


def disputed() -> Chargeback:
    now = clock.now()
    payment = Payment.objects.get(public_id=pay(now=now, amount_minor=20_000).body["paymentId"])
    return charge_back(payment, now=now, opened_at=now)


def test_a_chargeback_is_contested_by_keyboard(page: Page, sign_in: Callable[..., object]) -> None:
    chargeback = disputed()
    sign_in("TREASURY")
    page.goto("/admin/overview/")
    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/admin/chargebacks/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/chargebacks/{chargeback.public_id}/")
    expect(page.locator("textarea[name=evidence]")).to_contain_text(chargeback.payment.public_id)
    page.keyboard.press("a")
    expect(page.get_by_text("The evidence is sent.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Contested")
    page.get_by_role("link", name=chargeback.payment.public_id).click()
    page.wait_for_url(f"**/admin/payments/{chargeback.payment.public_id}/")
    expect(page.locator("main")).to_contain_text(chargeback.public_id)


@each_look
def test_chargeback_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., object],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    chargeback = disputed()
    sign_in("TREASURY")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for name, path in {
        "chargebacks": "/admin/chargebacks/",
        "chargeback": f"/admin/chargebacks/{chargeback.public_id}/",
        "payment": f"/admin/payments/{chargeback.payment.public_id}/",
    }.items():
        page.goto(path)
        shoot(page, f"{name}-disputed-{scheme}-{size['width']}")
        assert violations(page) == [], path
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{path} scrolls sideways: {width}"
