"""The ledger against a model of it in plain Python: any sequence of movements leaves both with the same balances.

A failing run prints the shortest sequence it found; `@reproduce_failure` or the seed repeats it.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.test import TestCase
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.errors import Refusal
from core.money import Currency, Money
from ledger import chart
from ledger.selectors import accounts, balances
from ledger.services import holds, journal, reservations, reversals, writer
from ledger.services.writer import Leg
from ledger.verification import services as verification

ACCOUNTS = (
    chart.BANK_TRUST,
    chart.ACQUIRER_RECEIVABLE,
    chart.FEES_PLATFORM,
    chart.SUSPENSE,
    chart.provider_payable("alice"),
    chart.escrow_held("ESC_a"),
    chart.returns_receivable("alice"),
)
CURRENCIES = (Currency.USD, Currency.JPY)
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

account = st.sampled_from(ACCOUNTS)
amount = st.integers(1, 300)


class Model:
    """Posted and reserved amounts per account and currency. Debits are positive."""

    def __init__(self) -> None:
        self.posted: dict[tuple[str, str], int] = {}
        self.reserved: dict[str, list[Leg]] = {}
        self.entries: dict[str, list[Leg]] = {}
        self.final: set[str] = set()
        self.escrow_currency: dict[str, str] = {}

    def balance(self, account: str, currency: str) -> tuple[int, int, int]:
        sign = chart.kind_of(account).sign
        posted = sign * self.posted.get((account, currency), 0)
        changes = [
            sign * leg.amount_minor
            for legs in self.reserved.values()
            for leg in legs
            if (leg.account, leg.currency) == (account, currency)
        ]
        incoming = sum(change for change in changes if change > 0)
        outgoing = -sum(change for change in changes if change < 0)
        return posted + incoming - outgoing, posted, posted - outgoing

    def allows(self, legs: list[Leg], *, reserving: bool, freed: str | None = None) -> bool:
        trial = Model()
        trial.posted = dict(self.posted)
        trial.reserved = {key: value for key, value in self.reserved.items() if key != freed}
        if reserving:
            trial.reserved["trial"] = legs
        else:
            trial.post(legs)
        for name, currency in {(leg.account, leg.currency) for leg in legs}:
            kind = chart.kind_of(name)
            if kind.one_currency and self.escrow_currency.get(name, currency) != currency:
                return False
            if kind.min_balance_minor is not None and trial.balance(name, currency)[2] < kind.min_balance_minor:
                return False
        return True

    def post(self, legs: list[Leg]) -> None:
        for leg in legs:
            key = (leg.account, leg.currency)
            self.posted[key] = self.posted.get(key, 0) + leg.amount_minor

    def opened(self, legs: list[Leg]) -> None:
        for leg in legs:
            if chart.kind_of(leg.account).one_currency:
                self.escrow_currency.setdefault(leg.account, leg.currency)


class LedgerMachine(RuleBasedStateMachine):
    entries = Bundle("entries")
    reservations = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.atomics = TestCase._enter_atomics()
        self.model = Model()
        self.now = START
        self.keys = (f"key:{number}" for number in itertools.count(1))

    def teardown(self) -> None:
        TestCase._rollback_atomics(self.atomics)

    def attempt(self, expected: bool, service: Any, **arguments: Any) -> str | None:
        """Call the service. The model said whether it must succeed; both must agree."""
        self.now += timedelta(seconds=1)
        try:
            with transaction.atomic():
                answer = service(idempotency_key=next(self.keys), now=self.now, **arguments)
        except Refusal as refused:
            answer, refusal = None, refused
        else:
            refusal = None
        assert (answer is not None) == expected, refusal or "the ledger allows what the model refuses"
        return answer.entry_id if answer else None

    def legs(self, debit: str, credit: str, minor: int, currency: Currency) -> list[Leg]:
        money = Money(minor, currency)
        return [Leg.debit(debit, money), Leg.credit(credit, money)]

    @rule(target=entries, debit=account, credit=account, minor=amount, currency=st.sampled_from(CURRENCIES))
    def transfer(self, debit: str, credit: str, minor: int, currency: Currency) -> str | None:
        legs = self.legs(debit, credit, minor, currency)
        return self.record(legs)

    @rule(target=entries, split=st.lists(st.tuples(account, st.integers(1, 100)), min_size=2, max_size=5))
    def split(self, split: list[tuple[str, int]]) -> str | None:
        """One debit of the bank, many credits, accounts repeated as it comes."""
        total = Money(sum(minor for _, minor in split))
        return self.record([Leg.debit(chart.BANK_TRUST, total), *(Leg.credit(name, Money(m)) for name, m in split)])

    def record(self, legs: list[Leg]) -> str | None:
        arguments = {"book": "test", "kind": "tests.moved", "legs": legs, "reference": "model"}
        entry_id = self.attempt(
            self.model.allows(legs, reserving=False), journal.post, effective_at=self.now, **arguments
        )
        if entry_id:
            self.model.post(legs)
            self.model.opened(legs)
            self.model.entries[entry_id] = legs
        return entry_id

    @rule(entry_id=entries)
    def reverse(self, entry_id: str | None) -> None:
        if entry_id is None:
            return
        mirror = [Leg(leg.account, -leg.amount_minor, leg.currency) for leg in self.model.entries[entry_id]]
        expected = entry_id not in self.model.final and self.model.allows(mirror, reserving=False)
        if self.attempt(expected, reversals.reverse, entry_id=entry_id, reason="model"):
            self.model.post(mirror)
            self.model.final.add(entry_id)

    @rule(target=reservations, debit=account, credit=account, minor=amount)
    def reserve(self, debit: str, credit: str, minor: int) -> str | None:
        legs = self.legs(debit, credit, minor, Currency.USD)
        entry_id = self.attempt(
            self.model.allows(legs, reserving=True),
            journal.post_pending,
            book="test",
            kind="tests.reserved",
            legs=legs,
            reference="model",
            effective_at=self.now,
        )
        return self.reserved(entry_id, legs)

    @rule(target=reservations, name=account, minor=amount)
    def hold(self, name: str, minor: int) -> str | None:
        take = Leg.debit if chart.kind_of(name).sign == chart.CREDIT else Leg.credit
        legs = [take(name, Money(minor))]
        expected = self.model.allows(legs, reserving=True)
        return self.reserved(
            self.attempt(expected, holds.place, book="test", account=name, amount=Money(minor), reference="model"), legs
        )

    def reserved(self, entry_id: str | None, legs: list[Leg]) -> str | None:
        if entry_id:
            self.model.reserved[entry_id] = legs
            self.model.opened(legs)
        return entry_id

    @rule(entry_id=reservations, share=st.integers(1, 130))
    def capture(self, entry_id: str | None, share: int) -> None:
        """Some percent of a two-sided reservation; above 100 is more than was reserved."""
        reserved = self.model.reserved.get(entry_id or "")
        if reserved is None or len(reserved) == 1:
            return
        debit, credit = reserved
        if debit.account == credit.account:
            return
        minor = max(1, debit.amount_minor * share // 100)
        legs = self.legs(debit.account, credit.account, minor, Currency.USD)
        expected = minor <= debit.amount_minor and self.model.allows(legs, reserving=False, freed=entry_id)
        if self.attempt(expected, journal.capture_pending, entry_id=entry_id, legs=legs, effective_at=self.now):
            del self.model.reserved[str(entry_id)]
            self.model.post(legs)

    @rule(entry_id=reservations)
    def void(self, entry_id: str | None) -> None:
        if entry_id is None:
            return
        expected = entry_id in self.model.reserved
        if self.attempt(expected, journal.void_pending, entry_id=entry_id, reason="model"):
            del self.model.reserved[entry_id]

    @rule()
    def roll_up(self) -> None:
        writer.roll_up(now=self.now)

    @rule()
    def expire_nothing(self) -> None:
        assert reservations.expire_due(now=self.now) == 0

    @rule(debit=account, credit=account, minor=amount, off_by=st.integers(1, 5))
    def unbalanced(self, debit: str, credit: str, minor: int, off_by: int) -> None:
        legs = [Leg.debit(debit, Money(minor + off_by)), Leg.credit(credit, Money(minor))]
        arguments = {"book": "test", "kind": "x", "legs": legs, "reference": "model", "effective_at": self.now}
        self.attempt(False, journal.post, **arguments)

    @rule()
    def forget_half_way(self) -> None:
        """A transaction that dies after its entry: nothing of it stays."""
        legs = self.legs(chart.BANK_TRUST, chart.SUSPENSE, 7, Currency.USD)
        with transaction.atomic():
            journal.post(
                book="test",
                kind="x",
                legs=legs,
                reference="model",
                idempotency_key="dies",
                effective_at=self.now,
                now=self.now,
            )
            transaction.set_rollback(True)

    @invariant()
    def balances_agree(self) -> None:
        for name in ACCOUNTS:
            for currency in CURRENCIES:
                balance = balances.get("test", name, currency)
                told = (balance.pending.minor, balance.posted.minor, balance.available.minor)
                assert told == self.model.balance(name, currency.code), (name, currency.code)

    @invariant()
    def money_is_conserved(self) -> None:
        assert all(trial.difference.minor == 0 for trial in accounts.list_trial("test"))


class WholeLedgerMachine(LedgerMachine):
    def teardown(self) -> None:
        assert [outcome for outcome in verification.verify() if outcome.difference_count] == []
        super().teardown()


@pytest.mark.django_db
def test_any_sequence_of_movements_agrees_with_the_model() -> None:
    run_state_machine_as_test(
        WholeLedgerMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            print_blob=True,
        ),
    )


@pytest.mark.django_db
def test_the_model_notices_a_lost_cent() -> None:
    """The control: a ledger that loses a cent of every roll-up is found out."""
    real = writer.roll_up

    def lossy(*, now: datetime) -> int:
        from django.db import connection

        count = real(now=now)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ledger_balance SET posted_minor = posted_minor - 1 WHERE posted_minor > 0 AND account_id IN"
                " (SELECT id FROM ledger_account WHERE hot)"
            )
        return count

    with pytest.MonkeyPatch.context() as patch, pytest.raises(AssertionError):
        patch.setattr(writer, "roll_up", lossy)
        run_state_machine_as_test(
            LedgerMachine,
            settings=settings(
                max_examples=50,
                phases=[Phase.generate],
                report_multiple_bugs=False,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
            ),
        )
