"""What escrow does without being asked."""

from datetime import datetime, timedelta

from core.work import services as work
from escrow.services import funding


@work.periodic("escrow.sweep", every=timedelta(minutes=1))
def sweep(*, now: datetime) -> None:
    funding.sweep(now=now)
