"""What the signature engine does by itself."""

from datetime import datetime, timedelta

from core.approvals import services as approvals
from core.work import services as work


@work.periodic("approvals.expire_due", every=timedelta(minutes=1))
def expire_due(*, now: datetime) -> None:
    """Close the requests nobody acted upon in time."""
    approvals.expire_due(now=now)
