"""Why an entry comes back: return reason codes, and the codes by which returns are dishonored and contested (A8)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType


class Stage(StrEnum):
    """Where in the exchange between the two banks a code belongs; each has a layout of its own."""

    RETURN = "return"
    DISHONORED = "dishonored"
    CONTESTED = "contested"


class Window(StrEnum):
    """Until when: banking days of settlement, calendar days, or an arrangement. The calendar makes an instant of it."""

    TWO_BANKING_DAYS = "2 BD"
    FIVE_BANKING_DAYS = "5 BD"
    SIXTY_CALENDAR_DAYS = "60 CD"
    NEXT_FILE = "next file"
    ON_REFUSAL = "on refusal"
    BY_AGREEMENT = "by agreement"
    OPEN = "not fixed"


class RateClass(StrEnum):
    """Return-rate level that a code counts toward, besides the overall one."""

    UNAUTHORIZED = "unauthorized"
    ADMINISTRATIVE = "administrative"


@dataclass(frozen=True, slots=True)
class Reason:
    """`in_force_from`: a file created before that day must not carry the code."""

    code: str
    meaning: str
    who: str
    window: Window
    rate: RateClass | None = None
    stage: Stage = Stage.RETURN
    in_force_from: date | None = None

    def is_in_force(self, day: date | None) -> bool:
        return self.in_force_from is None or (day is not None and day >= self.in_force_from)


_W = {each.value: each for each in Window}
_RATES = {"U": RateClass.UNAUTHORIZED, "A": RateClass.ADMINISTRATIVE, "": None}

# code | who | window | rate | meaning
_RETURNS = """
R01|RDFI|2 BD||insufficient funds
R02|RDFI|2 BD|A|account closed
R03|RDFI|2 BD|A|no account, or unable to locate it
R04|RDFI|2 BD|A|invalid account number structure
R05|RDFI|60 CD|U|unauthorized debit to a consumer account under a corporate SEC code
R06|RDFI|by agreement||returned at the ODFI's request
R07|RDFI|60 CD|U|authorization revoked
R08|RDFI|2 BD||payment stopped
R09|RDFI|2 BD||uncollected funds
R10|RDFI|60 CD|U|originator unknown or not authorized
R11|RDFI|60 CD|U|not in accordance with the terms of the authorization
R12|RDFI|2 BD||account sold to another bank
R13|operator|next file||invalid routing number
R14|RDFI|2 BD||representative payee deceased
R15|RDFI|2 BD||beneficiary or account holder deceased
R16|RDFI|2 BD||account frozen, or returned per OFAC instruction
R17|RDFI|2 BD||file record edit criteria, questionable entry, or improper reversal
R18|operator|next file||improper effective entry date
R19|operator|next file||amount field error
R20|RDFI|2 BD||non-transaction account
R21|RDFI|2 BD||invalid company identification
R22|RDFI|2 BD||invalid individual identification number
R23|RDFI|on refusal||credit refused by receiver
R24|RDFI|2 BD||duplicate entry
R25|operator|next file||addenda error
R26|operator|next file||mandatory field error
R27|operator|next file||trace number error
R28|operator|next file||routing number check digit error
R29|RDFI|2 BD|U|corporate customer advises not authorized
R30|operator|next file||not in the check truncation program
R31|RDFI|by agreement||permissible return (CCD, CTX)
R32|operator|next file||RDFI non-settlement
R33|RDFI|60 CD||return of XCK
R34|operator|next file||limited participation bank
R35|operator|next file||return of improper debit
R36|operator|next file||return of improper credit
R37|RDFI|60 CD||source document presented
R38|RDFI|60 CD||stop payment on source document
R39|RDFI|2 BD||improper source document
R40|agency|not fixed||enrollment returned by federal agency
R41|agency|not fixed||enrollment: invalid transaction code
R42|agency|not fixed||enrollment: routing number or check digit error
R43|agency|not fixed||enrollment: invalid account number
R44|agency|not fixed||enrollment: invalid individual identification
R45|agency|not fixed||enrollment: invalid individual or company name
R46|agency|not fixed||enrollment: invalid representative payee indicator
R47|agency|not fixed||enrollment: duplicate
R50|RDFI|2 BD||state law affecting RCK acceptance
R51|RDFI|60 CD|U|RCK item ineligible or improper
R52|RDFI|60 CD||stop payment on RCK item
R53|RDFI|60 CD||item and RCK both presented
R80|gateway|not fixed||IAT coding error
R81|gateway|not fixed||non-participant in IAT
R82|gateway|not fixed||invalid foreign receiving bank
R83|gateway|not fixed||foreign receiving bank unable to settle
R84|gateway|not fixed||not processed by gateway
R85|gateway|2 BD||incorrectly coded outbound international payment
R90|RDFI|not fixed||sanctions compliance
"""
_DISHONORED = """
R61|ODFI|5 BD||misrouted return
R62|ODFI|5 BD||return of erroneous or reversing debit
R67|ODFI|5 BD||duplicate return
R68|ODFI|5 BD||untimely return
R69|ODFI|5 BD||field errors
R70|ODFI|5 BD||permissible return not accepted, or not requested
"""
_CONTESTED = """
R71|RDFI|2 BD||misrouted dishonored return
R72|RDFI|2 BD||untimely dishonored return
R73|RDFI|2 BD||timely original return
R74|RDFI|2 BD||corrected return
R75|RDFI|2 BD||return not a duplicate
R76|RDFI|2 BD||no errors found
R77|RDFI|2 BD||non-acceptance of R62 dishonored return
"""
_IN_FORCE_FROM = {"R90": date(2028, 3, 17)}


def _table() -> dict[str, Reason]:
    found = {}
    for stage, table in (
        (Stage.RETURN, _RETURNS), (Stage.DISHONORED, _DISHONORED), (Stage.CONTESTED, _CONTESTED),
    ):  # fmt: skip
        for row in table.strip().splitlines():
            code, who, window, rate, meaning = row.split("|")
            found[code] = Reason(code, meaning, who, _W[window], _RATES[rate], stage, _IN_FORCE_FROM.get(code))
    return found


REASONS = MappingProxyType(_table())
