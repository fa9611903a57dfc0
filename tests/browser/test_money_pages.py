"""A payment taken through the API, then walked on screen: list, page, ledger entry, account, and back by search."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.outbox import services as outbox
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories import api

pytestmark = pytest.mark.django_db(transaction=True)

CARD = {"cardNumber": "4242424242424242", "expiryMonth": "12", "expiryYear": "2035", "cvc": "123"}


def _pay(**different: Any) -> dict[str, Any]:
    backend = api.client("payments:write", "refunds:write")
    body = {
        **CARD,
        "amount": 50000,
        "customerId": "cus_abc123def456",
        "providerId": "prov_xyz789ghi012",
        "bookingId": "book_service_001",
        **different,
    }
    answer = backend.post("/v1/payments", body).json()
    outbox.drain(now=clock.now())
    return answer


def test_one_payment_can_be_walked_from_the_list_to_the_ledger_and_back(
    page: Page, sign_in: Callable[..., object]
) -> None:
    paid = _pay()
    sign_in("TREASURY")
    page.goto("/admin/payments/")
    page.get_by_role("link", name=paid["paymentId"]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("500.00")
    timeline = page.locator(".timeline")
    for source in ("Request", "Fraud", "Gateway", "Ledger", "Escrow", "Audit"):
        expect(timeline.locator(f"li[data-source={source}]").first).to_be_visible()
    expect(timeline).to_contain_text("460.00")
    timeline.locator("li[data-source=Ledger] a").first.click()
    expect(page.locator("main")).to_contain_text("acquirer_receivable")
    page.get_by_role("link", name="fees:platform").click()
    page.wait_for_url("**/admin/accounts/fees:platform/**")
    expect(page.locator("main")).to_contain_text("40.00")
    page.keyboard.press("/")
    page.keyboard.type(paid["transactionId"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/payments/{paid['paymentId']}/")
    page.keyboard.press("/")
    page.keyboard.type(paid["escrowId"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/payments/{paid['paymentId']}/")


def test_filters_stand_in_the_address_and_narrow_the_list(page: Page, sign_in: Callable[..., object]) -> None:
    paid, declined = _pay(), _pay(cardNumber="4000000000000002")
    sign_in("TREASURY")
    page.goto("/admin/payments/?status=FAILED")
    expect(page.get_by_role("link", name=declined["paymentId"])).to_be_visible()
    expect(page.get_by_role("link", name=paid["paymentId"])).to_have_count(0)
    page.select_option("select[name=status]", "COMPLETED")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("status=COMPLETED"))
    expect(page.get_by_role("link", name=paid["paymentId"])).to_be_visible()


def test_the_overview_counts_a_new_payment_without_being_reloaded(page: Page, sign_in: Callable[..., object]) -> None:
    sign_in("TREASURY")
    page.goto("/admin/overview/")
    figure = page.locator(".tile", has_text="Payments, last 24 h").locator(".figure")
    expect(figure).to_have_text("0")
    _pay()
    expect(figure).to_have_text("1", timeout=15_000)


@each_look
def test_money_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., object],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    paid = _pay()
    _pay(amount=150000)
    sign_in("TREASURY")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size(size)  # type: ignore[arg-type]
    for name, path in {
        "overview": "/admin/overview/",
        "payments": "/admin/payments/",
        "payment": f"/admin/payments/{paid['paymentId']}/",
        "statement": "/admin/accounts/fees:platform/",
    }.items():
        page.goto(path)
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == [], path
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{path} scrolls sideways: {width}"
