"""Clocks of what can be sent back: people hear in time of what waits unsent, and of what nobody has decided."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from ach.calendar import days
from ach.calendar.eastern import eastern, midnight_after
from ach.enums import CaseKind, CaseState, ChangeState, DishonorState, ItemKind, ItemState, ReplyState
from ach.events import RailTroubled
from ach.models import Case, Change, Dishonor, InboundItem, Reply
from ach.parameters import number
from ach.services import replies
from core.actors import SYSTEM

_UNSENT = (ReplyState.WAITING, ReplyState.PARKED, ReplyState.FILED)
_MOST = 200


def order_missing(*, now: datetime) -> int:
    """What was decided before there were replies gets its own while there is time. Returns how many."""
    ordered = 0
    dishonored = Dishonor.objects.filter(state=DishonorState.OPEN, sent_at=None, replies=None)
    for made in list(dishonored.select_related("item__file__originator").defer("item__file__content")[:_MOST]):
        with transaction.atomic():
            replies.order_dishonor(made, actor=SYSTEM, now=now)
            ordered += 1
    refused = Change.objects.filter(state=ChangeState.REFUSED, refusable_until__gt=now, replies=None)
    for change in list(refused.select_related("item__file__originator").defer("item__file__content")[:_MOST]):
        with transaction.atomic():
            replies.order_refusal(change, actor=SYSTEM, now=now)
            ordered += 1
    return ordered


def troubles(*, now: datetime) -> Iterator[RailTroubled]:
    """From `ach.reply_alarm_banking_days` before the last day on, again each time: the same incident goes on."""
    today = days.on_or_after(eastern(now).date())
    until = midnight_after(days.add_banking_days(today, number("reply_alarm_banking_days", now)))
    yield from _unsent(until, now)
    yield from _undecided_returns(until, now)
    yield from _undecided_changes(until, now)


def _unsent(until: datetime, now: datetime) -> Iterator[RailTroubled]:
    late = Reply.objects.filter(state__in=_UNSENT, deadline_at__lte=until).select_related("item")
    for reply in late.defer("item__sealed").order_by("deadline_at", "id")[:_MOST]:
        said = f"{reply.get_kind_display()} {reply.code} is {reply.state}; its time is over at {_at(reply.deadline_at)}"
        yield _trouble("ach.reply_late", reply.public_id, "P2", said, reply.item, reply.livemode, now)


def _undecided_returns(until: datetime, now: datetime) -> Iterator[RailTroubled]:
    """Returns that came late or match nothing, and that nobody has sent back."""
    asked = Case.objects.filter(state=CaseState.OPEN, kind__in=(CaseKind.LATE_RETURN, CaseKind.UNMATCHED_ITEM))
    recent = now - timedelta(days=4 * number("dishonor_banking_days", now))
    found = InboundItem.objects.filter(
        public_id__in=asked.values("subject"), kind=ItemKind.RETURN, file__received_at__gte=recent,
        state__in=(ItemState.APPLIED, ItemState.SUSPENSE),
    ).exclude(dishonors__state__in=(DishonorState.OPEN, DishonorState.CONTESTED, DishonorState.UNDONE))  # fmt: skip
    for item in found.select_related("file").defer("sealed", "file__content").order_by("id")[:_MOST]:
        deadline = replies.dishonor_deadline(item, now)
        if now < deadline <= until:
            said = f"Return {item.code} over {item.amount_minor} cents can be dishonored until {_at(deadline)}"
            yield _trouble("ach.dishonor_ends", item.public_id, "P3", said, item, item.file.livemode, now)


def _undecided_changes(until: datetime, now: datetime) -> Iterator[RailTroubled]:
    open_ = Change.objects.filter(
        state__in=(ChangeState.OPEN, ChangeState.ASKED), refusable_until__gt=now, refusable_until__lte=until
    ).select_related("item__file")
    for change in open_.defer("item__sealed", "item__file__content").order_by("refusable_until", "id")[:_MOST]:
        said = f"Correction {change.code} can be refused until {_at(change.refusable_until)}"
        livemode = change.item.file.livemode
        yield _trouble("ach.refusal_ends", change.public_id, "P3", said, change.item, livemode, now)


def _trouble(
    alarm: str, subject: str, severity: str, said: str, item: InboundItem, livemode: bool, now: datetime
) -> RailTroubled:
    mode = "" if livemode else " (test)"
    url = reverse("admin:ach_item", args=[item.public_id])
    return RailTroubled(alarm, subject, severity, f"{said}{mode}", url, livemode, now)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
