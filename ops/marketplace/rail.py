"""The rail of a demo: a file that settled, of which two payouts came back and one was corrected; a file that waits for
its signatures; payouts for the next cutoff. Banks answer by the magic account numbers of docs/sandbox-bank.md.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, time, timedelta
from time import sleep

from django.db import transaction
from django.db.models import Max

from ach.calendar.days import add_banking_days
from ach.calendar.eastern import eastern, instant
from ach.enums import EntryState, FileState, InboundState
from ach.models import Entry, File, InboundFile
from ach.sandbox import bank, paid_in
from ach.services import cutoffs, delivery, inbound, settling
from compliance.account_numbers import AccountNumber
from compliance.enums import AccountType
from compliance.models import BankAccount
from compliance.services import bank_accounts
from compliance.services.bank_accounts import NewAccount
from core.actors import Actor
from core.money import Money
from core.outbox import services as outbox
from core.outbox.selectors import load as outbox_load
from core.work import services as work
from core.work.selectors import load as work_load
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from ops.marketplace.people import PROVIDERS, Provider
from payments.services import payout_schedules, payouts, transfer_decisions
from payments.services.payout_schedules import NewSchedule
from payments.services.payouts import NothingToPayOut, PayoutOrder
from payments.transfer_enums import Interval, TransferState

MARKETPLACE = Actor("API_KEY", "demo", frozenset({"bank-accounts:write", "payouts:write"}))
BANKS = ("021000021", "011401533", "091000019", "211391825")
_ENDS = {"prov_clearview": "7000002", "prov_oakhome": "7000003", "prov_tidepool": "7000101"}
"""An account that was closed, one that nobody finds, one whose number is another now."""
LARGE = ("prov_lumen_photo", "prov_northmove", "prov_saffron")
SOON = ("prov_brightkeys", "prov_fern_garden")
SCHEDULES = {
    "prov_lumen_photo": (Interval.WEEKLY, 5, 10_000, 50_000),
    "prov_brightkeys": (Interval.DAILY, 0, 2_500, 0),
    "prov_oakhome": (Interval.MONTHLY, 15, 5_000, 20_000),
}
"""Interval, its day, the least that is paid, and what stays."""
CLOSED, WHY_PAUSED = "prov_clearview", "Its bank says that the account is closed (R02)"
# From 25,000.00 a person judges each payout, and from 50,000.00 two sign the file.
LARGEST = 1_812_500
BANKING_DAYS = 4
"""From the payouts to today: cut, settled, returned, corrected."""
ASKED = time(13)
BUILDING, ANSWERING = timedelta(minutes=1), timedelta(minutes=20)
"""After its cutoff a file is delivered, and acknowledged."""
PATIENCE, PAUSE = 200, 0.05


class Rail:
    """`until` is the demo's end. Told of each evening, it does what marketplace, bank and rail do that day.

    `move_to` moves the clock of everybody: workers and their alarms live by the same hours.
    """

    def __init__(self, until: datetime, move_to: Callable[[datetime], None]) -> None:
        self._move_to = move_to
        self._first = add_banking_days(eastern(until).date(), -BANKING_DAYS)
        self._last = add_banking_days(eastern(until).date(), -1)

    def end_of_day(self, moment: datetime) -> None:
        """Payouts of the first day go with its last cutoff; afterwards what the bank has said is fetched."""
        day = eastern(moment).date()
        if day == self._first:
            self._pay_everybody(moment)
            last = Entry.objects.filter(state=EntryState.WAITING, livemode=False).aggregate(at=Max("due_at"))["at"]
            for later in (BUILDING, ANSWERING) if last else ():
                self._move_to(last + later)
                pass_time(last + later)
        elif day > self._first:
            pass_time(moment)

    def finish(self, now: datetime) -> None:
        """As the demo begins: a file of yesterday's cutoff, which nobody was there for, and what waits for the next."""
        if BankAccount.objects.filter(party__party_id__in=LARGE, livemode=False).exists():
            asked = instant(self._last, ASKED)
            _carry_over({party_id: LARGEST + 12_550 * n for n, party_id in enumerate(LARGE)}, "large", asked)
            for party_id in LARGE:
                _pay_out(party_id, asked)
            pass_time(now)
            _carry_over(dict.fromkeys(SOON, 61_500), "soon", now)
            for party_id in SOON:
                _pay_out(party_id, now)
            _say_when(now)

    def _pay_everybody(self, now: datetime) -> None:
        _carry_over({provider.party_id: 2 * provider.typical_minor for provider in PROVIDERS}, "first", now)
        for number, provider in enumerate(PROVIDERS):
            if not BankAccount.objects.filter(party__party_id=provider.party_id, livemode=False).exists():
                _open_account(provider, number, now)
                _pay_out(provider.party_id, now)


def _open_account(provider: Provider, number: int, now: datetime) -> None:
    digits = f"40{number:02d}" + _ENDS.get(provider.party_id, f"{512_377 + 1_009 * number}")
    new = NewAccount(
        provider.party_id, provider.business_name, AccountType.CHECKING, BANKS[number % len(BANKS)],
        AccountNumber(digits),
    )  # fmt: skip
    bank_accounts.create(new=new, livemode=False, actor=MARKETPLACE, now=now)


def _say_when(now: datetime) -> None:
    """Who is paid by itself from now on; the seller whose account was closed is paid nothing until there is another."""
    for party_id, (interval, anchor, minimum, reserve) in SCHEDULES.items():
        new = NewSchedule(party_id, interval, anchor, minimum, reserve)
        payout_schedules.put(new=new, livemode=False, actor=MARKETPLACE, now=now)
    payout_schedules.pause(party_id=CLOSED, livemode=False, why=WHY_PAUSED, actor=MARKETPLACE, now=now)


def _carry_over(amounts: dict[str, int], what: str, now: datetime) -> None:
    """What another provider owed the sellers comes over: one wire, and each one's balance; once for each `what`."""
    total, reference = sum(amounts.values()), f"CARRY-OVER-{what.upper()}"
    owed = [Leg.credit(chart.provider_payable(party_id), Money(minor)) for party_id, minor in amounts.items()]
    with transaction.atomic():
        journal.post(
            book="test", kind="ops.carried_over", legs=[Leg.debit(chart.BANK_TRUST, Money(total)), *owed],
            reference=reference, idempotency_key=f"ops.carried_over:{what}", effective_at=now, now=now,
            description="Balances of sellers, carried over",
        )  # fmt: skip
        paid_in.pay(reference=reference, words="WIRE IN BALANCES CARRIED OVER", amount_minor=total, at=now)


def _pay_out(party_id: str, now: datetime) -> None:
    """Nothing where an interrupted start has done so."""
    with contextlib.suppress(NothingToPayOut), transaction.atomic():
        made = payouts.create(PayoutOrder(party_id), livemode=False, actor=MARKETPLACE, now=now).transfer
        if made.state == TransferState.PENDING_REVIEW:
            why = "The seller is known from the provider before."
            transfer_decisions.decide(transfer_id=made.public_id, approve=True, why=why, now=now)


def pass_time(now: datetime) -> None:
    """What the jobs of rail and bank do at that moment, and the books after them. Workers may be doing the same: it is
    over once nothing of it is left, so that nobody finds it late when the clock leaps.
    """
    for _ in range(PATIENCE):
        _go_on(now)
        if not _is_left(now):
            return
        sleep(PAUSE)


def _go_on(now: datetime) -> None:
    cutoffs.run_due(now=now)
    for file_id in File.objects.filter(state=FileState.READY, by_hand="").values_list("public_id", flat=True):
        delivery.deliver(file_id=file_id, now=now)
    bank.tick(now=now)
    inbound.fetch_all(now=now)
    for file_id in InboundFile.objects.filter(state=InboundState.STORED).values_list("public_id", flat=True):
        inbound.process(file_id=file_id, now=now)
    settling.settle_due(now=now)
    outbox.drain(now=now)
    work.drain(now=now)


def _is_left(now: datetime) -> bool:
    return (
        Entry.objects.filter(state=EntryState.WAITING, due_at__lte=now).exists()
        or File.objects.filter(state__in=(FileState.PLANNED, FileState.BUILT)).exists()
        or File.objects.filter(state=FileState.READY, by_hand="").exists()
        or InboundFile.objects.filter(state__in=(InboundState.STORED, InboundState.READ)).exists()
        or outbox_load(now=now).depth > 0
        or work_load(now=now).depth > 0
    )
