"""The documented `auditTrail` of a payment: its audit entries, oldest first."""

from core.audit import selectors as audit
from payments.answers import TrailEntry
from payments.models import Payment


def list_for_payment(payment: Payment) -> list[TrailEntry]:
    return [
        TrailEntry(entry.recorded_at, entry.action, entry.result, entry.facts, entry.correlation_id)
        for entry in audit.list_for_subject(payment.public_id)
    ]
