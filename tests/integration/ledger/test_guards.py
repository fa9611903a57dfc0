"""The database refuses by name what the code forbids: to a superuser by trigger, to the application by grant."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from core.database.refusals import refusal_name, sqlstate
from ledger import chart
from ledger.models import Entry
from ledger.services import journal, writer
from ledger.services.writer import Posted

pytestmark = pytest.mark.django_db

ALICE = chart.provider_payable("alice")

APPEND_ONLY = ["ledger_account", "ledger_entry", "ledger_posting", "ledger_pending_leg", "ledger_seal"]
ALL_TABLES = [*APPEND_ONLY, "ledger_account_kind", "ledger_balance", "ledger_delta", "ledger_open_reservation"]


def execute(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def entry_id(fund: Callable[..., Posted], move: Callable[..., Posted], now) -> int:
    """Rows in every append-only table."""
    move(5, debit=chart.ACQUIRER_RECEIVABLE, credit=chart.FEES_PLATFORM)
    writer.roll_up(now=now)
    answer = fund(ALICE, 500)
    journal.post_pending(
        book="test",
        kind="x",
        legs=[writer.Leg(ALICE, 5, "USD"), writer.Leg(chart.SUSPENSE, -5, "USD")],
        reference="r",
        idempotency_key="pending",
        effective_at=now,
        now=now,
    )
    return Entry.objects.get(public_id=answer.entry_id).pk


@pytest.mark.usefixtures("entry_id")
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_a_superuser_cannot_change_what_was_written(table: str, change: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        execute(change.format(table))
    assert (sqlstate(refused.value), refusal_name(refused.value)) == ("HF001", f"{table}_is_append_only")


POSTING = (
    "INSERT INTO ledger_posting (entry_id, account_id, leg, amount_minor, currency, effective_at)"
    " VALUES ({}, {}, {}, {}, '{}', now())"
)
ENTRY = (
    "INSERT INTO ledger_entry (public_id, book, phase, kind, reference, description, idempotency_key, request_hash,"
    " effective_at, posted_at) VALUES ('ent_forged', 'test', 'POSTED', 'x', 'x', '', 'forged', '', now(), now())"
)


def account_id(code: str) -> str:
    return f"(SELECT id FROM ledger_account WHERE code = '{code}')"


def assert_refused(sql: str, state: str, name: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        execute(sql)
    assert (sqlstate(refused.value), refusal_name(refused.value)) == (state, name)


def test_a_superuser_cannot_add_a_leg_that_unbalances_an_entry(entry_id: int) -> None:
    assert_refused(POSTING.format(entry_id, account_id(ALICE), 3, 1, "USD"), "HF101", "entry_balances_per_currency")


def test_nor_an_entry_without_legs() -> None:
    assert_refused(ENTRY, "HF102", "entry_has_the_legs_of_its_phase")


def test_nor_a_leg_of_no_entry(entry_id: int) -> None:
    assert_refused(POSTING.format(entry_id + 1000, account_id(ALICE), 1, 1, "USD"), "HF109", "entry_exists")


def test_nor_a_leg_on_no_account_or_in_another_currency(entry_id: int) -> None:
    for account, currency in (("999999999", "USD"), (account_id(ALICE), "EUR")):
        legs = [POSTING.format(entry_id, account, leg, amount, currency) for leg, amount in ((3, 1), (4, -1))]
        assert_refused("; ".join(legs), "HF104", "account_is_in_the_chart")


def test_a_balanced_entry_by_hand_passes_the_trigger_and_is_found_by_the_verifier(entry_id: int) -> None:
    """The control of the four above: the trigger refuses what is wrong, not everything."""
    from ledger.verification import checks
    from ledger.verification import services as verification

    execute(
        "; ".join(POSTING.format(entry_id, account_id(ALICE), leg, amount, "USD") for leg, amount in ((3, 1), (4, -1)))
    )
    failed = {outcome.check for outcome in verification.verify() if outcome.difference_count}
    assert checks.CHAINS_HOLD in failed


def test_a_superuser_cannot_overdraw_an_account_by_hand(entry_id: int) -> None:
    assert_refused(
        f"UPDATE ledger_balance SET posted_minor = -1 WHERE account_id = {account_id(ALICE)}",
        "23514",
        "account_is_not_overdrawn",
    )


@pytest.mark.parametrize("table", ALL_TABLES)
def test_the_application_may_read_and_not_write(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p, has_table_privilege('holdfast_app', %s, p) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE',"
            " 'DELETE', 'TRUNCATE']) p",
            [table],
        )
        assert dict(cursor.fetchall()) == {
            "SELECT": True,
            "INSERT": False,
            "UPDATE": False,
            "DELETE": False,
            "TRUNCATE": False,
        }


def test_the_application_may_call_three_functions_that_write() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE proname LIKE 'ledger\\_%' AND prolang = (SELECT oid FROM pg_language"
            " WHERE lanname = 'plpgsql') AND prorettype <> 'trigger'::regtype"
            " AND has_function_privilege('holdfast_app', oid, 'EXECUTE')"
        )
        assert {name for (name,) in cursor.fetchall()} == {"ledger_post", "ledger_post_many", "ledger_roll_up"}


def test_the_application_posts_with_no_right_of_its_own(move: Callable[..., Posted], now) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE holdfast_app")
        move(5, debit=chart.ACQUIRER_RECEIVABLE, credit=ALICE)
        assert writer.roll_up(now=now) == 1
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            cursor.execute("INSERT INTO ledger_delta (account_id) VALUES (1)")
        assert sqlstate(refused.value) == "42501"
        cursor.execute("RESET ROLE")


def test_a_schema_of_ones_own_does_not_lead_the_function_astray(move: Callable[..., Posted]) -> None:
    """SECURITY DEFINER with a fixed search path: a temporary table of the same name is not looked at."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE ledger_balance (account_id bigint, posted_minor bigint)")
        cursor.execute("SET LOCAL search_path = pg_temp, public")
        answer = move(5, debit=chart.ACQUIRER_RECEIVABLE, credit=ALICE)
        cursor.execute("SET LOCAL search_path = public")
        cursor.execute("DROP TABLE pg_temp.ledger_balance")
    assert not answer.replayed
