"""Terms as sentences, and what changed from one version to the next."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.approvals import digests, presentation
from core.console.components import Table
from core.money import Currency, Money
from escrow.models import Terms
from escrow.terms.agreed import Agreed, Condition
from escrow.terms.document import parse, to_document
from escrow.terms.words import ConditionType, OnTimeout, Outcome

KINDS = {
    ConditionType.SERVICE_COMPLETION: "The service is completed",
    ConditionType.TIME_ELAPSED: "Time passes",
    ConditionType.MANUAL_APPROVAL: "Somebody approves",
    ConditionType.MILESTONE_REACHED: "A milestone is reached",
}


def sentences(agreed: Agreed, currency: Currency) -> list[str]:
    """What both sides agreed to, apart from the conditions themselves."""
    return [*_release(agreed), *_timeouts(agreed), *_disputes(agreed, currency)]


def of_condition(condition: Condition, currency: Currency) -> str:
    """`One of ada, ben says so within 168 hours of funding, else it lapses. Frees 1,500.00 USD.`"""
    parts = [_who(condition), _until(condition)]
    milestone = condition.milestone
    if milestone is not None and milestone.amount_minor is not None:
        parts.append(f"It frees {Money(milestone.amount_minor, currency)}.")
    if milestone is not None and milestone.basis_points is not None:
        parts.append(f"It frees {milestone.basis_points / 100:g} %.")
    if condition.inspection_hours:
        parts.append(f"Then the payer has {condition.inspection_hours} hours to inspect.")
    return " ".join(parts)


def differences(versions: Sequence[Terms]) -> list[tuple[Terms, Table | None]]:
    """Newest first, each with what it changed of the one before; None for the first."""
    by_number = {row.version: row for row in versions}
    return [(row, _difference(by_number.get(row.version - 1), row)) for row in versions]


def compared(before: Agreed, wire: Mapping[str, Any]) -> Table:
    """What new terms would change of those in force. Raises InvalidTerms."""
    after = to_document(parse(wire))
    return presentation.difference_table(digests.difference(to_document(before), after), {})


def _difference(before: Terms | None, after: Terms) -> Table | None:
    if before is None:
        return None
    changes = digests.difference(before.document, after.document)
    content: dict[str, Any] = {}
    return presentation.difference_table(changes, content)


def _who(condition: Condition) -> str:
    if condition.type is ConditionType.TIME_ELAPSED:
        return f"Met by the clock {condition.timeout_hours} hours after funding."
    if len(condition.required_approvers) == 1:
        return f"{condition.required_approvers[0]} says so."
    if condition.required_approvers:
        return f"One of {', '.join(condition.required_approvers)} says so."
    return "The marketplace says so."


def _until(condition: Condition) -> str:
    if condition.timeout_hours is None:
        return "It has no end." if condition.type is not ConditionType.TIME_ELAPSED else ""
    if condition.type is ConditionType.TIME_ELAPSED:
        return ""
    then = "it counts as met" if condition.on_timeout is OnTimeout.SATISFY else "it lapses for good"
    return f"After {condition.timeout_hours} hours {then}."


def _release(agreed: Agreed) -> list[str]:
    rule = agreed.release
    first = "All conditions have to be met." if rule.all_conditions_met else "One condition is enough."
    found = [first if agreed.conditions else "There are no conditions: the money waits for its hour alone."]
    found.append("Parts may be released." if rule.partial_release_allowed else "It is released whole or not at all.")
    if rule.requires_manual_approval:
        names = ", ".join(rule.approver_user_ids) or "whoever may sign"
        found.append(f"{rule.minimum_approvals_required} sign: {names}.")
    found.append(f"A question for signatures waits {rule.approval_timeout_hours} hours.")
    return found


def _timeouts(agreed: Agreed) -> list[str]:
    policy = agreed.timeouts
    found = []
    if policy.auto_release_after_hours is not None:
        found.append(
            f"{policy.auto_release_after_hours} hours after funding it is released, if the conditions are met."
        )
    if policy.auto_refund_after_hours is not None:
        found.append(f"{policy.auto_refund_after_hours} hours after funding it goes back, if they are not.")
    if policy.warning_notification_hours:
        before = ", ".join(map(str, policy.warning_notification_hours))
        found.append(f"Warnings go out {before} hours before.")
    return found


def _disputes(agreed: Agreed, currency: Currency) -> list[str]:
    policy = agreed.disputes
    if not policy.allow_disputes:
        return ["There are no disputes."]
    end = "a refund" if policy.auto_resolution is Outcome.REFUND else "a release"
    threshold = Money(policy.escalation_threshold_minor, currency)
    return [
        f"Either side may dispute it within {policy.dispute_window_hours} hours of funding.",
        f"Undecided after {policy.auto_resolution_days} days, a dispute ends with {end}.",
        f"A dispute about more than {threshold} takes four eyes.",
    ]
