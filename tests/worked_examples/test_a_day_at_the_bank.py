"""A day of the trust account, to the cent: two bookings are settled, a customer sends a wire, the bank takes a fee.

The bank's file is written by hand in BAI2. Of booking one, 500.00 with a fee of 40.00, 460.00 are held; of booking two,
250.00 with 20.00, it is 230.00. The acquirer pays 750.00 in one sum. The wire is 1,200.00, the bank's fee 12.50.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.money import Money
from core.outbox import services as outbox
from escrow.models import BankStatement, Break, LineMatch
from escrow.services import bank_statements, breaks
from ledger import chart
from ledger.selectors import balances
from ledger.services import journal
from payments.services import reconciliation as acquirer
from tests.factories import staff
from tests.factories.payments import NOW, pay
from tests.factories.reconciliation import TREASURY, found, only, run
from tests.factories.switches import signed

pytestmark = pytest.mark.django_db

# The acquirer's day ends at midnight; its money is on the account the next morning.
NEXT_MORNING = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
STATEMENT = """\
01,122099999,HOLDFAST,260304,0600,1,80,,2/
02,HOLDFAST,122099999,1,260303,2359,USD,2/
03,9988774567,USD,010,+0,,,015,+193750,,/
88,100,195000,2,Z,400,1250,1,Z/
16,165,75000,Z,A77,,ACQUIRER SETTLEMENT 2026-03-02
16,195,120000,Z,W12,WIRE-4711,INCOMING WIRE FOR BOOKING
16,698,1250,Z,F01,,ACCOUNT MAINTENANCE
49,586250,6/
98,586250,1,8/
99,586250,1,10/
"""


def balance(account: str) -> str:
    return f"{Decimal(balances.get('test', account).posted.minor) / 100:.2f}"


def wire_in(amount: int) -> None:
    """A customer's wire, booked before anybody knows for what."""
    legs = [journal.Leg.debit(chart.BANK_TRUST, Money(amount)), journal.Leg.credit(chart.SUSPENSE, Money(amount))]
    journal.post(
        book="test", kind="tests.wire_in", legs=legs, reference="WIRE-4711", idempotency_key="wire",
        effective_at=NEXT_MORNING, now=NEXT_MORNING,
    )  # fmt: skip


def test_the_day_is_explained_to_the_cent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pay()
    pay(amount_minor=25_000, booking_id="book_service_002")
    outbox.drain(now=NOW)
    monkeypatch.setattr(acquirer, "inbox", lambda: tmp_path)
    acquirer.run(now=NEXT_MORNING)
    wire_in(120_000)
    assert balance(chart.BANK_TRUST) == "1950.00"

    file = bank_statements.import_file(
        name="day.bai", content=STATEMENT.encode(), book="test", actor=TREASURY, now=NEXT_MORNING + timedelta(days=1)
    )
    assert file.problem == ""
    statement = BankStatement.objects.get()
    assert (statement.opening_minor, statement.closing_minor, statement.account_tail) == (0, 193_750, "4567")

    # The bank and the ledger differ by the fee alone, and that is too young to be a break.
    made = run(now=NEXT_MORNING + timedelta(days=1))
    assert (made.state, made.found) == ("CLEAN", 0), found()
    matched = {(match.line.amount_minor, match.rule, match.amount_minor) for match in LineMatch.objects.all()}
    assert matched == {(75_000, "DAY", 50_000), (75_000, "DAY", 25_000), (120_000, "REFERENCE", 120_000)}

    # After three days the fee is a break, the book stands still, and nobody moves money until two have looked.
    later = NEXT_MORNING + timedelta(days=4)
    run(now=later)
    assert found() == [("BANK_LINE_UNMATCHED", f"{statement.public_id}/7", -1_250, 0)]
    row = only("BANK_LINE_UNMATCHED")
    assert row.detail == "2026-03-03 F01 ACCOUNT MAINTENANCE"

    staff.person("TREASURY", email="treasury@holdfast.example")
    controller = staff.person("CONTROLLER")
    request = breaks.ask_write_off(
        break_id=row.public_id, against=chart.costs("writeoff"), reason="bank fee of March", actor=TREASURY, now=later
    )
    signed(request, controller, now=later)
    assert (balance(chart.BANK_TRUST), balance(chart.costs("writeoff"))) == ("1937.50", "12.50")

    made = run(now=later + timedelta(hours=1), nightly=True)
    assert (made.state, Break.objects.get().state) == ("CLEAN", "WRITTEN_OFF"), found()
    held = next(row for row in made.totals["balances"] if row["kind"] == "escrow_held")
    assert (held["accounts"], held["postedMinor"]) == (2, 46_000 + 23_000)
    assert made.totals["bank"] == [{"currency": "USD", "lastDay": "2026-03-03", "closingMinor": 193_750}]
    assert made.certificate.number == 1
