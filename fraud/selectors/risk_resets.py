"""When a customer's past was last cleared, and what of it still counts."""

from datetime import datetime, timedelta
from typing import Any

from fraud.decisions import AssessmentRequest
from fraud.models import FraudReport, RiskReset

REPORTS = "customer_fraud_reports_90d"
COUNTED_FOR = timedelta(days=90)


def find_latest(*, party_id: str, livemode: bool, as_of: datetime) -> RiskReset | None:
    """The newest reset up to a moment."""
    resets = RiskReset.objects.filter(livemode=livemode, party_id=party_id, reset_at__lte=as_of)
    return resets.order_by("-reset_at", "-id").first()


def risk_reset_at(*, party_id: str, livemode: bool, as_of: datetime) -> datetime | None:
    """What happened before this moment does not count against the customer; None where nothing was cleared."""
    latest = find_latest(party_id=party_id, livemode=livemode, as_of=as_of)
    return latest.reset_at if latest else None


def list_for_party(*, party_id: str, livemode: bool, limit: int = 20) -> list[RiskReset]:
    """Newest first."""
    resets = RiskReset.objects.filter(livemode=livemode, party_id=party_id)
    return list(resets.order_by("-reset_at", "-id")[:limit])


def cleared(known: dict[str, Any], *, request: AssessmentRequest, now: datetime) -> dict[str, Any]:
    """The variables of a decision, without reports that a reset has cleared.

    No statement where nothing was reported, which is nearly always; one where nothing was reset, two where it was.
    """
    if not known.get(REPORTS):
        return known
    since = risk_reset_at(party_id=request.payer_id, livemode=request.livemode, as_of=now)
    if since is None:
        return known
    reports = FraudReport.objects.filter(
        livemode=request.livemode,
        customer_id=request.payer_id,
        reported_at__gt=max(since, now - COUNTED_FOR),
        reported_at__lte=now,
    )
    return {**known, REPORTS: reports.count()}
