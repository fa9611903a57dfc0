"""Numbers that make no sense by themselves, and people too few or too many."""

from collections.abc import Iterator

from escrow.terms.agreed import Agreed, Condition, Disputes, Timeouts
from escrow.terms.faults import Fault, FaultCode, Limits
from escrow.terms.words import ConditionType, OnTimeout


def hour_faults(agreed: Agreed) -> Iterator[Fault]:
    for index, condition in enumerate(agreed.conditions):
        yield from _condition_hours(condition, f"/escrowConditions/{index}")
    yield from _positive("/releaseConditions/approvalTimeoutHours", agreed.release.approval_timeout_hours)
    yield from _timeout_hours(agreed.timeouts)
    yield from _dispute_hours(agreed.disputes)


def count_faults(agreed: Agreed, *, eligible_count: int, limits: Limits) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, condition in enumerate(agreed.conditions):
        if condition.condition_id in seen:
            path = f"/escrowConditions/{index}/conditionId"
            yield Fault(path, FaultCode.DUPLICATE_CONDITION, "another condition has this name")
        seen.add(condition.condition_id)
    if len(agreed.conditions) > limits.most_conditions:
        message = f"at most {limits.most_conditions} conditions, these are {len(agreed.conditions)}"
        yield Fault("/escrowConditions", FaultCode.TOO_MANY_CONDITIONS, message)
    yield from _signatures(agreed, eligible_count, limits)
    if agreed.disputes.escalation_threshold_minor < 0:
        yield Fault("/disputePolicy/escalationThresholdAmount", FaultCode.NEGATIVE, "must not be negative")


def _signatures(agreed: Agreed, eligible_count: int, limits: Limits) -> Iterator[Fault]:
    path, wanted = "/releaseConditions/minimumApprovalsRequired", agreed.release.minimum_approvals_required
    manual = agreed.release.requires_manual_approval
    if wanted < 0:
        yield Fault(path, FaultCode.NEGATIVE, "must not be negative")
    elif wanted > limits.most_signatures:
        yield Fault(path, FaultCode.TOO_MANY_SIGNATURES, f"at most {limits.most_signatures} signatures can be asked")
    elif manual and wanted == 0:
        yield Fault(path, FaultCode.NO_SIGNATURES, "manual approval is required, but by nobody")
    elif manual and wanted > eligible_count:
        message = f"{wanted} must sign, but only {eligible_count} of those named may (a party never signs)"
        yield Fault(path, FaultCode.QUORUM_TOO_LARGE, message)


def _condition_hours(condition: Condition, path: str) -> Iterator[Fault]:
    hours, is_time = condition.timeout_hours, condition.type is ConditionType.TIME_ELAPSED
    if hours is not None:
        yield from _positive(f"{path}/timeoutHours", hours)
    elif is_time:
        yield Fault(f"{path}/timeoutHours", FaultCode.HOURS_NEEDED, "time passes for ever without a number of hours")
    elif condition.on_timeout is OnTimeout.SATISFY:
        yield Fault(f"{path}/timeoutHours", FaultCode.HOURS_NEEDED, "SATISFY on timeout needs the hours of the timeout")
    if is_time and condition.on_timeout is OnTimeout.LAPSE:
        message = "a condition of time is met by its hour and cannot lapse at it"
        yield Fault(f"{path}/onTimeout", FaultCode.TIME_CANNOT_LAPSE, message)
    if condition.milestone and condition.milestone.inspection_hours is not None:
        yield from _positive(f"{path}/milestoneData/inspectionHours", condition.milestone.inspection_hours)


def _timeout_hours(timeouts: Timeouts) -> Iterator[Fault]:
    for name, hours in (
        ("autoReleaseAfterHours", timeouts.auto_release_after_hours),
        ("autoRefundAfterHours", timeouts.auto_refund_after_hours),
    ):
        if hours is not None:
            yield from _positive(f"/timeoutPolicy/{name}", hours)
    for index, hours in enumerate(timeouts.warning_notification_hours):
        yield from _positive(f"/timeoutPolicy/warningNotificationHours/{index}", hours)


def _dispute_hours(disputes: Disputes) -> Iterator[Fault]:
    """Without disputes their numbers mean nothing and may be zero."""
    least = 1 if disputes.allow_disputes else 0
    yield from _positive("/disputePolicy/disputeWindowHours", disputes.dispute_window_hours, least=least)
    yield from _positive("/disputePolicy/autoResolutionDays", disputes.auto_resolution_days, least=least)


def _positive(path: str, number: int, *, least: int = 1) -> Iterator[Fault]:
    if number < least:
        yield Fault(path, FaultCode.NOT_POSITIVE, f"must be at least {least}")
