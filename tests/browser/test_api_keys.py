"""A live key's whole life in the browser: asked for, signed, collected once, used, rotated, revoked."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.api import keys, rotation
from tests.browser.conftest import WIDE, each_look
from tests.browser.test_looks import shoot
from tests.factories import keys as live
from tests.factories import staff
from tests.factories.approvals import code_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def officer_window(chromium: Browser, live_server: Any) -> BrowserContext:
    """A second window, for the other person."""
    return chromium.new_context(base_url=live_server.url, viewport=WIDE, reduced_motion="reduce")


def enter(context: BrowserContext, live_server: Any, *roles: str, full_name: str) -> staff.Person:
    person, client = staff.person(*roles, full_name=full_name), Client()
    staff.sign_in(client, person.user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return person


def status(live_server: Any, secret: str) -> int:
    """What the API says to this key, as a client elsewhere sees it a little later."""
    keys.forget_cache()
    return httpx.get(f"{live_server.url}/v1/payments", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_live_key_from_the_question_to_its_end(
    page: Page, sign_in: Callable[..., staff.Person], officer_window: BrowserContext, live_server: Any
) -> None:
    officer = enter(officer_window, live_server, "SECURITY_OFFICER", full_name="Sol Officer")
    integrator = sign_in("INTEGRATION", full_name="Ada Integrator")

    page.goto("/admin/api-keys/")
    page.keyboard.press("n")
    page.get_by_label("Name", exact=True).fill("Shop backend")
    page.get_by_label("Live: a second person signs").check()
    page.get_by_label("payments:read: ").check()
    page.get_by_label("Reason").fill("The shop goes live on Monday")
    page.get_by_role("button", name="Make or ask").click()
    expect(page).to_have_url(re.compile("/admin/approvals/apr_"))

    signing = officer_window.new_page()
    signing.goto(page.url)
    expect(signing.get_by_text("Shop backend").first).to_be_visible()
    signing.get_by_label("One-time code").first.fill(code_of(officer))
    signing.get_by_role("button", name="Sign").first.click()
    expect(signing.get_by_text("Executed").first).to_be_visible()

    page.goto("/admin/api-keys/")
    page.get_by_role("button", name="Test data").click()
    page.get_by_role("link", name="Shop backend").click()
    expect(page.get_by_role("button", name="Collect")).to_be_visible()
    address = page.url
    page.get_by_label("One-time code").first.fill(code_of(integrator))
    page.get_by_role("button", name="Collect").click()
    first = page.locator("code.secret").inner_text()
    assert first.startswith("rk_live_")
    assert status(live_server, first) == 200

    page.goto(address)
    expect(page.get_by_role("button", name="Collect")).to_have_count(0)

    page.get_by_label("One-time code").fill(code_of(integrator))
    page.get_by_role("button", name="Rotate").click()
    second = page.locator("code.secret").inner_text()
    assert [status(live_server, secret) for secret in (first, second)] == [200, 200]

    page.goto(address)
    page.get_by_role("button", name="Revoke this key").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    assert [status(live_server, secret) for secret in (first, second)] == [401, 200]


@each_look
def test_key_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., staff.Person],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    integrator = sign_in("INTEGRATION", full_name="Ada Integrator")
    officer = staff.person("SECURITY_OFFICER")
    waiting = live.issued(integrator, officer, "payments:read")
    key, _ = live.collected(integrator, officer, "payments:read", "refunds:write", networks=("203.0.113.0/24",))
    now = timezone.now()
    old, _ = keys.create(
        name="bookkeeping", livemode=False, scopes=["payments:read"], actor=integrator.user.actor(),
        expires_at=now + timedelta(days=9), now=now,
    )  # fmt: skip
    rotation.rotate(key_id=old.public_id, actor=integrator.user.actor(), now=now)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "api-keys": "api-keys/",
        "api-key-new": "api-keys/new/",
        "api-key": f"api-keys/{key.public_id}/",
        "api-key-waiting": f"api-keys/{waiting.public_id}/",
        "api-scopes": "api-keys/scopes/",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
