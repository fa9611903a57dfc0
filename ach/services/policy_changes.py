"""A new row of what a return code leads to, from a day to come: asked for by one person, signed by others."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db import IntegrityError, transaction

from ach.calendar.eastern import eastern, midnight_after
from ach.events import ReturnPolicyChanged
from ach.models import ReturnPolicy
from ach.nacha.reasons import REASONS, Stage
from ach.return_policies import RETRIES
from ach.services import policies
from core.actors import Actor
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.audit import services as audit
from core.audit.chain import JSON
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.outbox import services as outbox

CHANGE = "ach.change_return_policy"
# For want of funds, and after a stop with the receiver's consent: what else the rules let be sent again.
SENT_AGAIN = frozenset({"R01", "R08", "R09"})
_ONCE_A_DAY = "return_policy_is_one_a_day"


class InvalidReturnPolicy(Refusal):
    """`detail` names the field or the row that stands against it."""

    code: ClassVar[str] = "ACH_RETURN_POLICY_INVALID"
    title: ClassVar[str] = "The return policy cannot change so"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the code is to lead to from `effective_from` (a day of New York) on."""

    effective_from: date
    retries: int
    stops_account: bool
    stops_authorization: bool
    freezes_party: bool
    to_compliance: bool

    def given(self) -> dict[str, JSON]:
        return {**asdict(self), "effective_from": self.effective_from.isoformat()}

    @classmethod
    def read(cls, given: Mapping[str, JSON]) -> "Proposal":
        """Of what was asked. Raises InvalidReturnPolicy."""
        try:
            day = date.fromisoformat(str(given.get("effective_from")))
        except ValueError:
            raise InvalidReturnPolicy("effective_from: is no day") from None
        retries = given.get("retries")
        if type(retries) is not int:
            raise InvalidReturnPolicy("retries: is no number")
        flags = {name: given.get(name) is True for name in FLAGS}
        return cls(effective_from=day, retries=retries, **flags)


FLAGS = ("stops_account", "stops_authorization", "freezes_party", "to_compliance")
_WITH_COMPLIANCE = ("freezes_party", "to_compliance")


def propose(*, code: str, proposal: Proposal, reason: str, actor: Actor, now: datetime) -> ApprovalRequest:
    """The question lapses when its day begins. Raises InvalidReturnPolicy, and what approvals refuse."""
    require_possible(code, proposal, now=now)
    before = midnight_after(proposal.effective_from - timedelta(days=1))
    return approvals.ask(
        action=CHANGE, subject=code, given=proposal.given(), reason=reason, actor=actor, now=now, expires_at=before
    )


def require_possible(code: str, proposal: Proposal, *, now: datetime) -> None:
    """Raises InvalidReturnPolicy naming the reason."""
    if why := _objection(code, proposal, now):
        raise InvalidReturnPolicy(why)


def _objection(code: str, proposal: Proposal, now: datetime) -> str:
    reason = REASONS.get(code)
    if reason is None or reason.stage is not Stage.RETURN:
        return f"code: {code[:10]} is none by which an entry comes back"
    if proposal.effective_from <= eastern(now).date():
        return "effective_from: is not a day to come; what has come was judged by what was in force"
    if reason.in_force_from is not None and proposal.effective_from < reason.in_force_from:
        return f"effective_from: {code} is in force from {reason.in_force_from}"
    if not 0 <= proposal.retries <= (RETRIES if code in SENT_AGAIN else 0):
        return f"retries: the rules allow {RETRIES} after {', '.join(sorted(SENT_AGAIN))}, and none after others"
    if ReturnPolicy.objects.filter(code=code, effective_from=proposal.effective_from).exists():
        return f"effective_from: {code} changes on that day already"
    before = policies.in_force(code, proposal.effective_from)
    if before is not None and all(getattr(before, name) == getattr(proposal, name) for name in ("retries", *FLAGS)):
        return f"nothing changes: the row from {before.effective_from} says the same"
    return ""


def concerns_compliance(code: str, proposal: Proposal) -> bool:
    """Whether a party would be frozen, or compliance told, otherwise than before."""
    before = policies.in_force(code, proposal.effective_from)
    return any(getattr(proposal, name) != bool(before and getattr(before, name)) for name in _WITH_COMPLIANCE)


def add_signed(
    *, code: str, proposal: Proposal, reason: str, approval_id: str, actor: Actor, now: datetime
) -> ReturnPolicy:
    """For an executed approval; the database asks for it too. Raises InvalidReturnPolicy."""
    with transaction.atomic():
        require_possible(code, proposal, now=now)
        row = _append(
            ReturnPolicy(
                code=code, **asdict(proposal), reason=reason[:200], approval_id=approval_id, created_by=str(actor),
                created_at=now,
            )
        )  # fmt: skip
        audit.record(
            actor=actor, action="ach.return_policy.changed", subject=f"return_policy:{code}", at=now,
            details={**proposal.given(), "reason": row.reason, "approval": approval_id},
        )  # fmt: skip
        outbox.publish(ReturnPolicyChanged(code, proposal.effective_from, approval_id, now), now=now)
    return row


def _append(row: ReturnPolicy) -> ReturnPolicy:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if refusal_name(error) != _ONCE_A_DAY:
            raise
        raise InvalidReturnPolicy(f"effective_from: {row.code} changes on that day already") from None
    return row
