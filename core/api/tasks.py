"""Periodic work of the API."""

from datetime import datetime, timedelta

from core.api import expiry
from core.work import services as work


@work.periodic("api.warn_of_expiry", every=timedelta(hours=1))
def warn_of_expiry(*, now: datetime) -> None:
    """Every key whose end has come near, in batches."""
    while expiry.warn(now=now) == expiry.BATCH:
        continue
