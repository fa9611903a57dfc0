"""Silence one rule for one customer, card, device or seller, for a time. It is asked all the same, and shown."""

from datetime import datetime, timedelta

from django.db import transaction

from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.parameters import services as parameters
from fraud.enums import ListKind, Outcome, SuppressedKind
from fraud.identities import email_hash
from fraud.models import Suppression
from fraud.rules.list_values import NotAValue, normalised
from fraud.selectors import hold_backs, rule_sets

LONGEST_REASON = 500
STANDING = frozenset({Outcome.BLOCK.value, Outcome.INVESTIGATE.value})


class InvalidSuppression(Refusal):
    code = "INVALID_SUPPRESSION"
    title = "The rule cannot be suppressed like this"


class SuppressionIsOver(Refusal):
    code = "SUPPRESSION_IS_OVER"
    status = 409
    title = "The suppression is over already"


def add(
    *,
    livemode: bool,
    code: str,
    kind: str,
    value: str,
    reason: str,
    expires_at: datetime,
    actor: Actor,
    now: datetime,
) -> Suppression:
    """In force at once. What is suppressed until then or longer already is that suppression.

    A rule whose floor blocks stands for everybody: a block has no exception that one person makes. Raises
    InvalidSuppression with the field at fault.
    """
    _require_reason(reason)
    _require_suppressible(code)
    checked = _checked(kind, value)
    days = parameters.read("fraud.suppression_days", at=now)
    if not now < expires_at <= now + timedelta(days=days):
        raise _invalid("expires_at", f"it ends within {days} days")
    with transaction.atomic():
        known = hold_backs.find_suppression(livemode=livemode, code=code, kind=kind, value=checked, now=now)
        if known is not None and known.expires_at >= expires_at:
            return known
        made = Suppression.objects.create(
            suppression_id=ids.prefixed("sup", now),
            livemode=livemode,
            code=code,
            kind=kind,
            value=checked,
            reason=reason,
            added_by=str(actor),
            added_at=now,
            expires_at=expires_at,
        )
        audit.record(
            actor=actor, action="fraud.rule.suppressed", subject=f"fraud_rule:{code}", at=now,
            details={"suppression": made.suppression_id, "kind": kind, "value": checked, "reason": reason,
                     "expires_at": expires_at.isoformat(), "livemode": livemode},
        )  # fmt: skip
    return made


def end(*, suppression_id: str, reason: str, actor: Actor, now: datetime) -> Suppression:
    """Before its time. Raises SuppressionNotFound, SuppressionIsOver, InvalidSuppression without a reason."""
    _require_reason(reason)
    with transaction.atomic():
        found = Suppression.objects.select_for_update().filter(suppression_id=suppression_id).first()
        if found is None:
            raise hold_backs.SuppressionNotFound(f"no suppression is named {suppression_id[:40]}")
        if found.ended_at is not None or found.expires_at <= now:
            raise SuppressionIsOver
        found.ended_at, found.ended_by, found.ended_reason = now, str(actor), reason
        found.save(update_fields=["ended_at", "ended_by", "ended_reason"])
        audit.record(
            actor=actor, action="fraud.rule.unsuppressed", subject=f"fraud_rule:{found.code}", at=now,
            details={"suppression": suppression_id, "reason": reason},
        )  # fmt: skip
    return found


def _require_suppressible(code: str) -> None:
    rule = next((rule for rule in rule_sets.list_rules_in_use() if rule.code == code), None)
    if rule is None:
        raise _invalid("code", f"no rule in force is named {code[:60]}")
    if rule.floor in STANDING:
        raise _invalid("code", "its floor blocks, and a block stands for everybody")


def _checked(kind: str, value: str) -> str:
    if kind not in SuppressedKind.values:
        raise _invalid("kind", f"one of {', '.join(SuppressedKind.values)}")
    try:
        return normalised(ListKind(kind), value, email_hash=email_hash)
    except NotAValue as error:
        raise _invalid("value", str(error)) from None


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise _invalid("reason", f"give a reason of at most {LONGEST_REASON} characters")


def _invalid(field: str, reason: str) -> InvalidSuppression:
    return InvalidSuppression(f"{field}: {reason}", errors=(FieldError(f"/{field}", reason),))
