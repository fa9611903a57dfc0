"""Changing a policy is itself signed: whoever gives roles asks, the security officer signs, neither moves money."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

from django.urls import reverse

from core.approvals import policy, policy_documents, registry
from core.approvals.actions import Action, Content, Execution
from core.approvals.policy_documents import InvalidPolicy
from core.approvals.selectors import policies
from core.approvals.services.policies import store
from core.audit.chain import JSON
from core.staff import roles


class ChangePolicy(Action):
    """The subject is the name of the act; given are `document` and `effectiveFrom` (ISO 8601; empty: once signed)."""

    name: ClassVar[str] = "approvals.change_policy"
    title: ClassVar[str] = "Change who signs"
    ask_permission: ClassVar[str] = "approvals.ask_policy"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 72,
        "rules": [{"name": "always", "when": {}, "require": {"permission": "approvals.approve_policy", "count": 1}}],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises UnknownAction, and InvalidPolicy for a document that cannot be read or names what nobody has."""
        action = registry.get(subject)
        document = given.get("document")
        for rule in policy_documents.parse(document).rules:
            _require_known(rule.require)
        _moment(given)
        latest = policies.find_latest(subject)
        return Content(
            summary=f"Change who signs “{action.title}”",
            version={"policyInForce": latest.pk if latest else None, "document": latest.document if latest else None},
            facts={"action": subject},
            url=reverse("admin:approval_policy", args=[subject]),
        )

    def effect(self, execution: Execution) -> None:
        store(
            action=execution.subject,
            document=execution.given["document"],
            effective_from=max(_moment(execution.given) or execution.now, execution.now),
            reason=execution.reason,
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


def _moment(given: Mapping[str, JSON]) -> datetime | None:
    text = given.get("effectiveFrom", "")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidPolicy("effectiveFrom: no date and time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _require_known(block: policy.Block) -> None:
    """A place that nobody can ever fill is a typing error, not a policy."""
    for seat in policy.places(block):
        known = seat.name in roles.ROLES if seat.kind == "role" else roles.grants(roles.ROLES, seat.name)
        if not known:
            raise InvalidPolicy(f"require: there is no {seat.kind} {seat.name} that anybody could have")


registry.register(ChangePolicy())
