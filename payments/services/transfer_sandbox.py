"""An account that test mode has made of its name alone never lacks money: the sandbox puts there what is missing.

The sandbox bank's statement shows it, as that of any bank shows what came in.
"""

from datetime import datetime

from ach.enums import Direction
from ach.sandbox import paid_in
from compliance.services import sandbox_accounts
from core.money import Currency, Money
from ledger import chart
from ledger.selectors import balances
from ledger.services import journal
from ledger.services.journal import Leg
from payments.models import Transfer
from payments.services.entries import book
from payments.services.transfer_sides import Sides


def fund(transfer: Transfer, sides: Sides, *, now: datetime) -> None:
    """Test data only; for an account that a marketplace has entered nothing is done."""
    ours = sides.with_us
    if transfer.livemode or transfer.type != Direction.CREDIT or ours is None:
        return
    if not sandbox_accounts.is_one(ours.account_id):
        return
    account, currency = chart.provider_payable(sides.payer.party_id), Currency[transfer.currency]
    missing = transfer.amount_minor - balances.get(book(False), account, currency).available.minor
    if missing <= 0:
        return
    amount = Money(missing, currency)
    journal.post(
        book=book(False),
        kind="payments.sandbox_funded",
        legs=[Leg.debit(chart.BANK_TRUST, amount), Leg.credit(account, amount)],
        reference=transfer.public_id,
        idempotency_key=f"payments.sandbox_funded:{transfer.public_id}",
        effective_at=now,
        now=now,
        description="Balance of a sandbox account",
    )
    paid_in.pay(reference=transfer.public_id, words="TRANSFER IN FOR A SANDBOX ACCOUNT", amount_minor=missing, at=now)
