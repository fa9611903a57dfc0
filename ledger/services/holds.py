"""Reservations on one account: the money stays where it is and is not available until captured or released."""

from collections.abc import Sequence
from datetime import datetime

from core.money import Money
from ledger import chart
from ledger.enums import Phase
from ledger.services import journal, writer
from ledger.services.writer import Leg, Posted, Request


def place(
    *,
    book: str,
    account: str,
    amount: Money,
    reference: str,
    idempotency_key: str,
    now: datetime,
    expires_at: datetime | None = None,
    kind: str = "ledger.held",
    description: str = "",
) -> Posted:
    """Hold that much of the account's available balance. Raises AccountOverdrawn. `entry_id` names the hold."""
    takes = Leg.debit if chart.kind_of(account).sign == chart.CREDIT else Leg.credit
    request = Request(
        book=book,
        kind=kind,
        legs=[takes(account, amount)],
        reference=reference,
        idempotency_key=idempotency_key,
        effective_at=now,
        description=description,
        phase=Phase.HOLD.value,
        expires_at=expires_at,
    )
    return writer.write(request, now=now)


def capture(
    *,
    hold_id: str,
    kind: str,
    legs: Sequence[Leg],
    idempotency_key: str,
    effective_at: datetime,
    now: datetime,
    description: str = "",
) -> Posted:
    """End the hold by moving the money: `legs` take up to the held amount from the account and send it anywhere."""
    return journal.capture_pending(
        entry_id=hold_id,
        kind=kind,
        legs=legs,
        idempotency_key=idempotency_key,
        effective_at=effective_at,
        now=now,
        description=description,
    )


def release(*, hold_id: str, reason: str, idempotency_key: str, now: datetime) -> Posted:
    """End the hold; the money is available again."""
    return journal.void_pending(entry_id=hold_id, reason=reason, idempotency_key=idempotency_key, now=now)
