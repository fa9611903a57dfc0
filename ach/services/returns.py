"""A return is applied: its entry is RETURNED once, and what its code leads to happens in the same transaction."""

from datetime import date, datetime

from ach import dates
from ach.calendar import days, deadlines
from ach.calendar.eastern import eastern
from ach.enums import CaseKind, EntryState, ItemState, StopScope
from ach.events import EntryReturned
from ach.models import Entry, InboundItem, ReturnPolicy
from ach.services import cases, policies, retries, stops
from ach.states import EntryStateForbids
from compliance.enums import ReferralSubject
from compliance.services import parties, referrals
from core.actors import SYSTEM
from core.audit import services as audit
from core.outbox import services as outbox

_COMES_BACK = (EntryState.SENT, EntryState.ACKNOWLEDGED, EntryState.SETTLED)


def apply(item: InboundItem, entry: Entry, *, now: datetime) -> None:
    """Both are locked, the item READ. Raises EntryStateForbids for an entry that cannot come back."""
    item.state, item.entry, item.matched_by, item.applied_at = ItemState.APPLIED, entry, str(SYSTEM), now
    item.save(update_fields=["state", "entry", "matched_by", "applied_at"])
    take_back(item, entry, now=now)


def take_back(item: InboundItem, entry: Entry, *, now: datetime) -> None:
    """The item already names the entry."""
    if entry.state not in _COMES_BACK:
        raise EntryStateForbids(f"{entry.public_id} is {entry.state}")
    was_settled = entry.state == EntryState.SETTLED
    entry.state, entry.return_code, entry.returned_at = EntryState.RETURNED, item.code, now
    entry.save(update_fields=["state", "return_code", "returned_at"])
    policy = policies.in_force(item.code, eastern(item.file.received_at).date())
    may_retry = retries.may_follow(entry, policy, now=now)
    audit.record(
        actor=SYSTEM, action="ach.entry.returned", subject=entry.public_id, at=now,
        details={"code": item.code, "item": item.public_id, "livemode": entry.livemode},
    )  # fmt: skip
    outbox.publish(
        EntryReturned(
            entry_id=entry.public_id, kind=entry.kind, reference=entry.reference, direction=entry.direction,
            amount_minor=entry.amount_minor, currency=entry.currency, code=item.code, was_settled=was_settled,
            unauthorized=policies.is_unauthorized(item.code), may_retry=may_retry,
            stops_account=bool(policy and policy.stops_account),
            stops_authorization=bool(policy and policy.stops_authorization), item_id=item.public_id,
            livemode=entry.livemode, returned_at=now,
        ),
        now=now,
    )  # fmt: skip
    _follow(item, entry, policy, now)
    if may_retry:
        retries.order_automatic(entry, now=now)


def _follow(item: InboundItem, entry: Entry, policy: ReturnPolicy | None, now: datetime) -> None:
    """What the code leads to. Stops come before the party's lock, as everywhere."""
    if policy is None:
        _open(CaseKind.UNKNOWN_CODE, item, entry, f"{item.code or 'a return'} is named by no policy", now)
    if policy and policy.stops_account:
        stops.stop(account=entry.account, scope=StopScope.ALL, item=item, now=now)
    if policy and policy.stops_authorization:
        stops.stop(account=entry.account, scope=StopScope.DEBITS, item=item, now=now)
    if is_late(item, entry, now=now):
        _open(CaseKind.LATE_RETURN, item, entry, f"{item.code} came after its time frame", now)
    if policy and policy.freezes_party:
        _freeze(item, entry, f"returned {item.code}", now)
        _open(CaseKind.FROZEN, item, entry, f"{item.code} has frozen {entry.party.party_id}", now)
    speaks = policies.speaks_of_sanctions(item.detail, now)
    if speaks or (policy and policy.to_compliance):
        _refer(item, entry, now)
    if speaks or item.code == "R90":
        _freeze(item, entry, f"returned {item.code}", now)


def _freeze(item: InboundItem, entry: Entry, reason: str, now: datetime) -> None:
    parties.freeze(
        party_id=entry.party.party_id, livemode=entry.livemode, reason=f"{reason} ({item.public_id})", actor=SYSTEM,
        now=now,
    )  # fmt: skip


def _refer(item: InboundItem, entry: Entry, now: datetime) -> None:
    """Compliance is told in its own register; the case says no more than that it was (ADR 0034)."""
    referrals.open(
        subject_kind=ReferralSubject.PARTY, subject_id=entry.party.party_id, party_ids=[entry.party.party_id],
        livemode=entry.livemode, reason=f"Entry {entry.public_id} came back as {item.code} ({item.public_id}).",
        referred_by=SYSTEM, now=now,
    )  # fmt: skip
    _open(CaseKind.SANCTIONS_TEXT, item, entry, f"{item.code} is with compliance", now)


def is_late(item: InboundItem, entry: Entry, *, now: datetime) -> bool:
    """By days: what settles on the day by whose opening it had to come may have waited in our mailbox."""
    kind = policies.window_of(item.code)
    if kind is None or entry.settles_on is None or not days.is_banking_day(entry.settles_on):
        return False
    deadline = deadlines.return_deadline(entry.settles_on, kind, dates.periods(now))
    return settled_on(item) > eastern(deadline).date()


def settled_on(item: InboundItem) -> date:
    """When the return settled; where the operator has not put that in, the banking day on which it came."""
    said = item.settles_on
    if said is not None and days.is_banking_day(said):
        return said
    return days.on_or_after(eastern(item.file.received_at).date())


def _open(kind: CaseKind, item: InboundItem, entry: Entry, summary: str, now: datetime) -> None:
    cases.open_(
        kind=kind, subject=item.public_id, summary=summary, livemode=entry.livemode, amount_minor=entry.amount_minor,
        now=now, facts={"entry": entry.public_id, "code": item.code, "trace": entry.trace},
    )  # fmt: skip
