"""Pay a balance out: what is owed is taken first, what is to stay stays, the rest goes to the party's own account."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from ach.enums import Direction, Priority
from compliance.models import Party
from compliance.selectors import bank_accounts as accounts
from compliance.selectors import parties as parties_register
from compliance.services.parties import require_good_standing
from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.money import Currency, Money
from core.outbox import services as outbox
from core.switches import services as switches
from core.switches.enums import Switch
from ledger import chart
from ledger.selectors import balances
from payments import ach_door
from payments.models import Payout, PayoutSchedule
from payments.selectors import payouts as register
from payments.services import transfer_orders, transfer_origination
from payments.services.entries import book
from payments.services.transfer_orders import TransferOrder
from payments.services.transfer_origination import Ask
from payments.services.transfer_sides import Sides
from payments.transfer_enums import Purpose, Trigger
from payments.transfer_events import PayoutCreated
from payments.transfer_refusals import AccountVerificationFailed

DESCRIPTION = "PAYOUT"


class PayoutsArePaused(Refusal):
    code: ClassVar[str] = "PAYOUTS_PAUSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Payouts of the party are paused"


class NothingToPayOut(Refusal):
    """Less is there than is wanted, or than the least that is paid. `fields` say what could be."""

    code: ClassVar[str] = "INSUFFICIENT_BALANCE"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Not enough is there to pay out"


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """`amount_minor` None is all that may go."""

    party_id: str
    amount_minor: int | None = None
    currency: str = "USD"
    priority: str = Priority.STANDARD
    description: str = ""
    trigger: Trigger = Trigger.ON_DEMAND
    run: datetime | None = None


def create(order: PayoutOrder, *, livemode: bool, actor: Actor, now: datetime) -> Payout:
    """In the caller's transaction. The party's row is held, so that two payouts do not share one balance.

    Raises PartyNotFound, PartyNotEligible, SwitchClosed, PayoutsArePaused, AccountVerificationFailed, NothingToPayOut,
    and what a transfer refuses. One that sanctions or fraud forbid is kept, with its FAILED transfer.
    """
    if order.currency != transfer_orders.CURRENCY:
        raise NothingToPayOut(errors=(FieldError("/currency", "must be USD"),))
    with transaction.atomic():
        party = parties_register.get(party_id=order.party_id, livemode=livemode)
        party = Party.objects.select_for_update(no_key=True).get(pk=party.pk)
        require_good_standing(party)
        switches.require_open(Switch.ACH_TRANSFERS, now=now, scopes=[f"party:{party.party_id}"])
        schedule = register.find_schedule(party)
        if schedule is not None and schedule.paused_at is not None:
            raise PayoutsArePaused(schedule.paused_why)
        payout_id = ids.prefixed("po", now)
        withheld = ach_door.current().withhold(party, reference=payout_id, now=now)
        amount = _amount(order, party, schedule)
        return _pay(order, party, schedule, payout_id, amount, withheld, actor=actor, now=now)


def payable(party: Party, schedule: PayoutSchedule | None, currency: str) -> int:
    """What is available beyond the reserve that stays."""
    there = balances.get(book(party.livemode), chart.provider_payable(party.party_id), Currency[currency])
    return max(0, there.available.minor - (schedule.reserve_minor if schedule else 0))


def _amount(order: PayoutOrder, party: Party, schedule: PayoutSchedule | None) -> int:
    there, least = payable(party, schedule, order.currency), schedule.minimum_minor if schedule else 1
    wanted = there if order.amount_minor is None else order.amount_minor
    fields = {"available": there, "minimum": least}
    if wanted > there:
        raise NothingToPayOut(f"{Money(there)} may be paid out", fields=fields)
    if wanted < least:
        raise NothingToPayOut(f"{Money(least)} is the least that is paid out", fields=fields)
    return wanted


def _pay(
    order: PayoutOrder, party: Party, schedule: PayoutSchedule | None, payout_id: str, amount: int, withheld: int, *,
    actor: Actor, now: datetime,
) -> Payout:  # fmt: skip
    account = accounts.find_active(party)
    if account is None:
        raise AccountVerificationFailed(f"{party.party_id} has no account that is paid to")
    wanted = TransferOrder(
        from_account=party.party_id, to_account=account.account_id, amount_minor=amount, currency=order.currency,
        type=Direction.CREDIT, description=order.description or f"Payout {payout_id}", priority=order.priority,
        company_description=DESCRIPTION,
    )  # fmt: skip
    transfer_orders.require_acceptable(wanted, now=now)
    account.party = party
    sides = Sides(payer=party, payee=party, outside=account, with_us=None)
    ask = Ask(ids.ach_transfer(now), Purpose.PAYOUT, party.livemode, actor, now)
    transfer = transfer_origination.originate(wanted, sides, ask)
    payout = Payout.objects.create(
        public_id=payout_id, livemode=party.livemode, party=party, transfer=transfer,
        schedule=schedule if order.trigger == Trigger.SCHEDULED else None, trigger=order.trigger, run=order.run,
        amount_minor=amount, withheld_minor=withheld, currency=order.currency, created_by=str(actor), created_at=now,
    )  # fmt: skip
    audit.record(
        actor=actor, action="payments.payout.created", subject=payout_id, at=now,
        details={"party_id": party.party_id, "amount_minor": amount, "transfer_id": transfer.public_id},
    )  # fmt: skip
    outbox.publish(
        PayoutCreated(
            payout_id, transfer.public_id, party.party_id, amount, withheld, order.currency, party.livemode, now
        ),
        now=now,
    )
    return payout
