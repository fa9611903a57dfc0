"""Each minute: tell of turns whose time is over, and keep what was counted under turns in force."""

from datetime import datetime, timedelta

from core.switches import counting, expiry, selectors
from core.work import services as work


@work.periodic("switches.notice_expiries", every=timedelta(minutes=1))
def notice_expiries(*, now: datetime) -> None:
    for turn in selectors.list_ended_unnoticed(now):
        expiry.notice(turn=turn, now=now)


@work.periodic("switches.keep_exposure", every=timedelta(minutes=1))
def keep_exposure(*, now: datetime) -> None:
    counting.collect(now=now)
