"""The rail by keyboard: the records of a file field by field, and each page about one thing in both looks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ach.models import Entry
from core.outbox import services as outbox
from tests.browser.test_incidents import look
from tests.factories import ach_console
from tests.factories.ach_inbound import CAME

pytestmark = pytest.mark.django_db(transaction=True)

Looks = Callable[[Page], list[str]]


def test_the_treasurer_looks_at_the_rail(
    page: Page, sign_in: Callable[..., object], violations: Looks, tmp_path: Path
) -> None:
    file = ach_console.delivered(tmp_path)
    rail = ach_console.rail()
    outbox.drain(now=CAME)
    sign_in("TREASURY")
    page.goto("/admin/ach/")
    look(page, "ach", violations)
    entry = Entry.objects.get(amount_minor=46_000)
    for name, address in (
        ("entry", f"entries/{rail.returned.public_id}/"),
        ("file", f"files/{file.public_id}/"),
        ("item", f"items/{rail.strays.public_id}/"),
        ("change", f"changes/{rail.change.public_id}/"),
    ):
        page.goto(f"/admin/ach/{address}")
        look(page, f"ach-{name}", violations)

    page.goto(f"/admin/ach/files/{file.public_id}/")
    page.keyboard.press("b")
    told = page.locator("#told")
    expect(told).to_contain_text("Arrow keys")
    for _ in range(3):
        page.keyboard.press("j")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(told).to_have_text("Account number, columns 13 to 29, masked: of the receiver; only its end is shown")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("Amount, columns 30 to 39")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#L4 [role=gridcell]:focus")).to_have_text("0000125055")
    page.keyboard.press("ArrowUp")
    page.locator("#L1 [data-tells='file-header.destination']").hover()
    expect(told).to_contain_text("Amount, columns 30 to 39")
    look(page, "ach-records", violations)
    page.locator("#L3 a").click()
    expect(page.get_by_text(entry.trace, exact=True).first).to_be_visible()
