"""A mediator hears both sides and decides; nothing to object in either scheme and size, and all of it by keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.outbox import services as outbox
from escrow.models import Dispute, Escrow, Receivable
from escrow.services import receivables
from tests.browser.test_incidents import look
from tests.factories import escrows, staff
from tests.factories.chargebacks import move
from tests.factories.disputes import raised, said

pytestmark = pytest.mark.django_db(transaction=True)

Looks = Callable[[Page], list[str]]


def disputed(amount_minor: int = 80_000, *, is_heard: bool = True) -> Dispute:
    now = clock.now()
    escrow = escrows.funded(amount_minor, now=now)
    dispute = raised(escrow, now=now)
    said(escrow, "PAYER", now=now, statement="Half of the pictures are missing.")
    if is_heard:
        said(escrow, "PAYEE", now=now, statement="They were all delivered on 3 March.")
    outbox.drain(now=now)
    return dispute


def test_a_mediator_takes_it_types_an_amount_and_decides(
    page: Page, sign_in: Callable[..., object], violations: Looks
) -> None:
    dispute = disputed()
    sign_in("MEDIATOR")
    page.goto("/admin/disputes/")
    expect(page.get_by_text("goes back to the payer on")).to_be_visible()
    look(page, "disputes", violations)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/disputes/{dispute.public_id}/")
    expect(page.get_by_text("Half of the pictures are missing.").first).to_be_visible()
    expect(page.get_by_text("They were all delivered on 3 March.")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_text("It is yours to mediate.")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_label("To the payee").fill("650.00")
    expect(page.locator("#arithmetic")).to_contain_text("150.00")
    expect(page.locator("#arithmetic")).to_contain_text("You decide it alone")
    look(page, "dispute", violations)
    page.get_by_label("To the payee").fill("900")
    expect(page.locator("#arithmetic")).to_contain_text("Between 0 and 800.00.")
    page.get_by_label("To the payee").fill("650.00")
    page.get_by_label("Reason", exact=True).fill("Two thirds were delivered.")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(page.get_by_text("Decided: the money has moved.")).to_be_visible()
    look(page, "dispute-resolved", violations)
    dispute.refresh_from_db()
    assert (dispute.release_minor, dispute.refund_minor, Escrow.objects.get().status) == (65_000, 15_000, "RELEASED")


def test_who_may_not_reads_why(page: Page, sign_in: Callable[..., object], violations: Looks) -> None:
    dispute = disputed(200_000, is_heard=False)
    staff.person("MEDIATOR", email="mia@holdfast.example")
    sign_in("ESCROW_APPROVER")
    page.goto(f"/admin/disputes/{dispute.public_id}/")
    expect(page.get_by_text("Your roles do not mediate disputes.")).to_be_visible()
    expect(page.get_by_text("2,000.00 USD is more than the 1,000.00 USD of the terms.").first).to_be_visible()
    look(page, "dispute-read", violations)


def test_treasury_raises_one_and_follows_a_debt(page: Page, sign_in: Callable[..., object], violations: Looks) -> None:
    now = clock.now()
    escrow = escrows.funded(80_000, now=now)
    move(46_000, debit="returns_receivable:prov_provider456", credit="bank:trust")
    receivables.open_(
        party=escrow.payee,
        escrow=escrow,
        cause="cb_0lq9ilnhwp0123456789abcd",
        amount_minor=46_000,
        currency="USD",
        now=now,
    )
    move(20_000, debit="bank:trust", credit="provider_payable:prov_provider456")
    receivables.recover(party=escrow.payee, now=now, reference=escrow.public_id)
    outbox.drain(now=now)
    sign_in("TREASURY")
    page.goto(f"/admin/disputes/raise/{escrow.public_id}/")
    look(page, "dispute-raise", violations)
    page.get_by_label("What happened").fill("The payer called")
    page.get_by_role("button", name="Raise it").click()
    expect(page.get_by_text("Nothing of the escrow moves until it has ended.").first).to_be_visible()
    page.goto("/admin/receivables/")
    expect(page.get_by_text("260.00").first).to_be_visible()
    look(page, "receivables", violations)
    page.goto(f"/admin/receivables/{Receivable.objects.get().public_id}/")
    expect(page.get_by_text("Kept from what it is owed")).to_be_visible()
    look(page, "receivable", violations)
