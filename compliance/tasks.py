"""Work of compliance that comes due by itself."""

from datetime import datetime, timedelta

from compliance.services import bank_accounts
from core.work import services as work


@work.periodic("compliance.activate_accounts", every=timedelta(minutes=1))
def activate_accounts(*, now: datetime) -> None:
    """Pay to signed accounts that have cooled off."""
    bank_accounts.activate_due(now=now)
