"""The shell at work: find, walk, keep a view, take a list out, prove the record, print."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.audit import anchors, sealing
from core.audit.models import AuditVerification
from core.work import services as work
from tests.browser.test_looks import shoot
from tests.factories import staff
from tests.factories.payments import pay


@pytest.fixture(autouse=True)
def _auditor(sign_in: Callable[..., staff.Person]) -> None:
    sign_in("AUDITOR", full_name="Lena Fischer")


def test_last_four_digits_are_found_walked_and_opened_by_keys(
    page: Page, violations: Callable[[Page], list[str]]
) -> None:
    pay()
    pay()
    page.goto("/admin/audit/")
    page.keyboard.press("/")
    page.keyboard.type("4242")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/search/?**")
    expect(page.get_by_role("heading", name="Results for “4242”")).to_be_visible()
    shoot(page, "search-results")
    assert violations(page) == []
    page.locator("#main").focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("li.at")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


def test_filter_is_kept_under_a_name_and_opened_from_the_navigation(
    page: Page, violations: Callable[[Page], list[str]]
) -> None:
    page.goto("/admin/payments/?status=FAILED")
    page.keyboard.press("s")
    page.get_by_role("textbox", name="Name").fill("Failed today")
    shoot(page, "view-form")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".views [aria-current]")).to_have_text("Failed today")
    shoot(page, "view-kept")
    page.goto("/admin/payments/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Failed today").click()
    expect(page.get_by_label("Status")).to_have_value("FAILED")


def test_list_is_taken_out_after_being_told_what_that_means(
    page: Page, violations: Callable[[Page], list[str]]
) -> None:
    pay()
    page.goto("/admin/payments/")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Export as CSV")
    expect(dialog).to_contain_text("100,000 rows")
    shoot(page, "export")
    assert violations(page) == []
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.startswith("holdfast-payments-test-")
    expect(dialog).not_to_be_visible()


def test_record_is_proved_while_the_page_looks_on(page: Page, violations: Callable[[Page], list[str]]) -> None:
    sealing.seal_all(now=clock.now())
    anchors.write_if_due(now=clock.now())
    page.goto("/admin/audit/verifications/")
    page.keyboard.press("w")
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    shoot(page, "verification-waiting")
    assert violations(page) == []

    work.drain(now=AuditVerification.objects.get().requested_at)

    expect(page.get_by_text("The record is whole")).to_be_visible(timeout=8_000)
    shoot(page, "verification-clean")
    assert violations(page) == []


def test_help_names_only_what_the_page_has(page: Page) -> None:
    page.goto("/admin/views/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog.get_by_text("next, previous row")).not_to_be_visible()
    page.keyboard.press("Escape")
    pay()
    page.goto("/admin/payments/")
    page.keyboard.press("?")
    expect(dialog.get_by_text("next, previous row")).to_be_visible()
    expect(dialog).to_contain_text("Export as CSV")


@pytest.mark.parametrize("path", ["accounts/fees:platform/", "payments/", "audit/"])
def test_paper_says_what_when_and_for_whom_and_leaves_the_navigation_out(page: Page, path: str) -> None:
    pay()
    page.goto(f"/admin/{path}")
    expect(page.locator(".printed")).not_to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    printed = page.locator(".printed")
    expect(printed).to_contain_text("printed by Lena Fischer")
    expect(printed).to_contain_text(path)
    for part in (".side", ".top", ".filters", ".list-bar"):
        for found in page.locator(part).all():
            expect(found).not_to_be_visible()
    ink = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert ink == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    shoot(page, f"print-{path.strip('/').replace('/', '-').replace(':', '-')}")
