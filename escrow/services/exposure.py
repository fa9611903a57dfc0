"""How long money may still be taken back by the rail that brought it: before that it is not released."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from core.parameters import services as parameters
from escrow.enums import MovementKind, Rail
from escrow.models import Escrow, Movement
from escrow.parameters import hours
from payments.enums import ChargebackState
from payments.models import Chargeback

TAKES_BACK = {
    Rail.CARD: "A card payment can be charged back",
    Rail.BANK: "A bank transfer is final",
    Rail.ACH: "An ACH debit can be returned",
}


@dataclass(frozen=True, slots=True)
class Availability:
    """`at` is the time lock; `why` its reasons as sentences for the screen, in at most 300 characters.

    `reserve_basis_points` is the share of a release that stays in reserve.
    """

    at: datetime
    why: str
    reserve_basis_points: int = 0


def available(escrow: Escrow, *, funded_at: datetime, now: datetime) -> Availability:
    """Before an escrow is funded its rail is not known: a card is assumed. Without a payee only the rail is judged."""
    rail = Rail(escrow.funding_rail or Rail.CARD)
    wait = hours(f"escrow.exposure_hours_{rail.lower()}", now)
    held = f"the money is held {_in_words(wait)} after it came in" if wait else "the money is free at once"
    waits = [(wait, f"{TAKES_BACK[rail]}: {held}.")]
    if escrow.payee_id is not None:
        waits += _of_the_seller(escrow.payee_id, now)
    return Availability(
        at=funded_at + sum((each for each, _ in waits), timedelta()),
        why=" ".join(sentence for _, sentence in waits)[:300],
        reserve_basis_points=int(parameters.read("escrow.reserve_basis_points", at=now)),
    )


def _of_the_seller(payee_pk: int, now: datetime) -> Iterator[tuple[timedelta, str]]:
    """Each a statement of its own, and only where it would cost time."""
    longer = hours("escrow.new_seller_exposure_hours", now)
    days = int(parameters.read("escrow.seller_history_days", at=now))
    if longer and not _has_history(payee_pk, now - timedelta(days=days)):
        yield longer, f"The first release to this seller is not {days} days old: {_in_words(longer)} more."
    longer = hours("escrow.chargeback_exposure_hours", now)
    if longer and (count := _count_open_chargebacks(payee_pk)):
        noun = "chargeback" if count == 1 else "chargebacks"
        yield longer, f"The seller has {count} open {noun}: {_in_words(longer)} more."


def _has_history(payee_pk: int, since: datetime) -> bool:
    released = Movement.objects.filter(escrow__payee=payee_pk, kind=MovementKind.RELEASE)
    first = released.aggregate(first=Min("at"))["first"]
    return first is not None and first <= since


def _count_open_chargebacks(payee_pk: int) -> int:
    return Chargeback.objects.filter(state=ChargebackState.OPEN, payment__provider=payee_pk).count()


def _in_words(wait: timedelta) -> str:
    return f"{int(wait.total_seconds() // 3600)} hours"
