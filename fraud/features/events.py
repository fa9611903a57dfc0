"""Rows of PostgreSQL as the states know them."""

from fraud import data
from fraud.features import store
from fraud.features.state import Event
from fraud.models import Assessment, FraudReport, Label, Observation


def of_observation(observation: Observation) -> Event:
    """An observed payment as the states know it."""
    return Event(
        payment_id=observation.payment_id,
        livemode=observation.livemode,
        at=store.microseconds(observation.at),
        amount_minor=observation.amount_minor,
        customer=observation.payer_id,
        seller=observation.payee_id or "",
        card=observation.card_fingerprint or "",
        device=observation.device_id or "",
        address=observation.ip_address or "",
        country=observation.ip_country or "",
    )


def of_label(label: Label) -> Event:
    """As much of a labelled payment as a label changes."""
    return Event(
        payment_id=label.payment_id,
        livemode=label.livemode,
        at=store.microseconds(label.event_at),
        amount_minor=label.amount_minor,
        customer=label.payer_id,
        seller=label.payee_id or "",
    )


def of_report(report: FraudReport, payment_id: str | None) -> Event:
    """A report names a transaction; a payment that we know by it is counted under the payment's own name."""
    return Event(
        payment_id=payment_id or f"txn:{report.transaction_id}",
        livemode=report.livemode,
        at=store.microseconds(report.reported_at),
        amount_minor=0,
        customer=report.customer_id,
    )


def of_assessment(assessment: Assessment) -> Event:
    """A transaction that was judged for another flow than our payments: an attempt of which no outcome is told."""
    inputs = assessment.inputs
    address = inputs.get("ip_address")
    return Event(
        payment_id=f"txn:{assessment.transaction_id}",
        livemode=assessment.livemode,
        at=store.microseconds(assessment.created_at),
        amount_minor=assessment.amount_minor,
        customer=assessment.customer_id[: store.LONGEST_NAME],
        seller=(inputs.get("payee_id") or "")[: store.LONGEST_NAME],
        card=inputs.get("card_fingerprint") or "",
        device=inputs.get("device_id") or "",
        address=address or "",
        country=data.find_country(address) or "",
    )
