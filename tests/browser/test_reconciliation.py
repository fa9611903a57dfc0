"""Treasury reconciles: a statement in, a run, a break, the question. No finding in either scheme and size."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.work import services as work
from escrow.models import Break
from tests.browser.test_incidents import look
from tests.factories import staff
from tests.factories.reconciliation import held, run, tamper
from tests.unit.escrow.test_csv_statements import FILE

pytestmark = pytest.mark.django_db(transaction=True)

Looks = Callable[[Page], list[str]]


def test_from_the_statement_to_the_question(
    page: Page, sign_in: Callable[..., object], violations: Looks, tmp_path: Path
) -> None:
    escrow = held(now=clock.now())
    tamper(
        "UPDATE ledger_balance SET posted_minor = posted_minor - 100 WHERE account_id ="
        " (SELECT id FROM ledger_account WHERE code = 'escrow_held:' || %s)",
        escrow.account,
    )
    staff.person("CONTROLLER")
    (tmp_path / "march.csv").write_text(FILE)
    sign_in("TREASURY")

    page.goto("/admin/escrow/statements/")
    page.get_by_label("Bank statement").set_input_files(tmp_path / "march.csv")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("march.csv is in.")).to_be_visible()
    page.wait_for_load_state()
    look(page, "bank-statements", violations)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_text("PAYOUT, STUDIO NORTH")).to_be_visible()
    look(page, "bank-statement", violations)

    page.goto("/admin/escrow/reconciliation/")
    page.keyboard.press("c")
    expect(page.get_by_text("A worker takes it in a moment.")).to_be_visible()
    work.drain(now=clock.now())
    expect(page.get_by_text("of them new.")).to_be_visible()
    look(page, "reconciliation", violations)
    page.goto("/admin/escrow/reconciliation/")
    expect(page.get_by_text("Movements are halted: book:test")).to_be_visible()
    look(page, "reconciliations", violations)

    row = Break.objects.get(kind="BALANCE_DIFFERS")
    page.goto("/admin/escrow/breaks/")
    look(page, "breaks", violations)
    page.goto(f"/admin/escrow/breaks/{row.public_id}/")
    look(page, "break", violations)
    page.get_by_label("Against").select_option("costs:writeoff")
    page.get_by_label("Reason").fill("Counted by hand, a dollar is gone.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask for a signature").click()
    expect(page.get_by_text("It is written off with the signature of a second person.")).to_be_visible()


def test_a_certificate_is_read_and_verified(page: Page, sign_in: Callable[..., object], violations: Looks) -> None:
    made = run(nightly=True, now=clock.now()).certificate
    sign_in("AUDITOR")
    page.goto("/admin/escrow/certificates/")
    look(page, "certificates", violations)
    page.goto(f"/admin/escrow/certificates/{made.public_id}/")
    expect(page.get_by_text("Verified now")).to_be_visible()
    look(page, "certificate", violations)
