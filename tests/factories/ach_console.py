"""A rail at work, for pages: files that left, what came back, corrections, cases and stops."""

from dataclasses import dataclass
from pathlib import Path

from ach.enums import CaseKind
from ach.models import Case, Change, Entry, File, InboundItem
from ach.services import cases, cutoffs, delivery
from tests.factories import ach_inbound, ach_outbound, bank_accounts, staff
from tests.factories.ach_inbound import CAME, Said, answers, came
from tests.factories.ach_outbound import CUTOFF
from tests.factories.payments import NOW


def filed(folder: Path, *, amounts: tuple[int, ...] = (46_000, 125_055), name: str = "") -> File:
    """The file of Monday's last cutoff: a payout to each of as many sellers, ready to be delivered."""
    ach_outbound.folder_bank(folder)
    for amount in amounts:
        ach_outbound.submitted(ach_outbound.account(), amount_minor=amount, **({"name": name} if name else {}))
    cutoffs.run_due(now=CUTOFF)
    return File.objects.latest("pk")


def delivered(folder: Path, *, amounts: tuple[int, ...] = (46_000, 125_055)) -> File:
    """The same, in the bank's folder: its entries are on their way."""
    file = filed(folder, amounts=amounts)
    delivery.deliver(file_id=file.public_id, now=CUTOFF)
    file.refresh_from_db()
    return file


@dataclass(frozen=True)
class Rail:
    """`returned` has its return and a stopped account; `strays` is an item that matches nothing; `case` is open."""

    returned: Entry
    strays: InboundItem
    change: Change
    case: Case


def rail() -> Rail:
    """One return for a closed account, one of an entry that is not ours, one correction, and a parked entry's case."""
    staff.person("CONTROLLER")
    account = bank_accounts.active("prov_returned")
    entry = ach_inbound.returned(ach_inbound.settled(account), "R02")
    stray = ach_inbound.settled(bank_accounts.active("prov_stray"), amount=50_000)
    came(answers(Said(stray, "R01", company_id="7777777777")), owner=stray.originator)
    corrected = ach_inbound.settled(bank_accounts.active("prov_corrected"), amount=60_000)
    came(answers(Said(corrected, "C01", "99887766554")), owner=corrected.originator)
    case = cases.open_(
        kind=CaseKind.PARKED_ENTRY, subject=entry.public_id, summary="it cannot be filed: retired", livemode=False,
        now=CAME,
    )  # fmt: skip
    return Rail(entry, InboundItem.objects.get(state="SUSPENSE"), Change.objects.get(), case)


__all__ = ["NOW", "Rail", "delivered", "filed", "rail"]
