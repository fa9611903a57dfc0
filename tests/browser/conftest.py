"""Headless Chromium against the live test server. Any console error or page error fails the test that made it."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.factories import staff

# Playwright's loop runs in the test's thread; the server has threads of its own.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("HOLDFAST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)
WIDE = {"width": 1400, "height": 900}
PHONE = {"width": 375, "height": 812}
# What is in order need not be listed: that is most of what axe says.
FINDINGS_ONLY = {"resultTypes": ["violations"]}
OF_THE_LOOK = {
    **FINDINGS_ONLY,
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"],
    },
}
# Off by itself in axe: what is pressed has 24 pixels, or as much room around it (WCAG 2.2 AA).
ON_A_DESK = {**FINDINGS_ONLY, "rules": {"target-size": {"enabled": True}}}
# Each scheme and each width once: contrast belongs to the one, room to the other.
each_look = pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", PHONE)], ids=["wide-light", "phone-dark"]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this directory is a browser test."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _no_request_outlives_its_test(transactional_db: None, chromium: Browser) -> Iterator[None]:
    """It would write into the next test's tables, and sign with a key they never had.

    The server has a thread for each connection; a window's connections end with it.
    """
    yield
    for window in list(chromium.contexts):
        window.close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=20)
            assert not thread.is_alive(), "a request is still being answered"


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained about. A test that expects a complaint removes it from the list."""
    return []


@pytest.fixture
def window(chromium: Browser, live_server, faults: list[str]) -> Iterator[BrowserContext]:
    """A fresh window, nobody signed in; addresses are relative to the console's server."""
    context = chromium.new_context(base_url=live_server.url, viewport=WIDE, reduced_motion="reduce")
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    yield context
    context.close()
    assert not faults, faults


@pytest.fixture
def page(window: BrowserContext) -> Page:
    return window.new_page()


@pytest.fixture
def sign_in(window: BrowserContext, live_server) -> Callable[..., staff.Person]:
    """`sign_in("FRAUD_ANALYST")`: the window belongs to such a person from now on, both factors given."""

    def enter(*roles: str, full_name: str = "Robin Example") -> staff.Person:
        person, client = staff.person(*roles, full_name=full_name), Client()
        staff.sign_in(client, person.user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        window.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return person

    return enter


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """WCAG findings of axe on the page as it stands: `rule: elements`.

    On a telephone only what colours and room decide: the rest is the same page as on a desk.
    """

    def examine(page: Page) -> list[str]:
        narrow = page.viewport_size == PHONE
        found = Axe().run(page, options=OF_THE_LOOK if narrow else ON_A_DESK).response["violations"]
        return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]

    return examine
