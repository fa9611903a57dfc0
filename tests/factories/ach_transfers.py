"""Transfers for tests, and the way of an entry through the rail: rows as cutoff, bank and returns leave them."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from ach.enums import EntryState, FileState
from ach.models import Cutoff, Entry, File
from ach.selectors import entries as register
from ach.services import originators
from compliance.models import Party
from core import ids
from core.actors import Actor
from core.money import Currency, Money
from ledger import chart
from ledger.selectors import balances
from ledger.services import journal
from ledger.services.journal import Leg
from payments.answers import Answer
from payments.models import AccountVerification, Payout, PayoutSchedule, Transfer
from payments.selectors import transfers as transfer_register
from payments.services import transfers
from payments.services.transfer_orders import Customer, TransferOrder
from tests.factories import bank_accounts
from tests.factories.payments import NOW, ticket

BACKEND = Actor("API_KEY", "key_test", frozenset({"ach:write"}))
SELLER, SHOP, BUYER = "prov_seller_001", "prov_shop_001", "cus_buyer_001"
SETTLES = timedelta(days=1)
_numbers = itertools.count(1)


def order(**different: Any) -> TransferOrder:
    """460.00 of the seller's balance to the seller's account."""
    wanted: dict[str, Any] = {
        "from_account": SELLER,
        "to_account": "",
        "amount_minor": 46_000,
        "currency": "USD",
        "type": "CREDIT",
        "description": "Payout of March",
        "customer": Customer(BUYER, "Ada", "Byron"),
    }
    wanted |= different
    if not wanted["to_account"]:
        wanted["to_account"] = account(SELLER)
    return TransferOrder(**wanted)


def debit(**different: Any) -> TransferOrder:
    """750.55 from the buyer's account for the seller, agreed to online."""
    wanted: dict[str, Any] = {
        "from_account": account(BUYER), "to_account": SELLER, "amount_minor": 75_055, "type": "DEBIT", "sec": "WEB",
        "description": "Booking 12345",
    }  # fmt: skip
    known(SELLER)
    return order(**wanted | different)


def known(party_id: str) -> Party:
    """For years: nothing about it is new."""
    return bank_accounts.party(party_id, created_at=NOW - timedelta(days=800))


def account(party_id: str) -> str:
    """Id of the party's account, entered where there is none."""
    party = known(party_id)
    found = party.bank_accounts.filter(state="ACTIVE").first()
    return (found or bank_accounts.active(party_id)).account_id


def balance(party_id: str = SELLER, minor: int = 100_000) -> None:
    """Owed to the party from now on, as an escrow's release leaves it."""
    known(party_id)
    amount = Money(minor, Currency.USD)
    journal.post(
        book="test", kind="tests.earned",
        legs=[Leg.debit(chart.BANK_TRUST, amount), Leg.credit(chart.provider_payable(party_id), amount)],
        reference=party_id, idempotency_key=f"earned:{next(_numbers)}", effective_at=NOW, now=NOW,
    )  # fmt: skip


def make(wanted: TransferOrder | None = None, *, now: datetime = NOW, key: Any = None, bulk: bool = True) -> Answer:
    return transfers.create(
        wanted or order(), ticket=key or ticket("ach_transfers.create"), livemode=False, bulk=bulk, actor=BACKEND,
        now=now,
    )  # fmt: skip


def made(wanted: TransferOrder | None = None, *, now: datetime = NOW) -> Transfer:
    return transfer_register.get(make(wanted, now=now).body["transferId"])


def entry_of(transfer: Transfer) -> Entry:
    found = register.find("PAYMENT", transfer.public_id)
    assert found is not None
    return found


def filed(entry: Entry, *, now: datetime = NOW) -> File:
    """In a file that nobody has sent yet."""
    number = next(_numbers)
    originator = originators.default(livemode=entry.livemode)
    cutoff = Cutoff.objects.create(
        public_id=ids.prefixed("cut", now), livemode=entry.livemode, originator=originator,
        at=now + timedelta(seconds=number), created_at=now,
    )  # fmt: skip
    file = File.objects.create(
        public_id=ids.prefixed("fil", now), livemode=entry.livemode, originator=originator, cutoff=cutoff,
        name=f"file-{number}", created_on=now.date(), created_time=f"{number % 10_000:04d}", modifier="A",
        created_at=now, state=FileState.PLANNED,
    )  # fmt: skip
    _set(entry, state=EntryState.FILED, file=file, batch_number=1, line=3, trace=f"12345678{number:07d}", filed_at=now)
    return file


def sent(entry: Entry, *, now: datetime = NOW) -> File:
    file = filed(entry, now=now)
    _set(entry, state=EntryState.SENT, sent_at=now, settles_on=(now + SETTLES).date())
    return file


def settled(entry: Entry, *, now: datetime = NOW + SETTLES) -> None:
    _set(entry, state=EntryState.SETTLED, settled_at=now)


def returned(entry: Entry, code: str = "R01", *, now: datetime = NOW + 2 * SETTLES) -> None:
    _set(entry, state=EntryState.RETURNED, return_code=code, returned_at=now)


def refused(*, payee: str, customer: str, livemode: bool) -> tuple[Transfer, Payout, AccountVerification]:
    """Rows of a payout that sanctions forbade, of a verification that failed, and a daily schedule."""
    party = Party.objects.get(party_id=payee, livemode=livemode)
    account = party.bank_accounts.get()
    transfer = Transfer.objects.create(
        public_id=ids.ach_transfer(NOW), livemode=livemode, purpose="PAYOUT", type="CREDIT", state="FAILED",
        amount_minor=100, currency="USD", priority_asked="STANDARD", priority="STANDARD", sec="PPD",
        description="Payout", company_description="PAYOUT", payer=party, payee=party, to_account=account,
        customer=Party.objects.get(party_id=customer, livemode=livemode), failure_code="OFAC_SANCTIONS_MATCH",
        created_by="tests", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    payout = Payout.objects.create(
        public_id=ids.prefixed("po", NOW), livemode=livemode, party=party, transfer=transfer, trigger="ON_DEMAND",
        amount_minor=100, currency="USD", created_by="tests", created_at=NOW,
    )  # fmt: skip
    verification = AccountVerification.objects.create(
        public_id=ids.prefixed("bav", NOW), livemode=livemode, account=account, method="MICRO_ENTRIES",
        created_by="tests", created_at=NOW,
    )  # fmt: skip
    verification.state, verification.why, verification.ended_at = "FAILED", "R03", NOW
    verification.save()
    PayoutSchedule.objects.create(
        party=party, livemode=livemode, interval="DAILY", currency="USD", updated_by="tests", created_at=NOW,
        updated_at=NOW,
    )  # fmt: skip
    return transfer, payout, verification


def held_by(account: str) -> int:
    """Posted, in cents, on the account's normal side."""
    return balances.get("test", account).posted.minor


def available(account: str) -> int:
    return balances.get("test", account).available.minor


def _set(entry: Entry, **values: Any) -> None:
    for name, value in values.items():
        setattr(entry, name, value)
    entry.save(update_fields=[*values])
