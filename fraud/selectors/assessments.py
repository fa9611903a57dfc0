"""Reads of stored decisions."""

from django.db.models import QuerySet

from core.errors import Refusal
from fraud.models import Assessment


class AssessmentNotFound(Refusal):
    code = "FRAUD_SCORE_NOT_FOUND"
    status = 404
    title = "No fraud score for this transaction"


def get_for_transaction(*, transaction_id: str, livemode: bool) -> Assessment:
    """The newest decision about a transaction. Raises AssessmentNotFound."""
    found = Assessment.objects.filter(livemode=livemode, transaction_id=transaction_id).order_by("-id").first()
    if found is None:
        raise AssessmentNotFound(f"{transaction_id} has no fraud score")
    return found


def list_for_payment(*, payment_id: str) -> list[Assessment]:
    """All decisions about a payment, oldest first."""
    return list(Assessment.objects.filter(payment_id=payment_id).order_by("id"))


def all_of(*, livemode: bool) -> QuerySet[Assessment]:
    """Decisions of the mode, for the pages of the API."""
    return Assessment.objects.filter(livemode=livemode)
