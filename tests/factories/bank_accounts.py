"""Payout accounts for tests: entered, signed by two people, paid to."""

import itertools
from datetime import datetime
from typing import Any

from compliance.account_numbers import AccountNumber
from compliance.enums import AccountType, PartyType
from compliance.models import BankAccount, Party
from compliance.services import bank_accounts
from core.actors import Actor
from core.approvals.models import ApprovalRequest
from core.approvals.services import sign
from core.staff import presence
from tests.factories import staff
from tests.factories.approvals import code_of
from tests.factories.payments import NOW

MARKETPLACE = Actor("API_KEY", "key_test", frozenset({"bank-accounts:write"}))
ROUTING = "021000021"
NUMBER = "000123456789"
PROVIDER = "prov_xyz789ghi012"
_numbers = itertools.count(100_000_001)


def party(party_id: str = PROVIDER, *, livemode: bool = False, **more: Any) -> Party:
    """The party of that id and mode, entered where it is unknown."""
    kind = PartyType.CUSTOMER if party_id.startswith("cus_") else PartyType.PROVIDER
    found, _ = Party.objects.get_or_create(
        party_id=party_id, livemode=livemode, defaults={"type": kind, "created_at": NOW, "updated_at": NOW, **more}
    )
    return found


def wanted(party_id: str = PROVIDER, *, number: str = "", **different: Any) -> bank_accounts.NewAccount:
    """A new number unless one is named."""
    values: dict[str, Any] = {
        "party_id": party_id,
        "holder_name": "Jane Smith",
        "account_type": AccountType.CHECKING,
        "routing_number": ROUTING,
        "number": AccountNumber(number or str(next(_numbers))),
    }
    return bank_accounts.NewAccount(**values | different)


def entered(
    party_id: str = PROVIDER, *, livemode: bool = True, number: str = "", now: datetime = NOW, **different: Any
) -> BankAccount:
    """An account as the API leaves it; there must be two people who could sign (`signers`)."""
    party(party_id, livemode=livemode)
    new = wanted(party_id, number=number, **different)
    return bank_accounts.create(new=new, livemode=livemode, actor=MARKETPLACE, now=now)


def signers() -> tuple[staff.Person, staff.Person]:
    return staff.person("COMPLIANCE"), staff.person("CONTROLLER")


def signed(account: BankAccount, *people: staff.Person, now: datetime = NOW) -> BankAccount:
    """The account after each of the people has signed."""
    request = ApprovalRequest.objects.get(request_id=account.approval_id)
    for person in people:
        request.refresh_from_db()
        sign(
            request_id=request.request_id, user=person.user, digest=request.digest, code=code_of(person), reason="",
            device="Firefox on Linux", origin="198.51.100.7", now=now, present=presence.present(),
        )  # fmt: skip
    return BankAccount.objects.select_related("party").get(pk=account.pk)


def active(party_id: str = PROVIDER, *, livemode: bool = False, number: str = "", now: datetime = NOW) -> BankAccount:
    """The first account of a party, paid to from `now`: in test data without signatures, in live data signed."""
    people = signers() if livemode else ()
    account = entered(party_id, livemode=livemode, number=number, now=now)
    return signed(account, *people, now=now) if people else account
