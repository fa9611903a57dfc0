"""A bank that cannot be reached is asked again after growing pauses; people hear when it lasts, and when it ends."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from ach.events import RailRecovered, RailTroubled
from ach.models import Mailbox, Originator
from ach.parameters import number
from ach.transport import HostKeyChanged
from core.errors import Refusal
from core.outbox import services as outbox

log = structlog.get_logger("holdfast.ach")
FAILED, OTHER_KEY = "ach.fetch_failed", "ach.host_key_changed"


def resting(*, now: datetime) -> set[int]:
    """Keys of originators whose pause is not over."""
    return set(Mailbox.objects.filter(next_try_at__gt=now).values_list("originator", flat=True))


def fail(originator: Originator, failure: Refusal, *, now: datetime) -> None:
    """Write the try down. Operations hear from the n-th on, or once it has lasted; of another key at once."""
    log.warning("nothing fetched", originator=originator.public_id, code=failure.code, reason=failure.detail)
    with transaction.atomic():
        box, _ = Mailbox.objects.select_for_update().get_or_create(originator=originator)
        box.failed_tries += 1
        box.failing_since = box.failing_since or now
        box.next_try_at = now + _pause(box.failed_tries, now)
        box.problem = f"{failure.code}: {failure.detail}"[:200]
        if isinstance(failure, HostKeyChanged):
            _tell(originator, OTHER_KEY, "P1", failure.detail, now)
        elif box.alarmed_at is not None or _has_lasted(box, now):
            box.alarmed_at = box.alarmed_at or now
            _tell(originator, FAILED, "P2", f"{failure.detail} (try {box.failed_tries})", now)
        box.save()


def work_again(originator: Originator, *, now: datetime) -> None:
    """A fetch went through: what was told of ends by itself."""
    if not Mailbox.objects.filter(originator=originator, failed_tries__gt=0).exists():
        return
    with transaction.atomic():
        box = Mailbox.objects.select_for_update().get(originator=originator)
        if box.alarmed_at is not None:
            said = f"{originator.name}: fetched again after {box.failed_tries} failed tries"
            outbox.publish(RailRecovered(FAILED, originator.public_id, said, originator.livemode, now), now=now)
        box.failed_tries, box.failing_since, box.next_try_at, box.alarmed_at, box.problem = 0, None, None, None, ""
        box.save()


def _has_lasted(box: Mailbox, now: datetime) -> bool:
    assert box.failing_since is not None
    longest = timedelta(minutes=number("fetch_minutes_before_alarm", now))
    return box.failed_tries >= number("fetch_tries_before_alarm", now) or now - box.failing_since >= longest


def _pause(tries: int, now: datetime) -> timedelta:
    """Doubles with each try, up to the longest."""
    base, longest = number("fetch_retry_seconds", now), number("fetch_retry_longest_seconds", now)
    return timedelta(seconds=min(longest, base * 2 ** min(tries - 1, 20)))


def _tell(originator: Originator, alarm: str, severity: str, said: str, now: datetime) -> None:
    outbox.publish(
        RailTroubled(
            alarm, originator.public_id, severity, f"{originator.name}: {said}"[:200], "", originator.livemode, now
        ),
        now=now,
    )
