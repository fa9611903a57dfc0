"""The API's own pages in a real browser: offline, under the strict policy, in both colour schemes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_looks import shoot


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_operations_are_shown_and_open(page: Page, scheme: str) -> None:
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if "localhost" not in request.url else None)
    page.emulate_media(color_scheme=scheme)
    page.goto("/v1/docs")
    expect(page.get_by_role("heading", name="Holdfast API")).to_be_visible()
    operation = page.locator("#operations-payments-createPayment")
    operation.get_by_role("button").first.click()
    expect(operation.get_by_text("Idempotency-Key").first).to_be_visible()
    expect(operation.get_by_text("payments:write").first).to_be_visible()
    shoot(page, f"api-docs-{scheme}")
    assert [url for url in elsewhere if not url.startswith(("data:", "blob:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_error_code_is_found_by_its_address(
    page: Page, violations: Callable[[Page], list[str]], scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto("/v1/docs/errors#IDEMPOTENCY_KEY_REUSED")
    expect(page.locator("tr:target")).to_contain_text("IDEMPOTENCY_KEY_REUSED")
    shoot(page, f"api-errors-{scheme}")
    assert violations(page) == []
