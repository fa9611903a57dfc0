"""Reads of backtests."""

from django.db.models import QuerySet

from core.errors import Refusal
from fraud.enums import BacktestState
from fraud.models import Backtest
from fraud.models.backtest import UNFINISHED

SHOWN_OF_A_VERSION = 20
# What a list does not need, and is large.
BULKY = ("counts", "result", "terms")


class BacktestNotFound(Refusal):
    code = "BACKTEST_NOT_FOUND"
    status = 404
    title = "No such backtest"


def get(*, backtest_id: str, livemode: bool | None = None) -> Backtest:
    """Raises BacktestNotFound; with `livemode` also for one of the other mode."""
    found = Backtest.objects.filter(backtest_id=backtest_id)
    if livemode is not None:
        found = found.filter(livemode=livemode)
    backtest = found.first()
    if backtest is None:
        raise BacktestNotFound(f"no backtest is named {backtest_id}")
    return backtest


def find_unfinished(**same: object) -> Backtest | None:
    return Backtest.objects.filter(state__in=UNFINISHED, **same).first()


def find_newest_done(*, version: int, digest: str, livemode: bool) -> Backtest | None:
    """The newest evidence about exactly this content: one that judged no decision is none."""
    done = Backtest.objects.filter(rule_set_version=version, digest=digest, livemode=livemode, state=BacktestState.DONE)
    return done.filter(result__decisions__gt=0).order_by("-id").first()


def all_of(*, livemode: bool) -> QuerySet[Backtest]:
    """For pages; without what is large."""
    return Backtest.objects.filter(livemode=livemode).defer(*BULKY)


def list_for_version(*, version: int, livemode: bool) -> list[Backtest]:
    """The newest of a version."""
    return list(all_of(livemode=livemode).filter(rule_set_version=version).order_by("-id")[:SHOWN_OF_A_VERSION])
