"""A share of each release is kept back from its payee for some days, against what may still be taken back.

Nothing is kept back as shipped (`escrow.reserve_basis_points` 0).
"""

from datetime import datetime, timedelta

from django.db import transaction

from core.actors import SYSTEM
from core.money import Currency, Money
from core.parameters import services as parameters
from escrow.enums import TimerKind
from escrow.models import Escrow, Reserve, Timer
from escrow.services import escrows, receivables, timers
from escrow.services.firings.registry import fires
from ledger import chart
from ledger.selectors import balances
from ledger.services import journal
from ledger.services.journal import Leg


def keep(*, escrow_id: str, transaction_id: str, amount_minor: int, livemode: bool, now: datetime) -> Reserve | None:
    """Of one release, once. None where nothing is kept back, or where the payee has been paid out already."""
    points = parameters.read("escrow.reserve_basis_points", at=now)
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        known = Reserve.objects.filter(transaction_id=transaction_id).first()
        if known is not None or not points:
            return known
        there = balances.get(escrows.book(livemode), _payable(escrow), Currency[escrow.currency]).available.minor
        kept = min(escrows.money(escrow, amount_minor).share(points).minor, there)
        if kept <= 0:
            return None
        reserve = Reserve.objects.create(
            escrow=escrow,
            transaction_id=transaction_id,
            amount_minor=kept,
            entry_id=_post(
                escrow, _payable(escrow), _reserved(escrow), kept, kind="escrow.reserve_kept",
                key=f"reserve.keep:{transaction_id}", now=now,
            ),
            kept_at=now,
            ends_at=now + timedelta(days=parameters.read("escrow.reserve_days", at=now)),
        )  # fmt: skip
        escrows.record(escrow, "reserve_kept", actor=SYSTEM, now=now, amount_minor=kept, transaction_id=transaction_id)
        _wind(escrow, now=now)
    return reserve


def take_from_release(*, escrow_id: str, transaction_id: str, amount_minor: int, livemode: bool, now: datetime) -> None:
    """What a payee has just received pays what it owes; of the rest a share is kept back. Locks the escrow first."""
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        receivables.recover(party=escrow.payee, now=now, reference=escrow_id)
        keep(escrow_id=escrow_id, transaction_id=transaction_id, amount_minor=amount_minor, livemode=livemode, now=now)
        wind(escrow_id=escrow_id, livemode=livemode, now=now)


def wind(*, escrow_id: str, livemode: bool, now: datetime) -> None:
    """An escrow that ends stops its timers; what is kept back of it has to come out all the same."""
    if not Reserve.objects.filter(escrow__public_id=escrow_id, ended_at__isnull=True).exists():
        return
    with transaction.atomic():
        _wind(escrows.lock(escrow_id, livemode=livemode), now=now)


@fires(TimerKind.RESERVE_END)
def fire_reserve_end(escrow: Escrow, timer: Timer, *, now: datetime) -> str:
    """Owed to the payee again, as far as it owes nothing itself."""
    reserve = Reserve.objects.select_for_update().filter(escrow=escrow, transaction_id=timer.key).first()
    if reserve is None or reserve.ended_at is not None:
        return "it was given already"
    reserve.end_entry_id = _post(
        escrow, _reserved(escrow), _payable(escrow), reserve.amount_minor, kind="escrow.reserve_ended",
        key=f"reserve.end:{reserve.transaction_id}", now=now,
    )  # fmt: skip
    reserve.ended_at = now
    reserve.save(update_fields=["end_entry_id", "ended_at"])
    receivables.recover(party=escrow.payee, now=now, reference=escrow.public_id)
    return f"{escrows.money(escrow, reserve.amount_minor)} is owed to the payee"


def _wind(escrow: Escrow, *, now: datetime) -> None:
    waiting = set(Timer.objects.filter(escrow=escrow, kind=TimerKind.RESERVE_END, state="PENDING").values_list("key"))
    for reserve in Reserve.objects.filter(escrow=escrow, ended_at__isnull=True):
        if (reserve.transaction_id,) not in waiting:
            timers.set_(escrow, TimerKind.RESERVE_END, reserve.ends_at, now=now, key=reserve.transaction_id)


def _payable(escrow: Escrow) -> str:
    return chart.provider_payable(escrow.payee.party_id)


def _reserved(escrow: Escrow) -> str:
    return chart.reserve(escrow.payee.party_id)


def _post(escrow: Escrow, debit: str, credit: str, minor: int, *, kind: str, key: str, now: datetime) -> str:
    amount = Money(minor, Currency[escrow.currency])
    return journal.post(
        book=escrows.book(escrow.livemode),
        kind=kind,
        legs=[Leg.debit(debit, amount), Leg.credit(credit, amount)],
        reference=escrow.public_id,
        idempotency_key=key,
        effective_at=now,
        now=now,
    ).entry_id
