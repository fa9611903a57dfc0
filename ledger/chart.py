"""The chart of accounts as data. The database holds the same rows (`ledger_account_kind`); a test compares them.

An account is named by its kind, or by its kind and an owner: `fees:platform`, `escrow_held:ESC_…`. Accounts open
themselves on their first posting, one per book and currency.

Who may go negative: accounts that mirror the outside (bank, acquirer, clearing) record what happened there and cannot
refuse it; accounts that hold somebody's money never fall below zero.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from core.errors import Refusal

DEBIT = 1
CREDIT = -1

OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}", re.ASCII)


class UnknownAccount(Refusal):
    """The code belongs to no kind of the chart."""

    code: ClassVar[str] = "UNKNOWN_ACCOUNT"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such ledger account"


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the chart.

    `sign` is DEBIT or CREDIT, the side that makes the balance grow. `min_balance_minor` is None where the balance may
    go negative. A `hot` account is touched by most entries: its movements are appended and rolled up, never queued
    on one row. `one_currency`: a second currency under the same code is a mistake, not another account.
    """

    prefix: str
    per_owner: bool
    sign: int
    min_balance_minor: int | None
    hot: bool
    one_currency: bool
    title: str


KINDS = (
    Kind("acquirer_receivable", False, DEBIT, None, True, False, "Captured by the acquirer, not yet settled"),
    Kind("bank:operating", False, DEBIT, None, False, False, "Operating bank account"),
    Kind("bank:trust", False, DEBIT, None, True, False, "Trust bank account, money of others"),
    Kind("escrow_held", True, CREDIT, 0, False, True, "Held in one escrow"),
    Kind("provider_payable", True, CREDIT, 0, False, False, "Owed to a provider"),
    Kind("customer_refundable", True, CREDIT, 0, False, False, "Owed back to a customer"),
    Kind("fees:platform", False, CREDIT, 0, True, False, "Platform fees earned"),
    Kind("costs", True, DEBIT, None, True, False, "Costs of one kind"),
    Kind("ach_clearing:out", False, CREDIT, None, True, False, "ACH credits sent, not yet settled"),
    Kind("ach_clearing:in", False, DEBIT, None, True, False, "ACH debits sent, not yet settled"),
    Kind("reserve", True, CREDIT, 0, False, False, "Kept back from a provider"),
    Kind("returns_receivable", True, DEBIT, 0, False, False, "Owed by a party after a return"),
    Kind("suspense", False, CREDIT, None, True, False, "Not yet matched to anything"),
)

_BY_PREFIX = {kind.prefix: kind for kind in KINDS}

ACQUIRER_RECEIVABLE = "acquirer_receivable"
BANK_OPERATING = "bank:operating"
BANK_TRUST = "bank:trust"
FEES_PLATFORM = "fees:platform"
ACH_CLEARING_OUT = "ach_clearing:out"
ACH_CLEARING_IN = "ach_clearing:in"
SUSPENSE = "suspense"


def escrow_held(escrow_id: str) -> str:
    return _owned("escrow_held", escrow_id)


def provider_payable(provider_id: str) -> str:
    return _owned("provider_payable", provider_id)


def customer_refundable(customer_id: str) -> str:
    return _owned("customer_refundable", customer_id)


def costs(kind: str) -> str:
    """`costs:acquirer`, `costs:ach`: what the marketplace pays, by kind of cost."""
    return _owned("costs", kind)


def reserve(provider_id: str) -> str:
    return _owned("reserve", provider_id)


def returns_receivable(party_id: str) -> str:
    return _owned("returns_receivable", party_id)


def kind_of(account: str) -> Kind:
    """The kind an account code belongs to. Raises UnknownAccount."""
    kind = _BY_PREFIX.get(account)
    if kind is not None and not kind.per_owner:
        return kind
    prefix, _, owner = account.partition(":")
    kind = _BY_PREFIX.get(prefix)
    if kind is None or not kind.per_owner or not OWNER.fullmatch(owner):
        raise UnknownAccount("the account is not in the chart")
    return kind


def _owned(prefix: str, owner: str) -> str:
    code = f"{prefix}:{owner}"
    kind_of(code)
    return code
