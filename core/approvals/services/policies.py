"""Policies: the shipped ones, and the changes that were signed."""

from datetime import datetime

from django.db import IntegrityError, transaction

from core.actors import SYSTEM, Actor
from core.approvals import policy_documents, registry
from core.approvals.models import PolicyVersion
from core.approvals.policy_documents import InvalidPolicy
from core.audit import services as audit
from core.audit.chain import JSON
from core.database.refusals import refusal_name
from core.parameters.services import SHIPPED_SINCE


def install() -> None:
    """The shipped policy of each act that has none; run after every migrate. Raises InvalidPolicy."""
    known = set(PolicyVersion.objects.values_list("action", flat=True))
    for action in registry.registered():
        policy_documents.parse(action.policy)
        if action.name not in known:
            PolicyVersion.objects.create(
                action=action.name,
                document=action.policy,
                effective_from=SHIPPED_SINCE,
                reason="shipped policy",
                created_by=str(SYSTEM),
                created_at=SHIPPED_SINCE,
            )


def store(
    *, action: str, document: JSON, effective_from: datetime, reason: str, approval_id: str, actor: Actor, now: datetime
) -> PolicyVersion:
    """Append a version that was signed under `approval_id`; the database asks for that too.

    Raises InvalidPolicy for a document nobody can read, or a second version of one moment.
    """
    policy_documents.parse(document)
    with transaction.atomic():
        row = _append(
            PolicyVersion(
                action=action,
                document=document,
                effective_from=effective_from,
                reason=reason,
                created_by=str(actor),
                created_at=now,
                approval_id=approval_id,
            )
        )
        audit.record(
            actor=actor, action="approvals.policy.changed", subject=f"policy:{action}", at=now,
            details={"effective_from": effective_from.isoformat(), "reason": reason, "approval": approval_id},
        )  # fmt: skip
    return row


def _append(row: PolicyVersion) -> PolicyVersion:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if refusal_name(error) != "approval_policy_has_one_version_a_moment":
            raise
        raise InvalidPolicy("the policy already changes at that moment") from None
    return row
