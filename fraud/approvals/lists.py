"""An entry of an allow list lets payments past their review: a second person signs each."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from django.urls import reverse

from core import approvals
from core.actors import Actor
from core.approvals import Content, Execution
from core.approvals.models import ApprovalRequest
from core.approvals.services import ask
from core.audit.chain import JSON
from fraud.enums import ListEffect, ListKind
from fraud.models import List
from fraud.selectors import lists as selector
from fraud.services import lists

UNTIL = "expiresAt"
PARTIES = (ListKind.CUSTOMER, ListKind.SELLER)


class AllowEntry(approvals.Action):
    """The subject is list, mode and value: `trusted_customers/live/cus_abc123`. Nobody related to the party signs."""

    name: ClassVar[str] = "fraud.allow_entry"
    title: ClassVar[str] = "Let somebody skip reviews"
    ask_permission: ClassVar[str] = "fraud.change_list"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 72,
        "rules": [{"name": "always", "when": {}, "require": {"permission": "fraud.approve_list", "count": 1}}],
    }

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises ListNotFound, InvalidEntry."""
        found, livemode, value = _split(subject)
        until = _until(given)
        lists.require_end(found, expires_at=until, now=now)
        known = selector.find_in_force(name=found.name, livemode=livemode, value=value, now=now)
        return Content(
            summary=f"Put {value} on the list {found.name} until {until:%Y-%m-%d %H:%M} UTC",
            version={"list": found.name, "kind": found.kind, "inForce": known.entry_id if known else None},
            facts={"list": found.name, "livemode": livemode},
            parties=frozenset({value}) if found.kind in PARTIES else frozenset(),
            url=reverse("admin:fraud_list", args=[found.name]),
        )

    def effect(self, execution: Execution) -> None:
        found, livemode, value = _split(execution.subject)
        lists.add_signed(
            name=found.name,
            livemode=livemode,
            value=value,
            reason=execution.reason,
            expires_at=_until(execution.given),
            approval_id=execution.request_id,
            actor=execution.signed_by[-1],
            now=execution.now,
        )


def ask_entry(
    *, name: str, livemode: bool, value: str, reason: str, expires_at: datetime, actor: Actor, now: datetime
) -> ApprovalRequest:
    """Raises ListNotFound, InvalidEntry, and the refusals of `core.approvals.services.ask`."""
    found = selector.get(name=name)
    if found.effect != ListEffect.ALLOW:
        raise lists.InvalidEntry(f"{name} is no allow list: its entries need no signature")
    return ask(
        action=AllowEntry.name,
        subject=f"{name}/{'live' if livemode else 'test'}/{lists.checked_value(found, value)}",
        given={UNTIL: expires_at.isoformat()},
        reason=reason,
        actor=actor,
        now=now,
    )


def _split(subject: str) -> tuple[List, bool, str]:
    name, _, rest = subject.partition("/")
    mode, _, value = rest.partition("/")
    found = selector.get(name=name)
    if mode not in ("live", "test") or found.effect != ListEffect.ALLOW:
        raise lists.InvalidEntry(f"{subject[:120]} names no entry of an allow list")
    return found, mode == "live", lists.checked_value(found, value)


def _until(given: Mapping[str, JSON]) -> datetime:
    try:
        until = datetime.fromisoformat(str(given.get(UNTIL)))
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        raise lists.InvalidEntry("expires_at: an ISO time with its zone")
    return until


approvals.register(AllowEntry())
