"""200 payouts of sellers, from the request to the bank's statement: what docs/ach-tour.md tells.

People act by the page, the bank by files, and at each stage every cent is where it should be. With HOLDFAST_SCREENSHOTS
its pictures are written.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from ach.enums import ChangeState, EntryState, FileState
from ach.models import Change, Entry, File, Originator
from ach.sandbox import paid_in, statements
from ach.services.originators import SHIPPED_ID
from compliance.models import BankAccount
from core import clock
from core.approvals.services import policies
from core.clock import FixedClock
from core.money import Money
from core.outbox import services as outbox
from core.work import services as work
from escrow.models import Break, ReconciliationRun
from ledger import chart
from ledger.models import Balance
from ledger.services import journal
from ledger.services.journal import Leg
from ops.marketplace.rail import pass_time
from payments.services import payouts
from payments.services.payouts import PayoutOrder
from tests.browser.test_fraud_tour import picture
from tests.factories import bank_accounts, staff
from tests.factories.ach_calendar import new_york
from tests.factories.ach_transfers import BACKEND, held_by
from tests.factories.approvals import code_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

SignIn = Callable[..., staff.Person]
ASKED, CUT = new_york("2026-03-02 10:00"), new_york("2026-03-02 16:50")
SETTLED, RETURNED = new_york("2026-03-03 08:31"), new_york("2026-03-04 07:01")
CORRECTED, FRIDAY = new_york("2026-03-05 07:01"), new_york("2026-03-06 10:00")
PAYOUTS = 200
ANSWERS = {20: "7000001", 70: "7000002", 120: "7000003", 30: "7000101", 80: "7000102"}
COMES_BACK = (20, 70, 120)
OUT = "ach_clearing:out"


def cents(number: int) -> int:
    """250.00 to the first seller, 1.01 more to each further one: 70,099.00 to 200."""
    return 25_000 + 101 * number


TOTAL, BACK = sum(map(cents, range(PAYOUTS))), sum(map(cents, COMES_BACK))


@pytest.fixture
def moving() -> Iterator[FixedClock]:
    """Everybody was paid for their work by one wire, and asks for a payout on a Monday morning."""
    policies.install()
    with clock.use(FixedClock(ASKED)) as standing:
        sellers = [f"prov_seller_{number:03d}" for number in range(PAYOUTS)]
        for number, seller in enumerate(sellers):
            bank_accounts.party(seller)
            digits = f"31{number:03d}{ANSWERS.get(number, '5551234')}"
            bank_accounts.active(seller, number=digits)
        earned = [Leg.credit(chart.provider_payable(seller), Money(cents(n))) for n, seller in enumerate(sellers)]
        with transaction.atomic():
            journal.post(
                book="test", kind="tests.earned", legs=[Leg.debit(chart.BANK_TRUST, Money(TOTAL)), *earned],
                reference="WIRE-0302", idempotency_key="earned", effective_at=ASKED, now=ASKED,
            )  # fmt: skip
            paid_in.pay(reference="WIRE-0302", words="WIRE IN", amount_minor=TOTAL, at=ASKED)
        for seller in sellers:
            payouts.create(PayoutOrder(seller), livemode=False, actor=BACKEND, now=ASKED)
        yield standing


def go_to(moving: FixedClock, moment: datetime) -> None:
    """The clock is there, and rail, bank and workers have done what is due."""
    moving.at = moment
    pass_time(moment)
    settle(moment)


def settle(now: datetime) -> None:
    outbox.drain(now=now)
    work.drain(now=now)


def paid_to_sellers() -> int:
    """What is owed to all of them, in cents."""
    rows = Balance.objects.filter(account__book="test", account__kind="provider_payable")
    return sum(rows.values_list("posted_minor", flat=True))


def books() -> tuple[int, int, int]:
    """Owed to sellers, on the way, at the bank."""
    return paid_to_sellers(), held_by(OUT), held_by("bank:trust")


def sign(page: Page, person: staff.Person) -> None:
    """With the keyboard: a fresh code, then `s` outside of the field."""
    page.get_by_label("One-time code").fill(code_of(person))
    page.keyboard.press("Escape")
    page.keyboard.press("s")


def test_two_hundred_payouts_from_the_request_to_the_statement(
    page: Page, sign_in: SignIn, moving: FixedClock, tmp_path: Path
) -> None:
    staff.person("CONTROLLER"), staff.person("COMPLIANCE"), staff.person("COMPLIANCE")
    treasurer = sign_in("TREASURY", full_name="Marcus Bell")
    assert books() == (TOTAL, 0, TOTAL) == (7_009_900, 0, 7_009_900)
    page.goto("/admin/ach/")
    expect(page.get_by_text("70,099.00").first).to_be_visible()
    picture(page, "ach-waiting")

    # The cutoff: one file, which two people release.
    go_to(moving, CUT)
    file = File.objects.get()
    assert (file.state, file.entry_count, file.credit_minor) == (FileState.UNSIGNED, PAYOUTS, TOTAL)
    page.goto("/admin/ach/files/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="see who signs").click()
    sign(page, treasurer)
    expect(page.get_by_text("You have signed this already.")).to_be_visible()
    controller = sign_in("CONTROLLER", full_name="Ines Duarte")
    page.reload()
    picture(page, "ach-signature")
    sign(page, controller)
    expect(page.get_by_text("How it ended")).to_be_visible()
    assert books() == (TOTAL, 0, TOTAL)

    # Delivered and acknowledged, then settled.
    go_to(moving, CUT + timedelta(minutes=1))
    assert (books(), File.objects.get().state) == ((0, TOTAL, TOTAL), FileState.DELIVERED)
    go_to(moving, CUT + timedelta(minutes=7))
    assert (books(), File.objects.get().state) == ((0, TOTAL, TOTAL), FileState.ACKNOWLEDGED)
    sign_in("TREASURY", full_name="Marcus Bell")
    page.goto(f"/admin/ach/files/{file.public_id}/")
    expect(page.get_by_text("Acknowledged", exact=False).first).to_be_visible()
    picture(page, "ach-file")
    page.keyboard.press("b")
    expect(page.locator("#told")).to_contain_text("Arrow keys")
    picture(page, "ach-records")
    go_to(moving, SETTLED)
    assert books() == (0, 0, 0)

    # Three come back: their money is the sellers' again.
    go_to(moving, RETURNED)
    assert books() == (BACK, 0, BACK)
    assert Entry.objects.filter(state=EntryState.RETURNED).count() == len(COMES_BACK)
    entry = Entry.objects.get(return_code="R02")
    page.goto(f"/admin/ach/entries/{entry.public_id}/")
    expect(page.get_by_text("R02").first).to_be_visible()
    picture(page, "ach-returned")

    # Two banks correct an account, and two people sign each.
    go_to(moving, CORRECTED)
    settle(CORRECTED)
    assert set(Change.objects.values_list("code", "state")) == {("C01", ChangeState.ASKED), ("C02", ChangeState.ASKED)}
    for name in ("Yuki Tanaka", "Odile Marchand"):
        officer = sign_in("COMPLIANCE", full_name=name)
        for change in Change.objects.order_by("code"):
            page.goto(f"/admin/approvals/{change.approval_id}/")
            if change.code == "C01" and name.startswith("Odile"):
                picture(page, "ach-correction", height=720)
            sign(page, officer)
            told = "How it ended" if name.startswith("Odile") else "You have signed this already."
            expect(page.get_by_text(told)).to_be_visible()
    settle(CORRECTED)
    assert set(Change.objects.values_list("state", flat=True)) == {ChangeState.APPLIED}
    assert BankAccount.objects.count() == PAYOUTS + 2

    # The bank's statement, and nothing is open.
    go_to(moving, FRIDAY)
    bank = Originator.objects.get(public_id=SHIPPED_ID)
    (tmp_path / "week.csv").write_text(statements.statement(date(2026, 3, 2), FRIDAY.date(), originator=bank))
    sign_in("TREASURY", full_name="Marcus Bell")
    take(page, tmp_path / "week.csv")
    assert reconcile(page, moving.at) == ("CLEAN", [])
    picture(page, "ach-reconciled")
    page.goto("/admin/trial-balance/")
    expect(page.get_by_text("Debits equal credits")).to_be_visible()
    assert books() == (BACK, 0, BACK)

    # A week later the bank has a return which no file has told of.
    later = FRIDAY + timedelta(days=7)
    (tmp_path / "next.csv").write_text(
        "date,amount,currency,reference,description,balance\n"
        f"2026-03-09,-250.00,USD,123456789999999,ACH RETURN R10 WEB,{(BACK - 25_000) / 100:.2f}\n"
    )
    moving.at = later
    take(page, tmp_path / "next.csv")
    state, broken = reconcile(page, later)
    assert (state, broken) == ("BROKEN", ["BANK_LINE_UNMATCHED"])
    page.goto(f"/admin/escrow/breaks/{Break.objects.get(state='OPEN').public_id}/")
    expect(page.get_by_text("ACH RETURN R10 WEB").first).to_be_visible()
    picture(page, "ach-break")


def take(page: Page, statement: Path) -> None:
    page.goto("/admin/escrow/statements/")
    page.get_by_label("Bank statement").set_input_files(statement)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text(f"{statement.name} is in.")).to_be_visible()


def reconcile(page: Page, now: datetime) -> tuple[str, list[str]]:
    """By its button; how the run ended, and the kinds of the open breaks."""
    page.goto("/admin/escrow/reconciliation/")
    page.keyboard.press("c")
    expect(page.get_by_text("A worker takes it in a moment.")).to_be_visible()
    work.drain(now=now)
    run = ReconciliationRun.objects.latest("pk")
    page.goto(f"/admin/escrow/reconciliation/{run.public_id}/")
    return run.state, sorted(Break.objects.filter(state="OPEN").values_list("kind", flat=True))
