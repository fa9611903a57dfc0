"""Numbers about transfers, payouts and verifications: where they go, what waits, and for how long."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Min

from core import clock
from core.telemetry import metrics
from payments.models import AccountVerification, PayoutSchedule, Transfer
from payments.transfer_enums import TransferState, VerificationState

STATES = metrics.counter("ach_transfers", "Transfers by each state they came to", ["mode", "purpose", "state", "code"])
_S = TransferState
_OPEN = (
    _S.PENDING_REVIEW, _S.PENDING_APPROVAL, _S.SUBMITTED, _S.PROCESSING, _S.ACKNOWLEDGED, _S.REQUIRES_ATTENTION,
)  # fmt: skip


def count(transfer: Transfer) -> None:
    """It has come to its state: counted once that is kept."""
    mode = "live" if transfer.livemode else "test"
    labels = (mode, transfer.purpose, str(transfer.state), transfer.failure_code or transfer.return_code)
    transaction.on_commit(lambda: STATES.labels(*labels).inc())


def install() -> None:
    """What the database knows for all processes."""
    labels = ["mode", "state"]
    metrics.at_scrape("ach_transfers_open", "Transfers that are not over", _open, labels)
    metrics.at_scrape("ach_transfers_oldest_seconds", "Age of the oldest transfer in each open state", _oldest, labels)
    metrics.at_scrape("payouts_paused", "Parties whose payouts are paused", _paused, ["mode"])
    metrics.at_scrape("payouts_overdue_seconds", "How long the payout that is due longest has not been made", _overdue)
    metrics.at_scrape("account_verifications_open", "Account verifications under way", _verifying, ["mode"])


def _open() -> dict[tuple[str, ...], float]:
    rows = Transfer.objects.filter(state__in=_OPEN).values_list("livemode", "state").annotate(n=Count("pk")).order_by()
    return _none() | {(_mode(live), state): float(number) for live, state, number in rows}


def _oldest() -> dict[tuple[str, ...], float]:
    """Since it was asked for; 0 where none is in the state."""
    rows = Transfer.objects.filter(state__in=_OPEN).values_list("livemode", "state")
    found = rows.annotate(first=Min("created_at")).order_by()
    return _none() | {(_mode(live), state): _age(first) for live, state, first in found}


def _paused() -> dict[tuple[str, ...], float]:
    rows = PayoutSchedule.objects.filter(paused_at__isnull=False).values_list("livemode").annotate(n=Count("pk"))
    return _by_mode(dict(rows.order_by()))


def _overdue() -> dict[tuple[str, ...], float]:
    due = PayoutSchedule.objects.filter(is_active=True, paused_at=None, next_at__isnull=False)
    first = due.order_by("next_at").values_list("next_at", flat=True).first()
    return {(): _age(first) if first else 0.0}


def _verifying() -> dict[tuple[str, ...], float]:
    pending = AccountVerification.objects.filter(state=VerificationState.PENDING).values_list("livemode")
    return _by_mode(dict(pending.annotate(n=Count("pk")).order_by()))


def _none() -> dict[tuple[str, ...], float]:
    return {(mode, str(state)): 0.0 for mode in ("live", "test") for state in _OPEN}


def _by_mode(found: Mapping[bool, int]) -> dict[tuple[str, ...], float]:
    return {(_mode(live),): float(found.get(live, 0)) for live in (True, False)}


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"


def _age(since: datetime) -> float:
    return max(0.0, (clock.now() - since).total_seconds())
