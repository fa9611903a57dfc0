"""What a new installation does about each return code. Sources: Nacha return reason codes; practice of marketplaces."""

from dataclasses import dataclass
from datetime import date

from ach.nacha.reasons import REASONS, Stage

SHIPPED_FROM = date(2020, 1, 1)
# From that day sanctions have a code of their own, and R16 says only that the account is frozen.
SANCTIONS_CODE_FROM = date(2028, 3, 17)
RETRIES = 2

_FOR_WANT_OF_FUNDS = frozenset({"R01", "R09"})
# Closed, unknown, misnumbered, sold, not for payments, frozen; or its bank cannot be reached by the number given.
_NO_ACCOUNT = frozenset({"R02", "R03", "R04", "R12", "R13", "R14", "R15", "R16", "R20", "R28", "R34"})
_NOT_AUTHORIZED = frozenset({"R05", "R07", "R10", "R11", "R29", "R51"})
_DECEASED = frozenset({"R14", "R15"})
_SANCTIONS = frozenset({"R16", "R90"})


@dataclass(frozen=True, slots=True)
class Shipped:
    code: str
    effective_from: date
    retries: int
    stops_account: bool
    stops_authorization: bool
    freezes_party: bool
    to_compliance: bool
    reason: str


def shipped() -> list[Shipped]:
    """A row for every code by which an entry comes back, and one more for R16 as it will be."""
    rows = [
        _row(code, reason.in_force_from or SHIPPED_FROM, reason.meaning)
        for code, reason in REASONS.items()
        if reason.stage is Stage.RETURN
    ]
    frozen = Shipped("R16", SANCTIONS_CODE_FROM, 0, True, False, False, False, "account frozen; sanctions are R90 now")
    return [*rows, frozen]


def _row(code: str, since: date, meaning: str) -> Shipped:
    return Shipped(
        code=code, effective_from=since, retries=RETRIES if code in _FOR_WANT_OF_FUNDS else 0,
        stops_account=code in _NO_ACCOUNT or code == "R90", stops_authorization=code in _NOT_AUTHORIZED,
        freezes_party=code in _DECEASED, to_compliance=code in _SANCTIONS, reason=meaning,
    )  # fmt: skip
