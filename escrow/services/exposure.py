"""How long money may still be taken back by the rail that brought it: before that it is not released."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from ach import dates
from ach.calendar import deadlines
from ach.calendar.eastern import eastern
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
    free_at, held = _of_the_rail(rail, funded_at, now)
    waits = [] if escrow.payee_id is None else list(_of_the_seller(escrow.payee_id, now))
    return Availability(
        at=free_at + sum((wait for wait, _ in waits), timedelta()),
        why=" ".join([f"{TAKES_BACK[rail]}: {held}.", *(sentence for _, sentence in waits)])[:300],
        reserve_basis_points=int(parameters.read("escrow.reserve_basis_points", at=now)),
    )


def _of_the_rail(rail: Rail, funded_at: datetime, now: datetime) -> tuple[datetime, str]:
    """When the rail alone would let it go, and why. Returns of ACH are due at the opening of a banking day."""
    if rail is Rail.ACH:
        days = int(parameters.read("escrow.exposure_banking_days_ach", at=now))
        until = deadlines.hold_until(funded_at, days, dates.periods(now))
        day = f"{eastern(until):%A} {eastern(until):%-d %B %Y}"
        noun = "banking day" if days == 1 else "banking days"
        words = f"the money is held {days} {noun} after it came in, until business opens in New York on {day}"
        return until, words if days else "the money is free at once"
    wait = hours(f"escrow.exposure_hours_{rail.lower()}", now)
    words = f"the money is held {_in_words(wait)} after it came in"
    return funded_at + wait, words if wait else "the money is free at once"


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
