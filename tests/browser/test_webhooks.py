"""A webhook that failed, found by its id and replayed by keyboard; then it has arrived."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.webhooks.models import Delivery
from core.work.models import State
from tests.browser.conftest import PHONE, WIDE
from tests.browser.test_looks import shoot
from tests.factories import webhooks
from tests.factories.webhooks import receiver, says

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_failed_delivery_is_found_replayed_and_arrives(
    page: Page, sign_in: Callable[..., object], violations: Callable[[Page], list[str]]
) -> None:
    with receiver(says(500, b"the shop is closed")) as shop:
        webhooks.endpoint(shop.url)
        event_id = webhooks.publish(now=clock.now())
        webhooks.send(now=clock.now())
        Delivery.objects.update(state=State.PARKED)
        sign_in("INTEGRATION")
        page.goto("/admin/webhook-deliveries/?status=FAILED")
        assert violations(page) == []
        shoot(page, "webhook-deliveries")
        page.get_by_role("link", name="payment.completed").click()
        page.wait_for_url("**/admin/webhook-deliveries/*/")
        expect(page.get_by_text("Only a replay sends it again")).to_be_visible()
        expect(page.locator("pre").first).to_contain_text("the shop is closed")
        assert violations(page) == []
        shoot(page, "webhook-delivery")
        page.keyboard.press("r")
        expect(page.get_by_text("It is sent again now, with the same id.")).to_be_visible()
        shop.answer = says(204)
        webhooks.send(now=clock.now())
        page.reload()
        expect(page.get_by_text("It arrived.")).to_be_visible()
    assert [request.headers["webhook-id"] for request in shop.received] == [event_id, event_id]


def test_the_pages_of_webhooks_have_no_fault_in_either_colour_scheme_wide_or_narrow(
    page: Page, sign_in: Callable[..., object], violations: Callable[[Page], list[str]]
) -> None:
    with receiver(says(204)) as shop:
        endpoint = webhooks.endpoint(shop.url)
        webhooks.publish(now=clock.now())
        webhooks.send(now=clock.now())
    sign_in("INTEGRATION")
    for name, address in (
        ("webhooks", "webhooks/"), ("webhook-endpoint", f"webhooks/{endpoint.public_id}/"),
        ("webhook-open", "webhooks/open/endpoint/"), ("events", "events/"),
    ):  # fmt: skip
        page.goto(f"/admin/{address}")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert violations(page) == [], name
            shoot(page, f"{name}-{scheme}")
        page.set_viewport_size(PHONE)
        shoot(page, f"{name}-phone")
        wider = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wider, name
        page.set_viewport_size(WIDE)


def test_an_endpoint_is_opened_in_the_browser_and_its_secret_is_on_that_page_alone(
    page: Page, sign_in: Callable[..., object]
) -> None:
    sign_in("INTEGRATION")
    page.goto("/admin/webhooks/")
    page.keyboard.press("n")
    page.get_by_label("URL").fill("https://10.0.0.1/hooks")
    page.get_by_label("All, also those to come").check()
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_text("The address is not public.")).to_be_visible()
    page.get_by_label("URL").fill("https://shop.example.com/hooks")
    page.get_by_role("button", name="Open it").click()
    expect(page.locator("code", has_text="whsec_")).to_be_visible()
    page.goto("/admin/webhooks/")
    page.get_by_role("link", name="https://shop.example.com/hooks").click()
    page.wait_for_url("**/admin/webhooks/*/")
    assert "whsec_" not in page.content()
