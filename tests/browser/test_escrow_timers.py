"""The timers calendar as a person sees it: overdue on top, days below, walked by keys, on a phone and by night."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.actors import SYSTEM
from escrow.enums import LockReason
from escrow.services import locks
from tests.browser.conftest import each_look
from tests.factories.clocks import fire, funded, met

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("HOLDFAST_SCREENSHOTS", "")


@each_look
def test_the_calendar(
    page: Page, sign_in: Callable[..., object], violations: Callable[[Page], list[str]], scheme: str,
    size: dict[str, int],
) -> None:  # fmt: skip
    now = clock.now()
    warned, held, late = (funded(now=now - timedelta(hours=hours)) for hours in (300, 10, 170))
    met(warned, now - timedelta(hours=250))
    fire(now - timedelta(hours=30))
    locks.hold(
        escrow_id=held.public_id, livemode=False, reason=LockReason.FRAUD, note="looked at", actor=SYSTEM, now=now
    )
    sign_in("TREASURY")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    page.goto("/admin/escrow-timers/")
    rows = page.locator("[data-rows] tbody tr:not(.group)")
    expect(rows.first).to_contain_text("Overdue", ignore_case=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/escrow-timers-{scheme}-{size['width']}.png", full_page=True)
    assert violations(page) == []
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/escrows/**")
    assert late.public_id in page.url
    page.goto("/admin/escrow-timers/")
    page.get_by_role("link", name="Warned of").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Warning, 72 h before the auto release")
    assert warned.public_id in str(rows.locator(".row-link").get_attribute("href"))
