"""Transfers, payouts and verifications, and what the rail did with them, as the treasurer sees them in both looks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from ach.models import Cutoff, Originator
from core import clock
from payments.models import Transfer
from payments.services import payout_schedules, payouts, transfer_bookings, verifications
from payments.services.payout_schedules import NewSchedule
from payments.services.payouts import PayoutOrder
from payments.services.verifications import NewVerification
from payments.transfer_enums import Interval, VerificationMethod
from tests.browser.test_incidents import look
from tests.factories import ach_console
from tests.factories import ach_transfers as ach
from tests.factories.ach_transfers import BACKEND, SELLER, SHOP
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db(transaction=True)

Looks = Callable[[Page], list[str]]


def returned() -> Transfer:
    """460.00 that left, settled and came back."""
    transfer = ach.made()
    entry = ach.entry_of(transfer)
    for step in (ach.sent, ach.settled, ach.returned):
        step(entry)
        with transaction.atomic():
            transfer_bookings.follow([entry.public_id], now=NOW)
    return transfer


def test_the_treasurer_follows_the_money(page: Page, sign_in: Callable[..., object], violations: Looks) -> None:
    ach.balance()
    transfer = returned()
    new = NewSchedule(SELLER, Interval.WEEKLY, 5, 2_500, 10_000)
    payout_schedules.put(new=new, livemode=False, actor=BACKEND, now=NOW)
    payout = payouts.create(PayoutOrder(SELLER, 30_000), livemode=False, actor=BACKEND, now=clock.now())
    payout_schedules.pause(party_id=SELLER, livemode=False, why="login taken over", actor=BACKEND, now=clock.now())
    verification = verifications.start(
        new=NewVerification(ach.account(SHOP), VerificationMethod.MICRO_ENTRIES), livemode=False, actor=BACKEND,
        now=clock.now(),
    )  # fmt: skip
    sign_in("TREASURY")
    page.goto("/admin/transfers/")
    look(page, "transfers", violations)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("300.00")
    for name, address in (
        ("transfer", f"transfers/{transfer.public_id}/"),
        ("payouts", "payouts/"),
        ("payout", f"payouts/{payout.public_id}/"),
        ("payout-schedules", "payout-schedules/"),
        ("payout-schedule", f"payout-schedules/{SELLER}/"),
        ("verifications", "account-verifications/"),
        ("verification", f"account-verifications/{verification.public_id}/"),
    ):
        page.goto(f"/admin/{address}")
        look(page, name, violations)
    page.goto(f"/admin/transfers/{transfer.public_id}/")
    page.locator("#entries a").first.click()
    expect(page).to_have_url(f"/admin/ach/entries/{ach.entry_of(transfer).public_id}/")
    page.get_by_role("link", name="Asked for").first.click()
    expect(page).to_have_url(f"/admin/transfers/{transfer.public_id}/")


def test_the_treasurer_looks_at_cutoffs_and_originators(
    page: Page, sign_in: Callable[..., object], violations: Looks, tmp_path: Path
) -> None:
    ach_console.delivered(tmp_path)
    sign_in("TREASURY")
    for name, address in (
        ("cutoffs", "cutoffs/"),
        ("cutoff", f"cutoffs/{Cutoff.objects.get().public_id}/"),
        ("originators", "originators/"),
        ("originator", f"originators/{Originator.objects.get().public_id}/"),
        ("dishonors", "dishonors/"),
    ):
        page.goto(f"/admin/ach/{address}")
        look(page, f"ach-{name}", violations)
