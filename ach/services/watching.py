"""What should have happened by itself and did not: entries without a way, files that the bank does not answer."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from ach.enums import FileState
from ach.events import RailTroubled
from ach.models import File, Originator
from ach.parameters import number
from ach.selectors import unmapped
from ach.services import reply_clocks
from core.outbox import services as outbox


def unanswered(*, now: datetime) -> list[File]:
    """Delivered files that the bank has not acknowledged in time, of banks that do acknowledge."""
    since = now - timedelta(hours=number("acknowledgement_hours", now))
    late = File.objects.filter(state=FileState.DELIVERED, delivered_at__lt=since).select_related("originator")
    return [file for file in late.defer("content")[:100] if file.originator.settings.get("acknowledges", True)]


def watch(*, now: datetime) -> int:
    """Tell operations. Returns how many alarms; the same again continues the same incident."""
    troubles = [
        _trouble("ach.unmapped", originator.public_id, "P1", f"{count} entries are past their cutoff and on no way",
                 originator.livemode, reverse("admin:ach_entries"), now)
        for originator, count in _named(unmapped.count(now=now))
    ] + [
        _trouble("ach.unacknowledged", file.public_id, "P2", f"The bank has not acknowledged {file.name}",
                 file.livemode, reverse("admin:ach_file", args=[file.public_id]), now)
        for file in unanswered(now=now)
    ]  # fmt: skip
    troubles += reply_clocks.troubles(now=now)
    with transaction.atomic():
        for trouble in troubles:
            outbox.publish(trouble, now=now)
    return len(troubles)


def _named(counts: dict[int, int]) -> list[tuple[Originator, int]]:
    return [(each, counts[each.pk]) for each in Originator.objects.filter(pk__in=counts).order_by("pk")]


def _trouble(
    alarm: str, subject: str, severity: str, summary: str, livemode: bool, url: str, now: datetime
) -> RailTroubled:
    mode = "" if livemode else " (test)"
    return RailTroubled(alarm, subject, severity, f"{summary}{mode}", url, livemode, now)
