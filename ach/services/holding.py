"""What must not leave at a cutoff although it is due: to accounts nobody is paid to, or that are to be corrected."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ach.enums import EntryKind, EntryState
from ach.events import EntryHeld
from ach.models import Entry
from compliance.enums import BankAccountState, PartyStatus
from core.actors import SYSTEM
from core.audit import services as audit
from core.audit.services import Fact
from core.outbox import services as outbox

if TYPE_CHECKING:
    from ach.services.claiming import Due

CORRECTED = "the bank asks for other details of the account"
BLOCKED = "the party is blocked"


def sort_out(due: Sequence["Due"]) -> tuple[list["Due"], list[tuple["Due", str]]]:
    """What goes, and what is held with the reason."""
    judged = [(each, _why(each)) for each in due]
    return [each for each, why in judged if not why], [(each, why) for each, why in judged if why]


def hold(held: Sequence[tuple["Due", str]], *, now: datetime) -> None:
    """In the caller's transaction, which has locked them."""
    for why in {why for _, why in held}:
        keys = [each.pk for each, reason in held if reason == why]
        Entry.objects.filter(pk__in=keys).update(state=EntryState.HELD, state_why=why)
    for each, why in held:
        outbox.publish(EntryHeld(each.public_id, each.kind, each.reference, why, each.livemode, now), now=now)
    audit.record_many(
        [
            Fact(
                actor=SYSTEM, action="ach.entry.held", subject=each.public_id, at=now,
                details={"kind": each.kind, "reference": each.reference, "livemode": each.livemode, "why": why},
            )
            for each, why in held
        ]
    )  # fmt: skip


def _why(each: "Due") -> str:
    if each.is_corrected:
        return CORRECTED
    if each.kind == EntryKind.REVERSAL:
        return ""
    if each.account_state in (BankAccountState.RETIRED, BankAccountState.REJECTED):
        return f"the account is {each.account_state}"
    return BLOCKED if each.party_status == PartyStatus.BLOCKED else ""
