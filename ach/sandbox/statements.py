"""Our account at the sandbox bank, as the CSV of docs/reconciliation.md: what `manage.py import_statement` takes."""

import csv
import io
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum

from ach.models import Originator, SandboxMovement
from ach.sandbox.enums import MovementKind

COLUMNS = ("date", "amount", "currency", "reference", "description", "balance")
_WORDS = {
    MovementKind.SETTLEMENT: "ACH SETTLEMENT",
    MovementKind.RETURN: "ACH RETURN",
    MovementKind.DISHONOR: "ACH RETURN DISHONORED",
    MovementKind.CONTEST: "ACH DISHONOR CONTESTED",
}
_CENTS = Decimal(100)


def statement(first: date, last: date | None = None, *, originator: Originator, opening_minor: int = 0) -> str:
    """One line a movement of those days, both included; empty where nothing moved, because the format has no such file.

    The reference is the trace number of our entry. What was paid in without one is on the account of the default
    originator, under its own reference. `opening_minor` is the balance before the bank's first movement.
    """
    ours = Q(posting__inbox__originator=originator)
    moved = SandboxMovement.objects.filter(ours | Q(kind=MovementKind.OTHER) if originator.is_default else ours)
    balance = opening_minor + (moved.filter(day__lt=first).aggregate(total=Sum("amount_minor"))["total"] or 0)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    rows = moved.filter(day__gte=first, day__lte=last or first).order_by("day", "id")
    for day, kind, code, amount, trace, sec, reference, said in rows.values_list(
        "day", "kind", "code", "amount_minor", "posting__trace", "posting__sec", "reference", "words"
    ).iterator():
        if not out.tell():
            writer.writerow(COLUMNS)
        balance += amount
        words = said or " ".join(filter(None, (_WORDS[MovementKind(kind)], code, sec)))
        writer.writerow([day.isoformat(), _written(amount), "USD", reference or trace, words, _written(balance)])
    return out.getvalue()


def _written(minor: int) -> str:
    return f"{Decimal(minor) / _CENTS:.2f}"
