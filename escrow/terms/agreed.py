"""Terms as the program holds them: hours are whole and count from funding, amounts are minor units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from escrow.terms.words import ConditionType, OnTimeout, Outcome


@dataclass(frozen=True, slots=True)
class Milestone:
    """What a condition frees: an amount, a share in basis points, or neither. `free` is whatever the parties added."""

    amount_minor: int | None = None
    basis_points: int | None = None
    inspection_hours: int | None = None
    free: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def has_share(self) -> bool:
        return self.amount_minor is not None or self.basis_points is not None


@dataclass(frozen=True, slots=True)
class Condition:
    """`on_timeout` is always said: of TIME_ELAPSED it is SATISFY, of the others LAPSE unless agreed otherwise."""

    condition_id: str
    type: ConditionType
    description: str
    on_timeout: OnTimeout = OnTimeout.LAPSE
    required_approvers: tuple[str, ...] = ()
    timeout_hours: int | None = None
    milestone: Milestone | None = None

    @property
    def is_met_by_time(self) -> bool:
        return self.timeout_hours is not None and self.on_timeout is OnTimeout.SATISFY

    @property
    def inspection_hours(self) -> int:
        return (self.milestone.inspection_hours or 0) if self.milestone else 0

    @property
    def has_share(self) -> bool:
        return self.milestone is not None and self.milestone.has_share


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    all_conditions_met: bool
    requires_manual_approval: bool
    approver_user_ids: tuple[str, ...]
    minimum_approvals_required: int
    approval_timeout_hours: int
    partial_release_allowed: bool


@dataclass(frozen=True, slots=True)
class Timeouts:
    """None: it does not happen by itself. Warnings are hours before the release and before the refund."""

    auto_release_after_hours: int | None
    auto_refund_after_hours: int | None
    warning_notification_hours: tuple[int, ...]
    escalation_user_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disputes:
    allow_disputes: bool
    dispute_window_hours: int
    auto_resolution_days: int
    mediator_user_ids: tuple[str, ...]
    escalation_threshold_minor: int
    auto_resolution: Outcome = Outcome.REFUND


@dataclass(frozen=True, slots=True)
class Agreed:
    conditions: tuple[Condition, ...]
    release: ReleaseRule
    timeouts: Timeouts
    disputes: Disputes
