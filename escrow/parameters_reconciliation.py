"""Dated limits of reconciliation. Imported by its services, so every process declares them."""

import re
from datetime import datetime

from core.parameters import services as parameters

_TAIL = re.compile(r"([A-Za-z0-9]{4})?", re.ASCII)


def _tail(value: str) -> str | None:
    return None if _TAIL.fullmatch(value) else "is the last four characters of an account number, or empty"


parameters.declare(
    "escrow.reconcile_hour", 3, unit="hour, UTC", meaning="Escrow is reconciled every night from this hour on",
    maximum=23,
)  # fmt: skip
parameters.declare(
    "escrow.bank_days", 3, unit="days", meaning="An entry and its line on the bank statement are at most so far apart",
    maximum=30,
)  # fmt: skip
parameters.declare(
    "escrow.statement_age_days", 4, unit="days", meaning="A newest bank statement older than this is overdue",
    minimum=1,
)  # fmt: skip
parameters.declare(
    "escrow.timer_late_minutes", 15, unit="minutes", meaning="A timer that is due longer than this was left behind",
    minimum=1,
)  # fmt: skip
parameters.declare(
    "escrow.orphan_minutes", 15, unit="minutes", meaning="A captured payment has its escrow within this time", minimum=1
)
parameters.declare(
    "escrow.halt_book_escrows", 20, unit="escrows",
    meaning="Where more escrows than this are wrong, the whole book is halted instead of each of them", minimum=1,
)  # fmt: skip
parameters.declare(
    "escrow.run_stale_minutes", 60, unit="minutes", meaning="A run that takes longer was left by its process", minimum=5
)
for _name, _value, _unit, _meaning in (
    ("rail_lag_minutes", 60, "minutes", "What happens to an ACH entry or item is in the books within this time"),
    ("suspense_days", 5, "days", "An ACH item in suspense has found its entry, or belongs to none, within this time"),
    ("rail_case_days", 10, "days", "A case of the rail is closed within this time"),
):
    parameters.declare(f"escrow.{_name}", _value, unit=_unit, meaning=_meaning, minimum=1)
for _book in ("live", "test"):
    parameters.declare(
        f"escrow.trust_account_end.{_book}", "", unit="characters",
        meaning="The last four characters of the trust account; statements of another account are refused", check=_tail,
    )  # fmt: skip


def read(name: str, *, at: datetime) -> int:
    """A whole number of the above."""
    return int(parameters.read(f"escrow.{name}", at=at))


def account_end(book: str, *, at: datetime) -> str:
    """Empty where nobody has said which account it is."""
    return str(parameters.read(f"escrow.trust_account_end.{book}", at=at))
