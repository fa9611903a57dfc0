"""What the rail says of prenotes and micro-entries, and what time does to them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from ach import dates
from ach.calendar import deadlines
from ach.calendar.eastern import eastern, instant
from ach.enums import ChangeState, EntryKind
from ach.models import Change, Entry
from core import ids
from core.actors import SYSTEM
from payments.models import AccountVerification
from payments.selectors import verifications as register
from payments.services import verifications
from payments.transfer_enums import VerificationMethod, VerificationState

BANK = "the account's bank"
TESTS = (EntryKind.PRENOTE, EntryKind.MICRO)
BATCH = 200
_PENDING = VerificationState.PENDING


def settled(entry_ids: Sequence[str], *, now: datetime) -> None:
    """From here a prenote's days are counted, and the amounts of micro-entries can be read by their holder."""
    sent = Entry.objects.filter(public_id__in=entry_ids, kind__in=TESTS, settled_at__isnull=False)
    for verification_id in sorted({_of(each) for each in sent}):
        verification = verifications.lock(verification_id)
        if verification.state != _PENDING or verification.settled_at is not None:
            continue
        verification.settled_at = now
        if verification.method == VerificationMethod.PRENOTE:
            verification.live_from = _live_from(verification, now)
        verification.save(update_fields=["settled_at", "live_from"])


def returned(entry_id: str, *, code: str, now: datetime) -> None:
    """Whatever was sent to test the account came back, or never left: it is not verified, or not any more."""
    entry = Entry.objects.filter(public_id=entry_id, kind__in=TESTS).first()
    if entry is not None:
        _fail(verifications.lock(_of(entry)), f"came back: {code}", now=now)


def change_asked(account_id: str, *, code: str, now: datetime) -> None:
    """The bank knows the account under other details: what was sent to these proves nothing."""
    for each in AccountVerification.objects.filter(account__account_id=account_id, state=_PENDING):
        _fail(verifications.lock(each.public_id), f"the bank asks for a change: {code}", now=now)


def corrected(change_id: str, *, now: datetime) -> None:
    """The bank itself says under which details it knows an account: what was verified stays so under them."""
    change = Change.objects.select_related("account", "replaced_by__party").filter(public_id=change_id).first()
    if change is None or change.state != ChangeState.APPLIED or change.replaced_by is None:
        return
    before, after = register.find_verified(change.account), change.replaced_by
    if before is None or register.find_verified(after) is not None:
        return
    made = AccountVerification.objects.create(
        public_id=ids.prefixed("bav", now), livemode=after.livemode, account=after,
        method=VerificationMethod.TRUSTED_SOURCE, state=VerificationState.VERIFIED, source=BANK,
        source_reference=change.public_id, verified_at=now, ended_at=now, created_by=str(SYSTEM), created_at=now,
    )  # fmt: skip
    verifications.record(made, "taken_over", actor=SYSTEM, now=now, change=change.public_id, before=before.public_id)


def stopped(account_id: str, *, code: str, now: datetime) -> None:
    """A return has closed the account: no verification of it counts any more."""
    counting = (_PENDING, VerificationState.VERIFIED)
    for each in AccountVerification.objects.filter(account__account_id=account_id, state__in=counting).order_by("pk"):
        _fail(verifications.lock(each.public_id), f"the account was stopped: {code}", now=now)


def end_due(*, now: datetime) -> int:
    """Prenotes that nothing came back of verify; amounts that nobody confirmed expire. Each in its own transaction."""
    pending = AccountVerification.objects.filter(state=_PENDING)
    verified = pending.filter(live_from__lte=now).order_by("live_from")
    expired = pending.filter(expires_at__lte=now).order_by("expires_at")
    ended = 0
    for rows, state, why in (
        (verified, VerificationState.VERIFIED, ""),
        (expired, VerificationState.EXPIRED, "nobody confirmed the amounts in time"),
    ):
        for verification_id in list(rows.values_list("public_id", flat=True)[:BATCH]):
            with transaction.atomic():
                verification = verifications.lock(verification_id)
                if verification.state == _PENDING:
                    verifications.end(verification, state, why, actor=SYSTEM, now=now)
                    ended += 1
    return ended


def _fail(verification: AccountVerification, why: str, *, now: datetime) -> None:
    if verification.state in (_PENDING, VerificationState.VERIFIED):
        verifications.end(verification, VerificationState.FAILED, why, actor=SYSTEM, now=now)


def _of(entry: Entry) -> str:
    return entry.reference.partition(":")[0]


def _live_from(verification: AccountVerification, now: datetime) -> datetime:
    """The opening of the third banking day after the settlement."""
    entry = Entry.objects.get(kind=EntryKind.PRENOTE, reference=verification.public_id)
    periods = dates.periods(now)
    settled_on = entry.settles_on or eastern(entry.settled_at or now).date()
    return instant(deadlines.live_from(settled_on, periods), periods.opens)
