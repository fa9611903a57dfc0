"""Whether release and refund can be reached, and whether one of them comes if nobody does anything."""

import math
from collections.abc import Iterator

from escrow.terms import bounds
from escrow.terms.agreed import Agreed, Condition
from escrow.terms.faults import Fault, FaultCode

_RELEASE, _REFUND = "/timeoutPolicy/autoReleaseAfterHours", "/timeoutPolicy/autoRefundAfterHours"


def faults(agreed: Agreed) -> Iterator[Fault]:
    """The hours of the terms make sense one by one."""
    yield from _release_faults(agreed)
    yield from _deadline_faults(agreed)
    yield from _refund_faults(agreed)
    yield from _stuck(agreed)


def _release_faults(agreed: Agreed) -> Iterator[Fault]:
    refund = bounds.refund_hour(agreed)
    if bounds.over(agreed, bounds.earliest_release) >= refund:
        for index, condition in enumerate(agreed.conditions):
            yield from _too_late_for_release(f"/escrowConditions/{index}", condition, refund)
    if agreed.timeouts.auto_release_after_hours is not None and bounds.over(agreed, bounds.earliest) >= refund:
        message = f"never releases: the conditions cannot be met before the refund in hour {refund:.0f}"
        yield Fault(_RELEASE, FaultCode.AUTO_RELEASE_NEVER_FIRES, message)


def _too_late_for_release(path: str, condition: Condition, refund: float) -> Iterator[Fault]:
    met, inspected = bounds.earliest(condition), bounds.earliest_release(condition)
    if met >= refund:
        message = f"is met in hour {met:.0f}, but the refund is in hour {refund:.0f}"
        yield Fault(f"{path}/timeoutHours", FaultCode.RELEASE_UNREACHABLE, message)
    elif inspected >= refund:
        message = f"ends in hour {inspected:.0f} at the earliest, but the refund is in hour {refund:.0f}"
        yield Fault(f"{path}/milestoneData/inspectionHours", FaultCode.RELEASE_UNREACHABLE, message)


def _deadline_faults(agreed: Agreed) -> Iterator[Fault]:
    """A condition that may be met until its hour is promised that hour."""
    if not bounds.can_refund(agreed):
        return
    refund = bounds.refund_hour(agreed)
    for index, condition in enumerate(agreed.conditions):
        hours = condition.timeout_hours
        if hours is not None and (hours > refund or (hours == refund and condition.is_met_by_time)):
            message = f"hour {hours} comes too late: the refund is in hour {refund:.0f}"
            yield Fault(f"/escrowConditions/{index}/timeoutHours", FaultCode.CONDITION_AFTER_REFUND, message)


def _refund_faults(agreed: Agreed) -> Iterator[Fault]:
    if agreed.timeouts.auto_refund_after_hours is None or bounds.can_refund(agreed):
        return
    sure = bounds.over(agreed, bounds.surely)
    message = f"never refunds: the conditions are met by hour {sure:.0f} whatever anybody does; leave it out"
    yield Fault(_REFUND, FaultCode.AUTO_REFUND_NEVER_FIRES, message)


def _stuck(agreed: Agreed) -> Iterator[Fault]:
    """Nobody does anything: the conditions are met by time, or a refund comes, or the money stays for ever."""
    release, refund = agreed.timeouts.auto_release_after_hours, agreed.timeouts.auto_refund_after_hours
    if release is None and refund is None:
        message = "neither releases nor refunds by itself: money nobody asks about would stay for ever"
        yield Fault("/timeoutPolicy", FaultCode.NO_AUTOMATIC_END, message)
    elif refund is None and bounds.over(agreed, bounds.surely) == math.inf:
        message = "is needed: if nobody satisfies the conditions, nothing ends the escrow"
        yield Fault(_REFUND, FaultCode.NOTHING_ENDS_IT, message)
    elif release is None and not bounds.can_refund(agreed):
        message = "is needed: the conditions are met by time alone, and then nothing ends the escrow"
        yield Fault(_RELEASE, FaultCode.NOTHING_ENDS_IT, message)
