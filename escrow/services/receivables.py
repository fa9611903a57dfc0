"""Money that a party had already received was taken back: a debt, recovered from what the party is owed later.

Payments has posted the debt to `returns_receivable:<party>`, which is one account for all of a party's debts; the rows
here say which, and always sum to it. Debts are paid oldest first. The caller's locks: the party's open rows, in order.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from compliance.models import Party
from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.money import Currency, Money
from core.outbox import services as outbox
from escrow.dispute_enums import ReceivableState, RecoveryKind
from escrow.dispute_events import ReceivableClosed as ReceivableEnded
from escrow.dispute_events import ReceivableOpened
from escrow.models import Escrow, Receivable, Recovery
from escrow.selectors import receivables as register
from escrow.services import escrows
from ledger import chart
from ledger.selectors import balances
from ledger.services import journal
from ledger.services.journal import Leg

WRITE_OFF = "escrow.write_off_receivable"
LOSSES = chart.costs("losses")


class ReceivableClosed(Refusal):
    """Nothing is owed any more, or not as much as was asked to be given up."""

    code: ClassVar[str] = "RECEIVABLE_CLOSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is not owed any more"


def open_(
    *, party: Party, escrow: Escrow | None, cause: str, amount_minor: int, currency: str, now: datetime
) -> Receivable:
    """Note a debt whose entry is posted; the same cause again is the same debt."""
    with transaction.atomic():
        known = Receivable.objects.filter(cause=cause, party=party).first()
        if known is not None:
            return known
        debt = Receivable.objects.create(
            public_id=ids.prefixed("rcv", now),
            livemode=party.livemode,
            party=party,
            escrow=escrow,
            cause=cause,
            amount_minor=amount_minor,
            currency=currency,
            opened_at=now,
        )
        _record(debt, "opened", actor=SYSTEM, now=now, amount_minor=amount_minor, cause=cause)
        outbox.publish(
            ReceivableOpened(debt.public_id, party.party_id, cause, amount_minor, currency, debt.livemode, now),
            now=now,
        )
    return debt


def recover(*, party: Party, now: datetime, reference: str = "") -> int:
    """Bring debts in step with their account, then pay them from what the party is owed. Returns what was withheld."""
    with transaction.atomic():
        debts, withheld = _lock_open(party), 0
        for currency in sorted({debt.currency for debt in debts}):
            mine = [debt for debt in debts if debt.currency == currency]
            _settle_what_was_paid(party, mine, reference=reference, now=now)
            withheld += _withhold(party, mine, reference=reference, now=now)
    return withheld


def settle(*, party: Party, cause: str, now: datetime) -> None:
    """Its cause was undone and its account has been paid: nothing is owed for it any more."""
    with transaction.atomic():
        for debt in _lock_open(party):
            if debt.cause == cause:
                _settle(debt, debt.outstanding_minor, reference=cause, now=now)


def recover_all(*, now: datetime) -> int:
    """Every party that owes something: for what came in without an event. Returns what was withheld."""
    parties = Party.objects.filter(pk__in=register.parties_that_owe()).order_by("pk")
    return sum(recover(party=party, now=now, reference="sweep") for party in parties)


def write_off_signed(
    *,
    receivable_id: str,
    given: Mapping[str, object],
    approval_id: str,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Receivable:
    """The effect of the last signature: what is outstanding becomes a cost. Raises ReceivableClosed."""
    key = register.get(receivable_id).pk
    debt = Receivable.objects.select_for_update(of=("self",)).select_related("party", "escrow").get(pk=key)
    require_open(debt, given)
    amount = debt.outstanding_minor
    entry_id = _post(
        debt.party, debt.currency, amount, debit=LOSSES, kind="escrow.receivable_written_off",
        key=f"receivable.write_off:{debt.public_id}", reference=debt.public_id, now=now,
    )  # fmt: skip
    _pay(debt, RecoveryKind.WRITTEN_OFF, amount, entry_id=entry_id, reference=approval_id, now=now)
    debt.written_off_minor, debt.approval_id, debt.state = amount, approval_id, ReceivableState.WRITTEN_OFF
    _close(debt, "written_off_minor", "approval_id", now=now)
    _record(debt, "written_off", actor=actor, now=now, amount_minor=amount, reason=reason, approval_id=approval_id)
    return debt


def require_open(debt: Receivable, given: Mapping[str, object]) -> None:
    """Raises ReceivableClosed."""
    if debt.state != ReceivableState.OPEN:
        raise ReceivableClosed(f"it is {debt.state.lower().replace('_', ' ')}")
    if given.get("amountMinor") != debt.outstanding_minor:
        raise ReceivableClosed(f"{debt.outstanding_minor} is owed by now")


def _lock_open(party: Party) -> list[Receivable]:
    rows = Receivable.objects.select_for_update(of=("self",)).filter(party=party, state=ReceivableState.OPEN)
    debts = list(rows.order_by("id"))
    for debt in debts:
        debt.party = party
    return debts


def _settle_what_was_paid(party: Party, debts: list[Receivable], *, reference: str, now: datetime) -> None:
    """The account holds less than the rows say: a won chargeback gave back more than was owed for it, or a refund
    replaced what was owed."""
    owed = _balance(party, chart.returns_receivable(party.party_id), debts[0].currency)
    excess = sum(debt.outstanding_minor for debt in debts) - owed
    for debt in debts:
        amount = min(excess, debt.outstanding_minor)
        if amount > 0:
            _settle(debt, amount, reference=reference, now=now)
            excess -= amount


def _settle(debt: Receivable, amount: int, *, reference: str, now: datetime) -> None:
    _pay(debt, RecoveryKind.SETTLED, amount, entry_id="", reference=reference, now=now)
    _reduce(debt, amount, now=now)


def _withhold(party: Party, debts: list[Receivable], *, reference: str, now: datetime) -> int:
    """From `provider_payable`, as far as it is there; each debt with an entry of its own."""
    account = chart.provider_payable(party.party_id)
    there = _balance(party, account, debts[0].currency)
    withheld = 0
    for debt in debts:
        amount = min(there - withheld, debt.outstanding_minor)
        if amount <= 0:
            continue
        entry_id = _post(
            party, debt.currency, amount, debit=account, kind="escrow.receivable_recovered",
            key=f"receivable.recover:{debt.public_id}:{debt.recovered_minor}", reference=debt.public_id, now=now,
        )  # fmt: skip
        _pay(debt, RecoveryKind.WITHHELD, amount, entry_id=entry_id, reference=reference, now=now)
        _reduce(debt, amount, now=now)
        withheld += amount
    return withheld


def _balance(party: Party, account: str, currency: str) -> int:
    return balances.get(escrows.book(party.livemode), account, Currency[currency]).available.minor


def _post(
    party: Party, currency: str, minor: int, *, debit: str, kind: str, key: str, reference: str, now: datetime
) -> str:
    """Against what the party owes. Raises AccountOverdrawn where somebody was faster; then it is tried again."""
    amount = Money(minor, Currency[currency])
    return journal.post(
        book=escrows.book(party.livemode),
        kind=kind,
        legs=[Leg.debit(debit, amount), Leg.credit(chart.returns_receivable(party.party_id), amount)],
        reference=reference,
        idempotency_key=key,
        effective_at=now,
        now=now,
    ).entry_id


def _pay(debt: Receivable, kind: RecoveryKind, amount: int, *, entry_id: str, reference: str, now: datetime) -> None:
    Recovery.objects.create(
        receivable=debt, kind=kind, amount_minor=amount, entry_id=entry_id, reference=reference[:64], at=now
    )


def _reduce(debt: Receivable, amount: int, *, now: datetime) -> None:
    debt.recovered_minor += amount
    if debt.outstanding_minor == 0:
        debt.state = ReceivableState.RECOVERED
        _close(debt, "recovered_minor", now=now)
    else:
        debt.save(update_fields=["recovered_minor"])
    _record(debt, "recovered", actor=SYSTEM, now=now, amount_minor=amount, left_minor=debt.outstanding_minor)


def _close(debt: Receivable, *fields: str, now: datetime) -> None:
    debt.closed_at = now
    debt.save(update_fields=sorted({"state", "closed_at", *fields}))
    outbox.publish(ReceivableEnded(debt.public_id, debt.party.party_id, debt.state, debt.livemode, now), now=now)


def _record(debt: Receivable, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor,
        action=f"escrow.receivable.{verb}",
        subject=debt.public_id,
        at=now,
        details={"party_id": debt.party.party_id, "currency": debt.currency, **details},
    )
