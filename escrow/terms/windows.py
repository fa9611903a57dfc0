"""Windows that close too late or too early, warnings of nothing, and money held longer than allowed."""

from collections.abc import Iterator

from escrow.terms import bounds
from escrow.terms.agreed import Agreed, Timeouts
from escrow.terms.faults import Fault, FaultCode, Limits

HOURS_OF_A_DAY = 24


def faults(agreed: Agreed, *, limits: Limits) -> Iterator[Fault]:
    """The hours of the terms make sense one by one."""
    yield from _dispute_window(agreed)
    yield from _inspections(agreed)
    yield from _warnings(agreed.timeouts)
    yield from _holds(agreed, limits.longest_hold_hours)


def _ends(timeouts: Timeouts) -> list[int]:
    both = (timeouts.auto_release_after_hours, timeouts.auto_refund_after_hours)
    return [hours for hours in both if hours is not None]


def _dispute_window(agreed: Agreed) -> Iterator[Fault]:
    """An automatic end inside the window takes away a right the terms give: after it there is nothing to dispute."""
    ends, window = _ends(agreed.timeouts), agreed.disputes.dispute_window_hours
    if agreed.disputes.allow_disputes and ends and window > min(ends):
        message = f"disputes would be open until hour {window}, but the escrow may end in hour {min(ends)}"
        yield Fault("/disputePolicy/disputeWindowHours", FaultCode.DISPUTE_WINDOW_TOO_LONG, message)


def _inspections(agreed: Agreed) -> Iterator[Fault]:
    """A payer who looks at the work must have a way to object."""
    window = agreed.disputes.dispute_window_hours if agreed.disputes.allow_disputes else 0
    for index, condition in enumerate(agreed.conditions):
        if condition.inspection_hours and bounds.earliest(condition) >= window:
            path = f"/escrowConditions/{index}/milestoneData/inspectionHours"
            message = "the inspection begins when nobody may dispute any more" if window else "nobody may dispute"
            yield Fault(path, FaultCode.INSPECTION_WITHOUT_DISPUTE, message)


def _warnings(timeouts: Timeouts) -> Iterator[Fault]:
    ends, seen = _ends(timeouts), set()
    for index, hours in enumerate(timeouts.warning_notification_hours):
        path = f"/timeoutPolicy/warningNotificationHours/{index}"
        if ends and hours >= max(ends):
            message = f"{hours} hours before hour {max(ends)} is not after funding"
            yield Fault(path, FaultCode.WARNING_TOO_EARLY, message)
        if hours in seen:
            yield Fault(path, FaultCode.WARNING_TWICE, f"{hours} hours are said already")
        seen.add(hours)


def _holds(agreed: Agreed, longest: int) -> Iterator[Fault]:
    for path, hours in _hold_hours(agreed):
        if hours > longest:
            message = f"money would be held until hour {hours:.0f}; the longest hold is {longest} hours"
            yield Fault(path, FaultCode.HOLD_TOO_LONG, message)


def _hold_hours(agreed: Agreed) -> Iterator[tuple[str, float]]:
    for index, condition in enumerate(agreed.conditions):
        path = f"/escrowConditions/{index}"
        if condition.timeout_hours is not None:
            yield f"{path}/timeoutHours", condition.timeout_hours
        last = bounds.latest(agreed, condition)
        # Without a last hour nothing ends the escrow, which is a fault of its own.
        if condition.inspection_hours and last < float("inf"):
            yield f"{path}/milestoneData/inspectionHours", last + condition.inspection_hours
    yield "/releaseConditions/approvalTimeoutHours", agreed.release.approval_timeout_hours
    yield "/timeoutPolicy/autoReleaseAfterHours", agreed.timeouts.auto_release_after_hours or 0
    yield "/timeoutPolicy/autoRefundAfterHours", agreed.timeouts.auto_refund_after_hours or 0
    if agreed.disputes.allow_disputes:
        window, days = agreed.disputes.dispute_window_hours, agreed.disputes.auto_resolution_days
        yield "/disputePolicy/disputeWindowHours", window
        yield "/disputePolicy/autoResolutionDays", window + days * HOURS_OF_A_DAY
