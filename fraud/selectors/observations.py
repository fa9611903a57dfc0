"""Reads of the history for people."""

from datetime import datetime

from fraud.models import FraudReport, Observation


def list_for_customer(*, customer_id: str, livemode: bool, before: datetime, limit: int = 20) -> list[Observation]:
    """The customer's newest attempts up to a moment, newest first."""
    attempts = Observation.objects.filter(livemode=livemode, payer_id=customer_id, at__lte=before)
    return list(attempts.order_by("-at")[:limit])


def find_payment_id(*, report: FraudReport) -> str | None:
    """The payment that a report's transaction is, if it is one of ours."""
    known = Observation.objects.filter(
        livemode=report.livemode, payer_id=report.customer_id, transaction_id=report.transaction_id
    )
    return known.values_list("payment_id", flat=True).first()


def find(*, payment_id: str, livemode: bool) -> Observation | None:
    return Observation.objects.filter(payment_id=payment_id, livemode=livemode).first()


def find_by_transaction(*, transaction_id: str, livemode: bool) -> Observation | None:
    """The newest attempt that carried the transaction id."""
    attempts = Observation.objects.filter(livemode=livemode, transaction_id=transaction_id)
    return attempts.order_by("-at", "-id").first()


def find_of_party(*, party_id: str, payment_id: str, livemode: bool) -> Observation | None:
    """The named payment of a customer, the newest where none is named; None for another's."""
    attempts = Observation.objects.filter(livemode=livemode, payer_id=party_id)
    if payment_id:
        return attempts.filter(payment_id=payment_id).first()
    return attempts.order_by("-at").first()
