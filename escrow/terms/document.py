"""The wire document of terms, read and written. The same terms always give the same bytes.

    {"escrowConditions": [{"conditionId", "type", "description", "requiredApprovers"?, "timeoutHours"?, "onTimeout"?,
      "milestoneData"?: {"amount"? | "percentage"?, "inspectionHours"?, …}}],
     "releaseConditions": {…}, "timeoutPolicy": {…}, "disputePolicy": {…}}

What silence means is written out (`onTimeout`, `autoResolution`): it is agreed like the rest.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from core.errors import FieldError, Refusal
from escrow.terms.agreed import Agreed, Condition, Disputes, Milestone, ReleaseRule, Timeouts
from escrow.terms.reading import LARGEST_AMOUNT, Group
from escrow.terms.words import ConditionType, OnTimeout, Outcome

__all__ = [
    "Agreed", "Condition", "Disputes", "InvalidTerms", "Milestone", "ReleaseRule", "Timeouts", "canonical", "digest",
    "parse", "to_document",
]  # fmt: skip

_GROUPS = {"escrowConditions", "releaseConditions", "timeoutPolicy", "disputePolicy"}
_CONDITION = {
    "conditionId", "type", "description", "requiredApprovers", "timeoutHours", "onTimeout", "milestoneData",
}  # fmt: skip
_MILESTONE = {"amount", "percentage", "inspectionHours"}
_RELEASE = {
    "allConditionsMet", "requiresManualApproval", "approverUserIds", "minimumApprovalsRequired",
    "approvalTimeoutHours", "partialReleaseAllowed",
}  # fmt: skip
_TIMEOUTS = {"autoReleaseAfterHours", "autoRefundAfterHours", "warningNotificationHours", "escalationUserIds"}
_DISPUTES = {
    "allowDisputes", "disputeWindowHours", "autoResolutionDays", "mediatorUserIds", "escalationThresholdAmount",
    "autoResolution",
}  # fmt: skip


class InvalidTerms(Refusal):
    """The terms cannot be read, or are unsafe to hold money under; `errors` points at each place."""

    code = "INVALID_TERMS"
    title = "The terms are not accepted"


def parse(document: Mapping[str, Any]) -> Agreed:
    """Shapes only; whether the terms are safe is `checker.check`. Raises InvalidTerms with every fault found."""
    faults: list[FieldError] = []
    terms = Group(document, "", _GROUPS, faults)
    agreed = Agreed(
        conditions=tuple(_condition(group) for group in terms.groups("escrowConditions", _CONDITION)),
        release=_release(terms.group("releaseConditions", _RELEASE)),
        timeouts=_timeouts(terms.group("timeoutPolicy", _TIMEOUTS)),
        disputes=_disputes(terms.group("disputePolicy", _DISPUTES)),
    )
    if faults:
        raise InvalidTerms(errors=tuple(faults))
    return agreed


def canonical(document: Mapping[str, Any]) -> str:
    """ASCII JSON, sorted keys, no blanks, silence written out. Raises InvalidTerms."""
    return json.dumps(to_document(parse(document)), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(document: Mapping[str, Any]) -> str:
    """`sha256:<hex>` of the canonical text. Raises InvalidTerms."""
    return f"sha256:{hashlib.sha256(canonical(document).encode()).hexdigest()}"


def to_document(agreed: Agreed) -> dict[str, Any]:
    """`parse` of it gives the same terms again."""
    release, timeouts, disputes = agreed.release, agreed.timeouts, agreed.disputes
    return {
        "escrowConditions": [_condition_document(condition) for condition in agreed.conditions],
        "releaseConditions": {
            "allConditionsMet": release.all_conditions_met,
            "requiresManualApproval": release.requires_manual_approval,
            "approverUserIds": list(release.approver_user_ids),
            "minimumApprovalsRequired": release.minimum_approvals_required,
            "approvalTimeoutHours": release.approval_timeout_hours,
            "partialReleaseAllowed": release.partial_release_allowed,
        },
        "timeoutPolicy": {
            "autoReleaseAfterHours": timeouts.auto_release_after_hours,
            "autoRefundAfterHours": timeouts.auto_refund_after_hours,
            "warningNotificationHours": list(timeouts.warning_notification_hours),
            "escalationUserIds": list(timeouts.escalation_user_ids),
        },
        "disputePolicy": {
            "allowDisputes": disputes.allow_disputes,
            "disputeWindowHours": disputes.dispute_window_hours,
            "autoResolutionDays": disputes.auto_resolution_days,
            "mediatorUserIds": list(disputes.mediator_user_ids),
            "escalationThresholdAmount": disputes.escalation_threshold_minor,
            "autoResolution": disputes.auto_resolution.value,
        },
    }


def _condition(group: Group) -> Condition:
    kind = group.word("type", ConditionType) or ConditionType.MANUAL_APPROVAL
    silence = OnTimeout.SATISFY if kind is ConditionType.TIME_ELAPSED else OnTimeout.LAPSE
    return Condition(
        condition_id=group.identifier("conditionId"),
        type=kind,
        description=group.text("description"),
        on_timeout=group.word("onTimeout", OnTimeout, silence) or silence,
        required_approvers=group.names("requiredApprovers", required=False),
        timeout_hours=group.maybe_whole("timeoutHours"),
        milestone=_milestone(group),
    )


def _milestone(condition: Group) -> Milestone | None:
    if not condition.has("milestoneData"):
        return None
    pointer = f"{condition.pointer}/milestoneData"
    group = Group(condition.raw["milestoneData"], pointer, _MILESTONE, condition.faults, free=True)
    return Milestone(
        amount_minor=group.maybe_whole("amount", largest=LARGEST_AMOUNT),
        basis_points=group.percentage("percentage"),
        inspection_hours=group.maybe_whole("inspectionHours"),
        free=group.rest(),
    )


def _release(group: Group) -> ReleaseRule:
    return ReleaseRule(
        all_conditions_met=group.flag("allConditionsMet"),
        requires_manual_approval=group.flag("requiresManualApproval"),
        approver_user_ids=group.names("approverUserIds"),
        minimum_approvals_required=group.whole("minimumApprovalsRequired"),
        approval_timeout_hours=group.whole("approvalTimeoutHours"),
        partial_release_allowed=group.flag("partialReleaseAllowed"),
    )


def _timeouts(group: Group) -> Timeouts:
    return Timeouts(
        auto_release_after_hours=group.maybe_whole("autoReleaseAfterHours"),
        auto_refund_after_hours=group.maybe_whole("autoRefundAfterHours"),
        warning_notification_hours=group.wholes("warningNotificationHours"),
        escalation_user_ids=group.names("escalationUserIds"),
    )


def _disputes(group: Group) -> Disputes:
    return Disputes(
        allow_disputes=group.flag("allowDisputes"),
        dispute_window_hours=group.whole("disputeWindowHours"),
        auto_resolution_days=group.whole("autoResolutionDays"),
        mediator_user_ids=group.names("mediatorUserIds"),
        escalation_threshold_minor=group.whole("escalationThresholdAmount", largest=LARGEST_AMOUNT),
        auto_resolution=group.word("autoResolution", Outcome, Outcome.REFUND) or Outcome.REFUND,
    )


def _condition_document(condition: Condition) -> dict[str, Any]:
    written: dict[str, Any] = {
        "conditionId": condition.condition_id,
        "type": condition.type.value,
        "description": condition.description,
        "onTimeout": condition.on_timeout.value,
    }
    if condition.required_approvers:
        written["requiredApprovers"] = list(condition.required_approvers)
    if condition.timeout_hours is not None:
        written["timeoutHours"] = condition.timeout_hours
    if condition.milestone is not None:
        written["milestoneData"] = _milestone_document(condition.milestone)
    return written


def _milestone_document(milestone: Milestone) -> dict[str, Any]:
    written = dict(milestone.free)
    if milestone.amount_minor is not None:
        written["amount"] = milestone.amount_minor
    if milestone.basis_points is not None:
        whole, hundredths = divmod(milestone.basis_points, 100)
        written["percentage"] = f"{whole}.{hundredths:02d}"
    if milestone.inspection_hours is not None:
        written["inspectionHours"] = milestone.inspection_hours
    return written
