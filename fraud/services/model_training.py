"""Train a model: asked for by a person and done by a worker, or at once by a command."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import transaction

from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import TrainingState
from fraud.learning import own, streams
from fraud.learning.dataset import Dataset, from_stream
from fraud.model import building
from fraud.models import ModelTraining, ModelVersion
from fraud.services import models

WORK = "fraud.train_model"
OWN = "own decisions"
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Window = tuple[datetime, datetime, datetime, datetime]


class InvalidWindow(Refusal):
    code = "INVALID_TRAINING_WINDOW"
    title = "There is no room for training in these days"


class TrainingNotFound(Refusal):
    code = "TRAINING_NOT_FOUND"
    status = 404
    title = "No such training"


def usual_window(*, delay_days: int, now: datetime) -> tuple[datetime, datetime]:
    """The newest whole days whose labels have matured, as many as the parameters say."""
    to_at = (now - delay_days * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    days = parameters.read("fraud.train_days", at=now) + parameters.read("fraud.validation_days", at=now) + delay_days
    return to_at - days * DAY, to_at


def order(
    *, livemode: bool, from_at: datetime, to_at: datetime, delay_days: int, actor: Actor, now: datetime
) -> ModelTraining:
    """Have a worker train on own decisions. Raises InvalidWindow."""
    split(from_at, to_at, delay_days=delay_days, now=now)
    with transaction.atomic():
        ordered = ModelTraining.objects.create(
            training_id=ids.prefixed("train", now),
            livemode=livemode,
            from_at=from_at,
            to_at=to_at,
            delay_days=delay_days,
            asked_by=str(actor),
            asked_at=now,
        )
        work.enqueue(kind=WORK, key=ordered.training_id, payload={}, due_at=now, now=now)
        audit.record(
            actor=actor,
            action="fraud.model.training_ordered",
            subject=ordered.training_id,
            at=now,
            details={"from": from_at.isoformat(), "to": to_at.isoformat(), "livemode": livemode},
        )
    return ordered


def perform(*, training_id: str, now: datetime) -> None:
    """Train what was ordered, and keep the model or the reason why there is none. Again it changes nothing."""
    ordered = ModelTraining.objects.filter(training_id=training_id).first()
    if ordered is None:
        raise TrainingNotFound(f"no training is named {training_id[:40]}")
    if ordered.state != TrainingState.ORDERED:
        return
    ended: dict[str, object] = {"state": TrainingState.DONE, "finished_at": now}
    try:
        ended["model"] = train(
            from_at=ordered.from_at,
            to_at=ordered.to_at,
            delay_days=ordered.delay_days,
            livemode=ordered.livemode,
            actor=_person(ordered.asked_by),
            now=now,
        )
    except Refusal as refused:
        ended |= {"state": TrainingState.REFUSED, "refusal": refused.detail[:500]}
    ModelTraining.objects.filter(pk=ordered.pk, state=TrainingState.ORDERED).update(**ended)


def train(
    *, from_at: datetime, to_at: datetime, delay_days: int, livemode: bool, actor: Actor, now: datetime
) -> ModelVersion:
    """Learn from own decisions by what was known when validation began; measure by what is known now.

    Raises InvalidWindow, TooLittleToLearnFrom, SourceDiffers.
    """
    window = split(from_at, to_at, delay_days=delay_days, now=now)
    learned = own.dataset(window[0], window[1], livemode=livemode, as_of=window[2], delay_days=delay_days)
    measured = own.dataset(window[2], window[3], livemode=livemode, as_of=now, delay_days=delay_days)
    return _build(learned, measured, window, livemode=livemode, origin=OWN, actor=actor, now=now)


def train_on_stream(
    *,
    place: Path,
    from_at: datetime | None,
    to_at: datetime | None,
    delay_days: int,
    livemode: bool,
    actor: Actor,
    now: datetime,
    advance: Callable[[int], None] = lambda _: None,
) -> ModelVersion:
    """The same from a recorded stream, by default from all of it. Raises also `streams.UnreadableStream`."""
    stream = streams.read(place)
    first, last = (EPOCH + timedelta(microseconds=stream.payments.at[end]) for end in (0, -1))
    whole = (from_at or _midnight(first), to_at or _midnight(last) + DAY)
    window = split(*whole, delay_days=delay_days, now=now + 400 * DAY, at=now)
    moments = [(moment - EPOCH) // timedelta(microseconds=1) for moment in window]
    data = from_stream(
        stream.payments,
        windows=[(moments[0], moments[1]), (moments[2], moments[3])],
        delay=delay_days * (DAY // timedelta(microseconds=1)),
        advance=advance,
    )
    learned, measured = data.between(moments[0], moments[1]), data.between(moments[2], moments[3])
    origin = f"recorded stream {', '.join(stream.files)}"[:200]
    return _build(learned, measured, window, livemode=livemode, origin=origin, actor=actor, now=now)


def split(from_at: datetime, to_at: datetime, *, delay_days: int, now: datetime, at: datetime | None = None) -> Window:
    """(learn from, to, measure from, to): the last days are held back, a label delay apart. Raises InvalidWindow.

    What is younger than the delay is cut off. Parameters are read `at` (default: `now`).
    """
    to_at = min(to_at, now - delay_days * DAY)
    validated_from = to_at - parameters.read("fraud.validation_days", at=at or now) * DAY
    trained_to = validated_from - delay_days * DAY
    if trained_to < from_at + DAY:
        raise InvalidWindow(
            errors=(FieldError("/from", "leave a day to learn from, the label delay and the days of validation"),)
        )
    return from_at, trained_to, validated_from, to_at


def _build(
    learned: Dataset, measured: Dataset, window: Window, *, livemode: bool, origin: str, actor: Actor, now: datetime
) -> ModelVersion:
    built = building.build(
        learned,
        measured,
        train_frauds=parameters.read("fraud.training_frauds", at=now),
        validation_frauds=parameters.read("fraud.validation_frauds", at=now),
    )
    return models.register(built=built, livemode=livemode, origin=origin, window=window, actor=actor, now=now)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _person(actor: str) -> Actor:
    kind, _, identity = actor.partition(":")
    return Actor(kind, identity)
