"""The sandbox bank goes by itself."""

from datetime import datetime, timedelta

from ach.sandbox import bank
from core.work import services as work


@work.periodic("ach.sandbox_bank", every=timedelta(seconds=15))
def sandbox_bank(*, now: datetime) -> None:
    bank.tick(now=now)
