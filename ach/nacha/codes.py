"""Transaction codes, standard entry class (SEC) codes and service classes (Nacha operating rules, appendix three)."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Direction(StrEnum):
    """As seen from the receiver: a credit puts money into the account, a debit takes it out."""

    CREDIT = "credit"
    DEBIT = "debit"


class Kind(StrEnum):
    LIVE = "live"
    PRENOTE = "prenote"
    # Carries remittance information and no money.
    ZERO_DOLLAR = "zero-dollar"
    # Returns, dishonored and contested ones, and notifications of change.
    RETURN = "return"
    # ADV: the accounting entries of an operator.
    ACCOUNTING = "accounting"


class AccountType(StrEnum):
    CHECKING = "checking"
    SAVINGS = "savings"
    GENERAL_LEDGER = "general ledger"
    LOAN = "loan"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class TransactionCode:
    code: str
    direction: Direction
    kind: Kind
    account: AccountType
    reversal_only: bool = False

    @property
    def is_debit(self) -> bool:
        return self.direction is Direction.DEBIT


def _transaction_codes() -> dict[str, TransactionCode]:
    kinds = (Kind.RETURN, Kind.LIVE, Kind.PRENOTE, Kind.ZERO_DOLLAR)
    found = {}
    for tens, account in zip((20, 30, 40, 50), list(AccountType)[:4], strict=True):
        for first, direction in ((1, Direction.CREDIT), (6, Direction.DEBIT)):
            for ones, kind in enumerate(kinds, start=first):
                found[f"{tens + ones}"] = TransactionCode(f"{tens + ones}", direction, kind, account)
    # Loan accounts are debited only to take a credit back, by 55, which stands where nothing else would.
    for code in ("57", "58", "59"):
        del found[code]
    found["55"] = TransactionCode("55", Direction.DEBIT, Kind.LIVE, AccountType.LOAN, reversal_only=True)
    for number in range(81, 89):
        direction = Direction.CREDIT if number % 2 else Direction.DEBIT
        found[f"{number}"] = TransactionCode(f"{number}", direction, Kind.ACCOUNTING, AccountType.OPERATOR)
    return found


TRANSACTION_CODES = MappingProxyType(_transaction_codes())


@dataclass(frozen=True, slots=True)
class SecCode:
    """`addenda` says how many of each type an ordinary entry may have. `in_scope` is what the product sends."""

    code: str
    meaning: str
    in_scope: bool = False
    consumer: bool = False
    credits: bool = True
    debits: bool = True
    zero_dollar: bool = False
    named: bool = False
    addenda: tuple[tuple[str, int], ...] = ()


_IAT = (*((f"{number}", 1) for number in range(10, 17)), ("17", 2), ("18", 5))

_SEC = (
    SecCode("PPD", "prearranged payment or deposit", True, consumer=True, addenda=(("05", 1),)),
    SecCode("CCD", "corporate credit or debit", True, zero_dollar=True, addenda=(("05", 1),)),
    SecCode("WEB", "internet-initiated entry", True, consumer=True, named=True, addenda=(("05", 1),)),
    # Credits only to reverse a debit.
    SecCode("TEL", "telephone-initiated entry", True, consumer=True, named=True, credits=False),
    SecCode("CTX", "corporate trade exchange", True, zero_dollar=True, addenda=(("05", 9999),)),
    SecCode("COR", "notification of change", True),
    SecCode("ACK", "acknowledgment of CCD", zero_dollar=True, debits=False, addenda=(("05", 1),)),
    SecCode("ADV", "automated accounting advice"),
    SecCode("ARC", "accounts receivable entry", credits=False),
    SecCode("ATX", "acknowledgment of CTX", zero_dollar=True, debits=False, addenda=(("05", 9999),)),
    SecCode("BOC", "back office conversion", credits=False),
    SecCode("CIE", "customer-initiated entry", consumer=True, debits=False, addenda=(("05", 1),)),
    SecCode("DNE", "death notification", addenda=(("05", 1),)),
    SecCode("ENR", "automated enrollment", addenda=(("05", 9999),)),
    SecCode("IAT", "international entry", addenda=_IAT),
    SecCode("MTE", "machine transfer", addenda=(("02", 1),)),
    SecCode("POP", "point of purchase", credits=False),
    SecCode("POS", "point of sale", addenda=(("02", 1),)),
    SecCode("RCK", "re-presented check", credits=False),
    SecCode("SHR", "shared network", addenda=(("02", 1),)),
    SecCode("TRC", "check truncation", credits=False),
    SecCode("TRX", "check truncation exchange", credits=False, addenda=(("05", 9999),)),
    SecCode("XCK", "destroyed check", credits=False),
)
SEC_CODES = MappingProxyType({each.code: each for each in _SEC})


class ServiceClass(StrEnum):
    MIXED = "200"
    CREDITS = "220"
    DEBITS = "225"
    ADVICES = "280"
