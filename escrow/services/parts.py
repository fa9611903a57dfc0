"""Parts of an escrow: made when it is funded, divided to move less than one, never resized."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from django.db.models import Max

from core.errors import Refusal
from escrow.enums import PartState
from escrow.models import Escrow, Part


class InsufficientBalance(Refusal):
    """More is asked for than the escrow holds."""

    code: ClassVar[str] = "INSUFFICIENT_BALANCE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Not enough funds in escrow"


class UnableToRecut(Refusal):
    code: ClassVar[str] = "AMENDMENT_REFUSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The terms cannot be changed this way"


def create(escrow: Escrow, shares: Iterable[tuple[str, int]], *, now: datetime) -> list[Part]:
    """One HELD part for each (condition id or empty, amount)."""
    rows = [
        Part(escrow=escrow, number=number, condition_id=condition_id, amount_minor=minor, created_at=now)
        for number, (condition_id, minor) in enumerate(shares, start=1)
    ]
    return Part.objects.bulk_create(rows)


def held(escrow: Escrow) -> list[Part]:
    """In the order of their numbers, held for update. The caller holds the escrow."""
    return list(Part.objects.select_for_update().filter(escrow=escrow, state=PartState.HELD).order_by("number"))


def take(
    escrow: Escrow, amount_minor: int, *, now: datetime, among: Sequence[Part] | None = None, last_first: bool = False
) -> list[Part]:
    """HELD parts that are exactly the amount; the last one taken is divided where it is larger than what is missing.

    `among` are the parts to choose from (all that are held), `last_first` begins with the highest number. Raises
    InsufficientBalance.
    """
    there = list(among if among is not None else held(escrow))
    if last_first:
        there.reverse()
    total = sum(part.amount_minor for part in there)
    if amount_minor <= 0 or amount_minor > total:
        raise InsufficientBalance(f"{total} is held", fields={"available": total})
    taken, missing = [], amount_minor
    for part in there:
        if missing == 0:
            break
        if part.amount_minor > missing:
            part, _ = divide(part, missing, now=now)
        taken.append(part)
        missing -= part.amount_minor
    return taken


def recut(escrow: Escrow, shares: Iterable[tuple[str, int]], *, now: datetime) -> None:
    """Bring the held parts in step with amended terms: `shares` of the whole, less what has ended under each name.

    Raises UnableToRecut where a share is smaller than what has ended under it.
    """
    there = held(escrow)
    wanted = _left(escrow, shares, sum(part.amount_minor for part in there))
    if [(part.condition_id, part.amount_minor) for part in there] == wanted:
        return
    for part in there:
        pieces, room = [], part.amount_minor
        while room:
            name, minor = wanted[0]
            piece = min(minor, room)
            pieces.append((name, piece))
            room -= piece
            wanted = wanted[1:] if piece == minor else [(name, minor - piece), *wanted[1:]]
        if pieces != [(part.condition_id, part.amount_minor)]:
            _cut(part, pieces, now=now)


def _left(escrow: Escrow, shares: Iterable[tuple[str, int]], held_minor: int) -> list[tuple[str, int]]:
    ended: dict[str, int] = {}
    for name, minor in Part.objects.filter(
        escrow=escrow, state__in=[PartState.RELEASED, PartState.REFUNDED]
    ).values_list("condition_id", "amount_minor"):
        ended[name] = ended.get(name, 0) + minor
    left = [(name, minor - ended.pop(name, 0)) for name, minor in shares]
    # What ended under a name the new terms do not have was taken from the last shares.
    over = sum(ended.values())
    for at in range(len(left) - 1, -1, -1):
        name, minor = left[at]
        taken = min(max(minor, 0), over)
        left[at], over = (name, minor - taken), over - taken
    if any(minor < 0 for _, minor in left) or sum(minor for _, minor in left) != held_minor:
        raise UnableToRecut("more has already moved under a condition than the new terms give it")
    return [(name, minor) for name, minor in left if minor]


def divide(part: Part, first_minor: int, *, now: datetime) -> tuple[Part, Part]:
    """End a part in favour of two: `first_minor` and the rest, both of its condition."""
    pieces = [(part.condition_id, first_minor), (part.condition_id, part.amount_minor - first_minor)]
    first, rest = _cut(part, pieces, now=now)
    return first, rest


def _cut(part: Part, pieces: Sequence[tuple[str, int]], *, now: datetime) -> list[Part]:
    last = Part.objects.filter(escrow_id=part.escrow_id).aggregate(last=Max("number"))["last"]
    part.state, part.settled_at = PartState.DIVIDED, now
    part.save(update_fields=["state", "settled_at"])
    return Part.objects.bulk_create(
        Part(
            escrow_id=part.escrow_id,
            number=last + step,
            parent=part,
            amount_minor=minor,
            condition_id=name,
            created_at=now,
        )
        for step, (name, minor) in enumerate(pieces, start=1)
    )
