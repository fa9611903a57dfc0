"""Pause one rule without touching the version it stands in; resume it by signature."""

from datetime import datetime

from django.db import transaction

from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from fraud.models import RulePause
from fraud.selectors import hold_backs, rule_sets

LONGEST_REASON = 500


class UnableToPause(Refusal):
    code = "RULE_NOT_PAUSABLE"
    status = 409
    title = "The rule cannot be paused"


class RuleNotPaused(Refusal):
    code = "RULE_NOT_PAUSED"
    status = 409
    title = "The rule is not paused"


def pause(*, code: str, reason: str, actor: Actor, now: datetime) -> RulePause:
    """From now on the rule is asked and has no effect, in every version. Paused again it stays as it was paused first.

    One person: what it would have done stays visible in `held_back`. Raises UnableToPause for a rule of no version that
    judges, and without a reason.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UnableToPause(f"give a reason of at most {LONGEST_REASON} characters")
    if code not in rule_sets.list_codes_in_use():
        raise UnableToPause(f"no rule in force is named {code[:60]}")
    with transaction.atomic():
        candidate = RulePause(
            pause_id=ids.prefixed("rps", now), code=code, reason=reason, paused_by=str(actor), paused_at=now
        )
        RulePause.objects.bulk_create([candidate], ignore_conflicts=True)
        kept = RulePause.objects.get(code=code, resumed_at__isnull=True)
        if kept.pause_id == candidate.pause_id:
            audit.record(
                actor=actor, action="fraud.rule.paused", subject=f"fraud_rule:{code}", at=now,
                details={"pause": kept.pause_id, "reason": reason},
            )  # fmt: skip
    return kept


def resume_signed(*, code: str, approval_id: str, reason: str, actor: Actor, now: datetime) -> RulePause:
    """Let the rule have its effect again, for an executed approval. Raises RuleNotPaused."""
    with transaction.atomic():
        found = RulePause.objects.select_for_update().filter(code=code, resumed_at__isnull=True).first()
        if found is None:
            raise RuleNotPaused(f"{code} is not paused")
        found.resumed_by, found.resumed_at, found.approval_id = str(actor), now, approval_id
        found.save(update_fields=["resumed_by", "resumed_at", "approval_id"])
        audit.record(
            actor=actor, action="fraud.rule.resumed", subject=f"fraud_rule:{code}", at=now,
            details={"pause": found.pause_id, "approval": approval_id, "reason": reason},
        )  # fmt: skip
    return found


def require_paused(code: str) -> RulePause:
    """Raises RuleNotPaused."""
    found = hold_backs.find_pause(code=code)
    if found is None:
        raise RuleNotPaused(f"{code[:60]} is not paused")
    return found
