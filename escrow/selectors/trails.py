"""The documented `auditTrail` of an escrow: its audit entries, oldest first, each with a hash of what it says."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.api.wire import to_wire
from core.audit import selectors as audit
from core.audit.models import AuditEntry
from escrow.enums import HOLDS, LockReason
from escrow.models import Escrow

PREFIX = "escrow.escrow."
UNTOLD = "REVIEW"
"""The reason of a hold, for outside: which check placed it may tip somebody off."""
CHECKS = ("input_validation", "compliance_screening")
"""What the documented answer to a creation holds."""
_ACTIONS = {
    "validated": "input_validation",
    "screened": "compliance_screening",
    "created": "escrow_created",
    "funded": "escrow_funded",
    "locked": "escrow_locked",
    "unlocked": "escrow_unlocked",
    "released": "escrow_released",
    "refunded": "escrow_refunded",
    "taken_back": "escrow_taken_back",
    "restored": "escrow_restored",
    "cancelled": "escrow_cancelled",
}
_RESULTS = {"SUCCESS": "SUCCESS", "FAILURE": "FAILURE", "DENIED": "FAILURE"}


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One line of the documented `auditTrail`; `user_id` is empty where the program acted."""

    timestamp: datetime
    action: str
    result: str
    details: Mapping[str, Any]
    correlation_id: str
    user_id: str = ""
    regulatory_requirement: str = ""

    def fields(self) -> dict[str, Any]:
        """As documented; `data_hash` is the SHA-256 of the other fields in canonical JSON (wire names)."""
        said: dict[str, Any] = {
            "timestamp": self.timestamp,
            "action": self.action,
            "result": self.result,
            "details": dict(self.details),
            "correlation_id": self.correlation_id,
        }
        if self.user_id:
            said["user_id"] = self.user_id
        if self.regulatory_requirement:
            said["regulatory_requirement"] = self.regulatory_requirement
        return {**said, "data_hash": data_hash(to_wire(said))}


def data_hash(wire: Mapping[str, Any]) -> str:
    """`sha256:<hex>` over ASCII JSON with sorted names and no blanks, without `dataHash` itself."""
    text = json.dumps(dict(wire), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def list_for_escrow(escrow: Escrow) -> list[TrailEntry]:
    """The newest two hundred."""
    return [_entry(escrow, row) for row in audit.list_for_subject(escrow.public_id) if row.action.startswith(PREFIX)]


def of_request(trail: Iterable[TrailEntry], correlation_id: str) -> list[TrailEntry]:
    """What one request did."""
    return [entry for entry in trail if entry.correlation_id == correlation_id]


def of_creation(trail: Iterable[TrailEntry]) -> list[TrailEntry]:
    return [entry for entry in trail if entry.action in CHECKS]


def _entry(escrow: Escrow, row: AuditEntry) -> TrailEntry:
    verb = row.action.removeprefix(PREFIX)
    facts = dict(row.facts)
    pending = verb == "locked" and facts.get("reason") == LockReason.APPROVALS
    return TrailEntry(
        timestamp=row.recorded_at,
        action="multi_sig_approval_requested" if pending else _ACTIONS.get(verb, verb),
        result="PENDING" if pending else _RESULTS.get(row.result, row.result),
        details=_DETAILS.get(verb, _plain)(escrow, facts),
        correlation_id=row.correlation_id,
        user_id=row.actor_id if row.actor_kind in ("API_KEY", "USER") else "",
        regulatory_requirement="AML_KYC_COMPLIANCE" if verb == "screened" else "",
    )


def _plain(_: Escrow, facts: dict[str, Any]) -> dict[str, Any]:
    """Amounts under their documented name."""
    return {name.removesuffix("_minor"): value for name, value in facts.items() if value not in ("", None)}


def _screened(_: Escrow, facts: dict[str, Any]) -> dict[str, Any]:
    return {"screening": {**facts, "risk_score": facts.get("risk_score", 0) / 1000}}


def _moved(escrow: Escrow, facts: dict[str, Any]) -> dict[str, Any]:
    return {"escrow_id": escrow.public_id, **_plain(escrow, facts)}


def _lock(escrow: Escrow, facts: dict[str, Any]) -> dict[str, Any]:
    return {"reason": UNTOLD} if facts.get("reason") in HOLDS else _plain(escrow, facts)


_DETAILS: dict[str, Callable[[Escrow, dict[str, Any]], dict[str, Any]]] = {
    "screened": _screened,
    "released": _moved,
    "refunded": _moved,
    "locked": _lock,
    "unlocked": _lock,
}
