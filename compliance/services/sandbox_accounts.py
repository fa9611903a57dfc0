"""Accounts of test data that nobody has entered: documented examples name some, and run as they are printed."""

import hashlib
import re
from datetime import datetime

from compliance.account_numbers import AccountNumber
from compliance.enums import AccountType
from compliance.models import BankAccount, Party
from compliance.services import bank_accounts
from compliance.services.bank_accounts import NewAccount
from core.actors import Actor

ACCOUNT_CREATED_UNVERIFIED = "ACCOUNT_CREATED_UNVERIFIED"
NAMED = re.compile(r"^acc_[A-Za-z0-9_.\-]{1,36}\Z", re.ASCII)
# The sandbox's own bank.
ROUTING = "123456780"
_DIGITS = "123456"


def is_one(account_id: str) -> bool:
    """Whether the id is of that kind. Accounts that people or marketplaces enter are named `ba_…`."""
    return NAMED.fullmatch(account_id) is not None


def party_id(account_id: str) -> str:
    """The provider that such an account is of: `acc_provider_67890` is `prov_provider_67890`'s."""
    return f"prov_{account_id.removeprefix('acc_')}"


def create(*, account_id: str, party: Party, actor: Actor, now: datetime) -> BankAccount:
    """Raises what `bank_accounts.create` does; its number is made of the id and is no magic number of the sandbox."""
    digest = hashlib.sha256(account_id.encode()).digest()
    number = "".join(_DIGITS[byte % len(_DIGITS)] for byte in digest[:10])
    new = NewAccount(
        party_id=party.party_id,
        holder_name=party.name if party.name != party.party_id else "Sandbox Account",
        account_type=AccountType.CHECKING,
        routing_number=ROUTING,
        number=AccountNumber(number),
    )
    return bank_accounts.create(new=new, livemode=False, actor=actor, now=now, account_id=account_id)
