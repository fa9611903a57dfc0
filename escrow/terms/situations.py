"""Where an escrow stands, as far as the question “what if nobody acts?” needs it, and the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from escrow.terms.agreed import Agreed
from escrow.terms.words import Act, Outcome, State


@dataclass(frozen=True, slots=True)
class ConditionNow:
    """`inspection_ends_at` is None once the payer has accepted, and where there is no inspection."""

    state: State = State.OPEN
    due_at: datetime | None = None
    met_at: datetime | None = None
    inspection_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApprovalNow:
    """A question that waits for signatures."""

    needed: int
    given: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DisputeNow:
    """An open dispute and how it ends by itself."""

    auto_resolution_at: datetime | None
    outcome: Outcome = Outcome.REFUND


@dataclass(frozen=True, slots=True)
class Situation:
    """`locks` are the reasons of open locks, `signatures_needed` how many a release takes (0: none)."""

    agreed: Agreed
    status: str
    funded_at: datetime | None = None
    available_at: datetime | None = None
    conditions: Mapping[str, ConditionNow] = field(default_factory=dict)
    locks: frozenset[str] = frozenset()
    approval: ApprovalNow | None = None
    dispute: DisputeNow | None = None
    signatures_needed: int = 0


@dataclass(frozen=True, slots=True)
class NextAction:
    """`at` None: no hour is set. `why` is one sentence: what happens if nobody acts, and why that is safe."""

    action: Act
    at: datetime | None
    why: str
