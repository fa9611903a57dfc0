"""`verify_ledger` finds what a superuser does with the triggers off. Each check has the change that makes it fail."""

import io
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from core.money import Money
from ledger import chart
from ledger.services import holds, journal, reversals, writer
from ledger.verification import checks
from ledger.verification import services as verification
from ledger.verification.checks import Check

pytestmark = pytest.mark.django_db

ESCROW = chart.escrow_held("ESC_1703123456789_ABCDEF12")
PROVIDER = chart.provider_payable("provider_456")


@pytest.fixture(autouse=True)
def _a_week_of_business(now: datetime) -> None:
    """Every kind of row: hot and normal accounts, sealed and waiting deltas, reservations open and settled."""
    for day in range(4):
        at = now + timedelta(days=day)
        journal.post(
            book="test",
            kind="payments.captured",
            legs=[
                journal.Leg.debit(chart.ACQUIRER_RECEIVABLE, Money(50000)),
                journal.Leg.credit(ESCROW, Money(46000)),
                journal.Leg.credit(chart.FEES_PLATFORM, Money(4000)),
            ],
            reference=f"pay_{day}",
            idempotency_key=f"capture:{day}",
            effective_at=at,
            now=at,
        )
        if day == 1:
            writer.roll_up(now=at)
    entry = journal.post(
        book="test",
        kind="escrow.released",
        legs=[journal.Leg.debit(ESCROW, Money(46000)), journal.Leg.credit(PROVIDER, Money(46000))],
        reference="pay_0",
        idempotency_key="release:0",
        effective_at=now,
        now=now,
    )
    reversals.reverse(entry_id=entry.entry_id, reason="released too early", idempotency_key="undo:0", now=now)
    hold = holds.place(
        book="test", account=ESCROW, amount=Money(100), reference="dis_1", idempotency_key="hold:1", now=now
    )
    holds.release(hold_id=hold.entry_id, reason="dispute withdrawn", idempotency_key="release-hold:1", now=now)
    journal.post_pending(
        book="test",
        kind="payouts.requested",
        legs=[journal.Leg.debit(ESCROW, Money(2000)), journal.Leg.credit(chart.ACH_CLEARING_OUT, Money(2000))],
        reference="po_1",
        idempotency_key="payout:1",
        effective_at=now,
        now=now,
    )


def tamper(sql: str) -> None:
    """As a superuser who switches the triggers off, the way `session_replication_role` allows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql)
        assert cursor.rowcount, "the tampering touched no row"
        cursor.execute("SET LOCAL session_replication_role = origin")


def failing() -> set[str]:
    return {outcome.check.name for outcome in verification.verify() if outcome.difference_count}


def test_an_honest_ledger_is_whole() -> None:
    assert failing() == set()


@pytest.mark.parametrize(
    ("found_by", "sql"),
    [
        pytest.param(
            checks.ENTRIES_BALANCE,
            "UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE id = (SELECT min(id) FROM ledger_posting)",
            id="a cent more on one leg",
        ),
        pytest.param(
            checks.REFERENCES_HOLD,
            "UPDATE ledger_posting SET account_id = 999999999 WHERE id = (SELECT min(id) FROM ledger_posting)",
            id="a leg moved to no account",
        ),
        pytest.param(
            checks.REFERENCES_HOLD,
            "DELETE FROM ledger_entry WHERE kind = 'escrow.released' AND reverses_id IS NOT NULL",
            id="an entry deleted under its legs",
        ),
        pytest.param(
            checks.REFERENCES_HOLD,
            "UPDATE ledger_account SET book = 'live' WHERE code = 'provider_payable:provider_456'",
            id="an account moved to the other book",
        ),
        pytest.param(
            checks.ENTRIES_ARE_WHOLE,
            "UPDATE ledger_entry SET reference = 'pay_9' WHERE idempotency_key = 'capture:2'",
            id="an entry that says it belongs to another payment",
        ),
        pytest.param(
            checks.ENTRIES_ARE_WHOLE,
            "DELETE FROM ledger_posting WHERE entry_id = (SELECT max(entry_id) FROM ledger_posting)",
            id="all legs of an entry deleted",
        ),
        pytest.param(
            checks.BALANCES_MATCH,
            "UPDATE ledger_balance SET posted_minor = posted_minor + 1 WHERE account_id ="
            " (SELECT id FROM ledger_account WHERE code = 'provider_payable:provider_456')",
            id="a balance one cent richer",
        ),
        pytest.param(
            checks.BALANCES_MATCH,
            "UPDATE ledger_balance SET pending_out_minor = 0 WHERE pending_out_minor = 2000",
            id="a reservation forgotten",
        ),
        pytest.param(checks.BALANCES_MATCH, "DELETE FROM ledger_delta", id="movements of hot accounts lost"),
        pytest.param(
            checks.FLOORS_HOLD,
            "UPDATE ledger_account SET min_balance_minor = NULL WHERE code = 'provider_payable:provider_456'",
            id="an account freed of its floor",
        ),
        pytest.param(
            checks.CHAINS_HOLD,
            "UPDATE ledger_entry SET effective_at = effective_at - interval '1 day'"
            " WHERE idempotency_key = 'capture:2'",
            id="an entry dated back",
        ),
        pytest.param(
            checks.CHAINS_HOLD,
            "UPDATE ledger_entry SET posted_at = posted_at - interval '1 day' WHERE idempotency_key = 'capture:0'",
            id="an entry sealed on a hot account dated back",
        ),
        pytest.param(
            checks.CHAINS_HOLD,
            "UPDATE ledger_posting SET account_seq = 5 - account_seq WHERE account_seq IN (2, 3) AND account_id ="
            " (SELECT id FROM ledger_account WHERE code LIKE 'escrow_held:%')",
            id="two movements of an account swapped",
        ),
        pytest.param(
            checks.CHAINS_HOLD,
            "UPDATE ledger_balance SET seq = seq - 1 WHERE seq > 3",
            id="the end of a chain cut off",
        ),
        pytest.param(
            checks.CHAINS_HOLD,
            "UPDATE ledger_seal SET entry_ids = entry_ids[2:] WHERE cardinality(entry_ids) > 1",
            id="a movement taken out of a seal",
        ),
        pytest.param(checks.CHAINS_HOLD, "DELETE FROM ledger_seal", id="seals deleted"),
        pytest.param(
            checks.RESERVATIONS_ARE_OPEN, "DELETE FROM ledger_open_reservation", id="an open reservation closed by hand"
        ),
        pytest.param(
            checks.TRIAL_BALANCE_IS_ZERO,
            "UPDATE ledger_balance SET posted_minor = posted_minor - 7 WHERE account_id ="
            " (SELECT id FROM ledger_account WHERE code = 'fees:platform')",
            id="fees taken without a trace",
        ),
    ],
)
def test_tampering_is_found(found_by: Check, sql: str) -> None:
    tamper(sql)
    assert found_by.name in failing()


def test_a_balanced_theft_that_fits_the_balances_breaks_the_chain() -> None:
    """Legs, sums and balances are all changed together: only the hashes know."""
    accounts = "(SELECT id FROM ledger_account WHERE code = '%s')"
    entry = "(SELECT id FROM ledger_entry WHERE idempotency_key = 'release:0')"
    escrow, provider = accounts % ESCROW, accounts % PROVIDER
    leg = "UPDATE ledger_posting SET amount_minor = amount_minor"
    tamper(f"{leg} + 500 WHERE entry_id = {entry} AND account_id = {escrow}")
    tamper(f"{leg} - 500 WHERE entry_id = {entry} AND account_id = {provider}")
    tamper(f"UPDATE ledger_balance SET posted_minor = posted_minor - 500 WHERE account_id = {escrow}")
    tamper(f"UPDATE ledger_balance SET posted_minor = posted_minor + 500 WHERE account_id = {provider}")
    assert failing() == {checks.ENTRIES_ARE_WHOLE.name, checks.CHAINS_HOLD.name}


def test_the_command_names_the_first_difference_and_exits_with_1() -> None:
    tamper("UPDATE ledger_balance SET posted_minor = posted_minor + 1 WHERE posted_minor = 0")
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_ledger", stdout=out, stderr=err)
    assert stopped.value.code == 1
    assert "account provider_payable:provider_456 USD (test): expected posted, in, out (0,0,0), found (1,0,0)" in (
        out.getvalue()
    )
    assert "LEDGER DIFFERS" in err.getvalue()


def test_the_command_says_what_it_proved() -> None:
    out = io.StringIO()
    call_command("verify_ledger", stdout=out)
    assert "ok   every entry balances in every currency  (16 rows" in out.getvalue()
    assert "ledger is whole: 8 checks" in out.getvalue()
