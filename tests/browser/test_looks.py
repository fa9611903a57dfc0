"""Pages in both colour schemes and both widths: nothing to complain about, for axe or for the browser."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import PHONE, WIDE

PAGES = ["", "components/", "search/?q=pay", "records/", "account/password/", "no-such-page/", "staff/", "staff/new/"]
SHOTS = os.environ.get("HOLDFAST_SCREENSHOTS", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_console_pages_have_no_findings(
    page: Page,
    faults: list[str],
    sign_in: Callable[..., object],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    sign_in("ADMINISTRATOR")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    findings = {}
    for path in PAGES:
        page.goto(f"/admin/{path}")
        shoot(page, f"{path.split('?')[0].strip('/').replace('/', '-') or 'home'}-{scheme}-{size['width']}")
        if found := violations(page):
            findings[path] = found
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            findings[path] = [*findings.get(path, []), f"scrolls sideways: {width}"]
    faults[:] = [fault for fault in faults if "404" not in fault]
    assert not findings


def shoot(page: Page, name: str) -> None:
    """Kept only when somebody wants to look: HOLDFAST_SCREENSHOTS=directory."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_sign_in_page_has_no_findings(window: BrowserContext, violations: Callable[[Page], list[str]]) -> None:
    page = window.new_page()
    page.goto("/admin/")
    shoot(page, "login")
    assert violations(page) == []
