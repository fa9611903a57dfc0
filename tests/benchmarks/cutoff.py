"""A cutoff with 50,000 payouts that wait: claimed, written, delivered, acknowledged, settled, and each stage booked.

500 sellers with an account each are paid a hundred times. Every payout is what the API leaves: a transfer, its entry,
its booking and the ledger's reservation. Floors of the same run: the bare writer on as many entries, and as many
ledger entries in blocks, which booking cannot do without.
"""

import io
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from core.money import Money
from tests.benchmarks.report import Report

ENTRIES, SELLERS, AT_ONCE, FLOOR = 50_000, 500, 500, 5_000
AMOUNT = 46_000
STAGES = ("sent", "settled")


def run(report: Report) -> None:
    from ach.models import File
    from ach.services import acknowledgements, cutoffs, delivery, settling
    from tests.factories.ach_outbound import CUTOFF

    entries = int(os.environ.get("SIZE", ENTRIES))
    bank = _bank(Path("var/bench").resolve())
    _fill(entries)
    writer, posting = _written(entries), _posted(FLOOR) * entries / FLOOR
    taken: dict[str, float] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        taken[name] = time.perf_counter() - began

    with stage("claimed, written, checked by a second reader and sealed"):
        cutoffs.run_due(now=CUTOFF)
    file = File.objects.get()
    with stage("delivered"):
        delivery.deliver(file_id=file.public_id, now=CUTOFF)
    with stage("booked as sent"):
        _follow(CUTOFF)
    file.refresh_from_db()
    with stage("acknowledged"):
        acknowledgements.apply(file=file, accepted=True, why="", now=CUTOFF)
    with stage("followed as acknowledged"):
        _follow(CUTOFF)
    with stage("settled"):
        settling.settle_due(now=_settlement(file))
    with stage("booked as settled"):
        _follow(_settlement(file))
    _require_each_once(entries, file, bank)
    _tell(report, entries, taken, writer, posting)


def _tell(report: Report, entries: int, taken: dict[str, float], writer: float, posting: float) -> None:
    report.add(f"{entries:,} entries by the bare writer (floor of writing)", writer, "s")
    report.add(f"{entries:,} ledger entries in blocks (floor of booking)", posting, "s")
    for name, seconds in taken.items():
        floor = writer if name.startswith("claimed") else posting if name.startswith("booked") else None
        target, met = "", None
        if name.startswith("booked"):
            target, met = "<= 6.00", seconds <= 6 * posting
        report.add(name, seconds, "s", floor=floor, target=target, met=met)
    whole = sum(taken.values())
    report.add("from the cutoff to the last booking", whole, "s", target="< 600 s", met=whole < 600)
    report.add("entries in a second, end to end", entries / whole, "/s")
    report.add("most memory of the process", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")


def _bank(state: Path) -> Path:
    """A folder of its own that files are delivered to; nobody has to sign."""
    import shutil

    from core.actors import SYSTEM
    from core.parameters import services as parameters
    from tests.factories import ach_outbound
    from tests.factories.payments import NOW

    for name in ("approval_file_minor", "approval_second_minor"):
        parameters.change(name=f"ach.{name}", value=10**12, effective_from=NOW, reason="many", actor=SYSTEM, now=NOW)
    folder = state / "bank"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return ach_outbound.folder_bank(folder)


def _fill(entries: int) -> None:
    """One payout through the service; the others are its rows again, of every seller in turn."""
    from ach.models import Entry
    from compliance.models import BankAccount
    from core import ids
    from payments.models import Booking, Transfer
    from tests.factories import ach_transfers
    from tests.factories.payments import NOW

    sellers = [f"prov_bench_{number}" for number in range(SELLERS)]
    for seller in sellers:
        ach_transfers.account(seller)
        ach_transfers.balance(seller, AMOUNT * (entries // SELLERS + 2))
    accounts = list(BankAccount.objects.filter(party__party_id__in=sellers).select_related("party").order_by("pk"))
    first = ach_transfers.made(
        ach_transfers.order(from_account=sellers[0], to_account=accounts[0].account_id, amount_minor=AMOUNT)
    )
    if first.state != "SUBMITTED":
        raise RuntimeError(f"the first payout is {first.state}: {first.state_why}")
    entry = ach_transfers.entry_of(first)
    booking = Booking.objects.get(entry=entry)
    for begin in range(1, entries, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, entries))
        owners = [accounts[number % SELLERS] for number in numbers]
        names = [f"ACH{number:013d}BNCH" for number in numbers]
        with transaction.atomic():
            made = Entry.objects.bulk_create(
                Entry(**_again(entry, public_id=ids.prefixed("ache", NOW), reference=name, account_id=owner.pk,
                               party_id=owner.party_id, individual_id=name[-15:]))
                for name, owner in zip(names, owners, strict=True)
            )  # fmt: skip
            moved = Transfer.objects.bulk_create(
                Transfer(**_again(first, public_id=name, to_account_id=owner.pk, payer_id=owner.party_id,
                                  payee_id=owner.party_id, claim_id=None))
                for name, owner in zip(names, owners, strict=True)
            )  # fmt: skip
            holds = _reserved(made, owners, NOW)
            Booking.objects.bulk_create(
                Booking(**_again(booking, entry_id=each.pk, transfer_id=transfer.pk, owner=owner.party.party_id,
                                 account=f"provider_payable:{owner.party.party_id}", hold_id=hold))
                for each, transfer, owner, hold in zip(made, moved, owners, holds, strict=True)
            )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ach_entry, payments_transfer, payments_booking, ledger_entry, ledger_posting")


def _again(row: Any, **different: Any) -> dict[str, Any]:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return values | {"id": None} | different


def _reserved(entries: Sequence[Any], owners: Sequence[Any], now: Any) -> list[str]:
    """The ledger's reservation of each, as an accepted payout has it."""
    from ledger import chart
    from ledger.enums import Phase
    from ledger.services import journal
    from ledger.services.journal import Leg

    amount = Money(AMOUNT)
    return [
        posted.entry_id
        for posted in journal.post_many(
            [
                journal.Request(
                    book="test", kind="payments.ach_sent", phase=Phase.PENDING.value, reference=entry.reference,
                    legs=[Leg.debit(chart.provider_payable(owner.party.party_id), amount),
                          Leg.credit(chart.ACH_CLEARING_OUT, amount)],
                    idempotency_key=f"ach:{entry.public_id}:accepted", effective_at=now,
                )
                for entry, owner in zip(entries, owners, strict=True)
            ],
            now=now,
        )
    ]  # fmt: skip


def _follow(now: Any) -> None:
    """What worker and relay do, in one process."""
    from core.outbox import services as outbox
    from core.work import services as work

    while outbox.drain(now=now) or work.drain(now=now):
        pass


def _settlement(file: Any) -> Any:
    from datetime import timedelta

    from ach.models import Entry

    last = Entry.objects.filter(file=file).order_by("-settles_at").values_list("settles_at", flat=True).first()
    assert last is not None
    return last + timedelta(minutes=1)


def _written(entries: int) -> float:
    from ach.nacha.records import BatchHeader, Entry, FileHeader
    from ach.nacha.write import OutgoingBatch, OutgoingFile, write

    rows = (Entry("22", "021000021", f"{number}", AMOUNT, "JANE SMITH", f"ID{number}") for number in range(entries))
    header = FileHeader(" 231380104", "1121042880", "260601", "0900", "A", "SANDBOX BANK", "HOLDFAST")
    batch = BatchHeader("220", "HOLDFAST", "", "1121042880", "PPD", "PAYOUT", "", "260602", "", "1", "12104288")
    return _timed(lambda: write(OutgoingFile(header, [OutgoingBatch(batch, rows)]), io.BytesIO()))


def _posted(entries: int) -> float:
    """Ledger entries of two legs on the sellers' accounts, in blocks as booking posts them."""
    from ledger import chart
    from ledger.services import journal
    from ledger.services.journal import Leg
    from tests.factories.payments import NOW

    amount = Money(1)

    def block(begin: int) -> None:
        journal.post_many(
            [
                journal.Request(
                    book="test", kind="bench.floor", reference="floor",
                    legs=[Leg.debit(chart.BANK_TRUST, amount),
                          Leg.credit(chart.provider_payable(f"prov_bench_{number % SELLERS}"), amount)],
                    idempotency_key=f"cutoff.floor:{number}", effective_at=NOW,
                )
                for number in range(begin, begin + 200)
            ],
            now=NOW,
        )  # fmt: skip

    def every() -> None:
        for begin in range(0, entries, 200):
            with transaction.atomic():
                block(begin)

    return _timed(every)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _require_each_once(entries: int, file: Any, bank: Path) -> None:
    """By raw columns of the file, by the rows, by the audit record, and by the ledger."""
    from ach import raw_totals
    from ach.models import Entry
    from core.audit.models import AuditEntry
    from core.outbox.models import Delivery
    from ledger.selectors import accounts
    from payments.models import Booking, Transfer

    found = raw_totals.read((bank / file.name).read_bytes())
    told = {
        "in the file": found.whole.entries,
        "traces": Entry.objects.filter(file=file).values("trace").distinct().count(),
        "settled": Entry.objects.filter(state="SETTLED").count(),
        "completed": Transfer.objects.filter(state="COMPLETED").count(),
        "booked": Booking.objects.filter(sent_at__isnull=False, settled_at__isnull=False).count(),
        **{
            f"audited as {verb}": AuditEntry.objects.filter(action=f"payments.ach_entry.{verb}").count()
            for verb in STAGES
        },
    }
    if set(told.values()) != {entries} or found.problems or found.whole.credit != entries * AMOUNT:
        raise RuntimeError(f"not each once: {told}, {found.problems}, {found.whole.credit}")
    if Delivery.objects.filter(state="PARKED").exists():
        raise RuntimeError("news are parked")
    trial = accounts.trial_of(accounts.list_totals(book="test"), book="test")
    if any(each.difference.minor for each in trial):
        raise RuntimeError(f"the trial balance is {trial}")
