"""Signing by keyboard in a real browser; what has changed is shown; no findings in either scheme and size."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from core.approvals import registry, selectors
from core.approvals.models import ApprovalRequest
from core.approvals.services import policies
from ops.marketplace import signatures
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories import approvals, staff
from tests.factories.approvals import RenameABook, code_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policies() -> Iterator[None]:
    policies.install()
    yield
    registry._actions.pop("tests.rename", None)


@pytest.fixture
def book() -> RenameABook:
    """A thick one: controller and compliance sign."""
    return approvals.book(pages=500)


def test_two_people_sign_by_keyboard_and_it_is_done(
    page: Page, sign_in: Callable[..., staff.Person], book: RenameABook
) -> None:
    compliance = staff.person("COMPLIANCE")
    controller = sign_in("CONTROLLER", full_name="Ines Duarte")
    request = approvals.asked()
    page.goto("/admin/approvals/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/approvals/{request.request_id}/")
    page.get_by_label("One-time code").fill(code_of(controller))
    page.get_by_label("Reason").fill("Read it")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_text("It waits for the others")).to_be_visible()
    expect(page.get_by_text("Still missing: Compliance officer")).to_be_visible()
    approvals.signed(request, compliance)
    page.reload()
    expect(page.locator("h1 + .badge")).to_have_text("Executed")
    assert book.shelf["book_1"]["title"] == "Ledgers"


def test_what_has_changed_is_shown_and_nothing_signed(
    page: Page, sign_in: Callable[..., staff.Person], book: RenameABook, faults: list[str]
) -> None:
    book.shelf["book_1"]["pages"] = 100
    controller = sign_in("CONTROLLER")
    request = approvals.asked()
    page.goto(f"/admin/approvals/{request.request_id}/")
    book.shelf["book_1"]["edition"] = 2
    page.get_by_label("One-time code").fill(code_of(controller))
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_role("heading", name="Not signed: it has changed")).to_be_visible()
    expect(page.locator("#difference tbody tr")).to_have_text(["Edition12"])
    shoot(page, "approval-changed")
    assert request.signatures.count() == 0
    page.get_by_label("One-time code").fill(code_of(controller))
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("Signed, and done")).to_be_visible()
    assert selectors.get(request.request_id).state == "EXECUTED"
    faults[:] = [fault for fault in faults if "409" not in fault]


def test_an_adjustment_is_written_looked_at_and_asked_for(page: Page, sign_in: Callable[..., staff.Person]) -> None:
    staff.person("CONTROLLER")
    sign_in("TREASURY")
    page.goto("/admin/adjustments/")
    page.get_by_label("Reference").fill("ticket-1042")
    page.get_by_label("Reason").fill("Fee booked twice")
    page.get_by_label("Account of leg 1").fill("suspense")
    page.get_by_label("Amount of leg 1").fill("125.50")
    page.get_by_label("Account of leg 2").fill("fees:platform")
    page.get_by_label("Side of leg 2").select_option("CREDIT")
    page.get_by_label("Amount of leg 2").fill("125.50")
    page.get_by_role("button", name="Show balances").click()
    expect(page.get_by_role("heading", name="Balances before and after")).to_be_visible()
    shoot(page, "adjustment")
    page.get_by_role("button", name="Ask for signatures").click()
    expect(page.get_by_role("heading", name="Adjust ticket-1042 by 125.50 USD")).to_be_visible()


@each_look
def test_approval_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., staff.Person],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    staff.person("CONTROLLER")
    sign_in("COMPLIANCE")
    signatures.ask(treasurer="treasury@holdfast.example", now=approvals.timezone.now())
    large = ApprovalRequest.objects.get(needed=2)
    approvals.book()
    approvals.signed(approvals.asked(), staff.person("CONTROLLER"))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "approvals": "approvals/?show=all",
        "approval": f"approvals/{large.request_id}/",
        "policies": "approval-policies/",
        "policy": "approval-policies/ledger.adjust/",
        "affiliations": "affiliations/",
        "pairs": "approval-pairs/",
    }.items():
        page.goto(f"/admin/{path}")
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
