"""What every play needs: a clock that may be moved and comes back, and a key of its own that is revoked at the end."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from core import clock
from core.actors import SYSTEM
from core.api import keys
from core.api.models import ApiKey, ThrottleClass
from ops.marketplace.client import MarketplaceClient


class OnlyForDemos(RuntimeError):
    """The demo moves the clock and prints passwords; it refuses where the settings do not allow that."""


def require_demo() -> None:
    if not settings.HOLDFAST_MOVABLE_CLOCK:
        raise OnlyForDemos("the demo runs only under config.settings.local")


def real_now() -> datetime:
    """The system's time, which a moved clock does not touch."""
    return datetime.now(UTC)


@contextlib.contextmanager
def moved_clock(starts_at: datetime, *, will_resume: bool = False) -> Iterator[Callable[[datetime], None]]:
    """The clock of the running program goes to `starts_at`; what is yielded moves it on.

    It comes back at the end, and after an interruption too, unless somebody will go on from there.
    """
    moving = clock.OffsetClock(Path(settings.HOLDFAST_STATE_DIR) / "clock-offset")
    moving.move_to(starts_at - real_now())
    finished = False
    try:
        yield lambda moment: moving.move_to(moment - real_now())
        finished = True
    finally:
        if finished or not will_resume:
            moving.move_to(timedelta())


@contextlib.contextmanager
def marketplace(base_url: str, name: str, scopes: Sequence[str]) -> Iterator[MarketplaceClient]:
    """A client whose key has the rates of bulk work; keys of that name that an interruption left behind are revoked."""
    revoke_keys(name, clock.now())
    key, secret = keys.create(
        name=name, livemode=False, scopes=scopes, throttle_class=ThrottleClass.BULK, actor=SYSTEM, now=clock.now()
    )
    client = MarketplaceClient(base_url, secret)
    try:
        yield client
    finally:
        client.close()
        keys.revoke(key_id=key.public_id, actor=SYSTEM, now=clock.now())


def revoke_keys(name: str, now: datetime) -> None:
    """What an interrupted start left behind: nobody knows those secrets."""
    for key in ApiKey.objects.filter(name=name, created_by=str(SYSTEM), revoked_at=None):
        keys.revoke(key_id=key.public_id, actor=SYSTEM, now=now)
