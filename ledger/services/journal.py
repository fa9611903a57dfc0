"""Entries: money that moves, and money that is reserved on both sides until it moves or is given back.

Every function takes an idempotency key: the same key with the same request answers the first entry (`replayed`), with
another request it raises KeyReused. Times are not part of the request. A refusal ends the transaction it happens in.
"""

from collections.abc import Sequence
from datetime import datetime

from ledger.chart import UnknownAccount as UnknownAccount
from ledger.enums import Phase
from ledger.services import writer
from ledger.services.refusals import AccountOverdrawn as AccountOverdrawn
from ledger.services.refusals import CaptureExceedsReservation as CaptureExceedsReservation
from ledger.services.refusals import CurrencyMismatch as CurrencyMismatch
from ledger.services.refusals import KeyReused as KeyReused
from ledger.services.refusals import MalformedEntry as MalformedEntry
from ledger.services.refusals import NotAReservation as NotAReservation
from ledger.services.refusals import ReservationExpired as ReservationExpired
from ledger.services.refusals import ReservationSettled as ReservationSettled
from ledger.services.refusals import UnbalancedEntry as UnbalancedEntry
from ledger.services.refusals import UnknownEntry as UnknownEntry
from ledger.services.writer import Leg as Leg
from ledger.services.writer import Posted as Posted
from ledger.services.writer import Request as Request


def post(
    *,
    book: str,
    kind: str,
    legs: Sequence[Leg],
    reference: str,
    idempotency_key: str,
    effective_at: datetime,
    now: datetime,
    description: str = "",
) -> Posted:
    """Move money: two or more legs that sum to zero in every currency.

    `kind` says what happened ("payments.captured"), `reference` the public id it belongs to. Raises UnbalancedEntry,
    AccountOverdrawn, UnknownAccount, CurrencyMismatch, MalformedEntry, KeyReused.
    """
    request = Request(
        book=book,
        kind=kind,
        legs=legs,
        reference=reference,
        idempotency_key=idempotency_key,
        effective_at=effective_at,
        description=description,
    )
    return writer.write(request, now=now)


def post_many(requests: Sequence[Request], *, now: datetime) -> list[Posted]:
    """Many entries in one round trip, all or none, locked in one order: settlement, mass payouts, ACH returns.

    Some hundred a call is the knee. Use it instead of several `post` in one transaction, which may deadlock.
    """
    return writer.write_many(requests, now=now) if requests else []


def post_pending(
    *,
    book: str,
    kind: str,
    legs: Sequence[Leg],
    reference: str,
    idempotency_key: str,
    effective_at: datetime,
    now: datetime,
    expires_at: datetime | None = None,
    description: str = "",
) -> Posted:
    """Reserve the legs: what they take is no longer available, what they bring is pending. Nothing is posted yet."""
    request = Request(
        book=book,
        kind=kind,
        legs=legs,
        reference=reference,
        idempotency_key=idempotency_key,
        effective_at=effective_at,
        description=description,
        phase=Phase.PENDING.value,
        expires_at=expires_at,
    )
    return writer.write(request, now=now)


def capture_pending(
    *,
    entry_id: str,
    idempotency_key: str,
    effective_at: datetime,
    now: datetime,
    legs: Sequence[Leg] = (),
    kind: str | None = None,
    description: str = "",
) -> Posted:
    """Post a reservation, whole or (with `legs`) in part; what is not taken is given back. Returns the new entry.

    Raises CaptureExceedsReservation, ReservationSettled, ReservationExpired, NotAReservation, UnknownEntry.
    """
    request = Request(
        settles=entry_id,
        legs=legs,
        kind=kind,
        idempotency_key=idempotency_key,
        effective_at=effective_at,
        description=description,
    )
    return writer.write(request, now=now)


def void_pending(*, entry_id: str, reason: str, idempotency_key: str, now: datetime) -> Posted:
    """Give a reservation back, also an expired one. Raises ReservationSettled, NotAReservation, UnknownEntry."""
    request = Request(
        settles=entry_id,
        phase=Phase.VOID.value,
        idempotency_key=idempotency_key,
        effective_at=now,
        description=reason,
    )
    return writer.write(request, now=now)
