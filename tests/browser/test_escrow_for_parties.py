"""Treasury acts for a party that has told it: pages without findings in every look, and done from the keyboard."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from core.approvals.services import policies
from escrow.models import Escrow, Submission, Terms
from escrow.services import conditions
from tests.browser.conftest import each_look
from tests.browser.test_looks import shoot
from tests.factories import releases, staff
from tests.factories.disputes import raised
from tests.factories.escrows import BACKEND

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policies() -> None:
    policies.install()


def inspected() -> Escrow:
    """A milestone that the marketplace says is reached, with two days to look at it."""
    milestone = {
        "conditionId": "album", "type": "MILESTONE_REACHED", "description": "The album is printed",
        "milestoneData": {"inspectionHours": 48},
    }  # fmt: skip
    escrow = releases.funded(90_000, document=releases.terms() | {"escrowConditions": [milestone]}, met=False)
    conditions.satisfy(
        escrow_id=escrow.public_id, condition_id="album", livemode=False, by="", evidence=[], actor=BACKEND,
        now=timezone.now(),
    )  # fmt: skip
    return escrow


@each_look
def test_pages_have_no_findings(
    page: Page,
    sign_in: Callable[..., staff.Person],
    violations: Callable[[Page], list[str]],
    scheme: str,
    size: dict[str, int],
) -> None:
    looked_at, disputed = inspected(), releases.funded(80_000, met=False)
    dispute = raised(disputed, now=timezone.now())
    sign_in("TREASURY")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    for name, path in {
        "escrow-inspected": f"escrows/{looked_at.public_id}/",
        "escrow-amend": f"escrows/{looked_at.public_id}/amend/",
        "dispute-evidence": f"disputes/{dispute.public_id}/",
    }.items():
        page.goto(f"/admin/{path}")
        for closed in page.locator("details.act > summary").all():
            closed.click()
        shoot(page, f"{name}-{scheme}-{size['width']}")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_new_terms_are_compared_and_proposed_from_the_keyboard(
    page: Page, sign_in: Callable[..., staff.Person]
) -> None:
    escrow = inspected()
    sign_in("TREASURY")
    page.goto(f"/admin/escrows/{escrow.public_id}/")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Propose new terms")).to_be_visible()
    page.get_by_label("Goes back after, hours").fill("888")
    page.get_by_label("Why", exact=True).fill("One week more")
    page.locator("h1").click()
    page.keyboard.press("b")
    expect(page.locator("#changes")).to_contain_text("888")
    page.get_by_role("button", name="Put it to both sides").press("Enter")
    expect(page.get_by_text("Version 2 is proposed.")).to_be_visible()
    assert Terms.objects.get(version=2).state == "PROPOSED"
    page.get_by_role("button", name="Take version 2 back").press("Enter")
    expect(page.get_by_text("Taken back: the terms in force stay.")).to_be_visible()


def test_evidence_is_written_down_from_the_keyboard(page: Page, sign_in: Callable[..., staff.Person]) -> None:
    dispute = raised(releases.funded(80_000, met=False), now=timezone.now())
    sign_in("TREASURY")
    page.goto(f"/admin/disputes/{dispute.public_id}/")
    story = page.locator("#story-payer")
    story.get_by_text("Enter what the payer says").press("Enter")
    story.get_by_label("Statement").fill("They rang: 40 pictures are missing.")
    story.get_by_label("They have said all").press("Space")
    story.get_by_role("button", name="Enter it").press("Enter")
    expect(page.get_by_text("Submitted for the payer.")).to_be_visible()
    assert Submission.objects.get().side == "PAYER"
