"""New master keys without downtime: the same data keys, wrapped anew. No field is encrypted again, nothing waits.

With AWS the master key is rotated by AWS, or by pointing the alias at another key; with the local file a version is
added here. Both then wrap every data key of the purpose again, in steps: each data key names the run that wrapped it
last, so whoever dies in the middle leaves the rest to the next step.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.vault import keys, kms
from core.vault.events import KeysRotated
from core.vault.kms.local import LocalKeys
from core.vault.models import DataKey, KeyRotation, RotatedPurpose, RotationState
from core.vault.purposes import Purpose
from core.work import failpoints

KEYS_PER_STEP = 100
KeyServiceError = (kms.KeyServiceUnavailable, kms.KeyUnreadable)


class UnableToRotate(Refusal):
    code = "KEY_ROTATION_REFUSED"
    status = 409
    title = "The keys cannot be rotated now"


@dataclass(frozen=True, slots=True)
class Progress:
    """Data keys of one purpose in one run: wrapped anew, of all there are."""

    purpose: str
    done: int
    total: int


def term(purpose: Purpose, *, now: datetime) -> timedelta:
    """90 days, for the audit log 180, unless their parameters say otherwise."""
    name = "vault.rotation_days_audit" if purpose is Purpose.AUDIT else "vault.rotation_days"
    return timedelta(days=parameters.read(name, at=now))


def due(*, now: datetime) -> list[Purpose]:
    """Purposes with a data key whose wrapping is older than its term."""
    found = []
    for purpose in Purpose:
        keys_of = DataKey.objects.filter(purpose=purpose).annotate(wrapped_at=Coalesce("rewrapped_at", F("created_at")))
        if keys_of.filter(wrapped_at__lt=now - term(purpose, now=now)).exists():
            found.append(purpose)
    return found


def find_running() -> KeyRotation | None:
    return KeyRotation.objects.filter(state=RotationState.RUNNING).first()


def begin(*, purposes: list[Purpose], reason: str, actor: Actor, now: datetime) -> KeyRotation:
    """Start a run; `advance` carries it on. Raises UnableToRotate while another runs, or for nothing to do."""
    if not purposes or not reason.strip():
        raise UnableToRotate("name what to rotate, and why")
    rotation = KeyRotation(
        rotation_id=ids.prefixed("rot", now),
        state=RotationState.RUNNING,
        reason=reason.strip()[:200],
        asked_by=str(actor),
        started_at=now,
    )
    try:
        with transaction.atomic():
            rotation.save(force_insert=True)
            RotatedPurpose.objects.bulk_create(
                RotatedPurpose(
                    rotation=rotation, purpose=purpose, data_keys=DataKey.objects.filter(purpose=purpose).count()
                )
                for purpose in purposes
            )
            audit.record(
                actor=actor,
                action="vault.rotation.begun",
                subject=rotation.rotation_id,
                at=now,
                details={"purposes": [purpose.value for purpose in purposes], "reason": rotation.reason},
            )
    except IntegrityError as error:
        if refusal_name(error) == "key_rotation_runs_alone":
            raise UnableToRotate("a rotation runs already") from None
        raise
    return rotation


def advance(*, rotation_id: str, now: datetime, limit: int = KEYS_PER_STEP) -> bool:
    """Wrap up to `limit` data keys of a run; True when none is left. Call it again after whatever failure.

    Every data key stays readable at every moment: its row changes in one statement, and only if nobody else changed it.
    A data key that does not open does not keep the others. Raises the key service's errors.
    """
    rotation = KeyRotation.objects.get(pk=rotation_id)
    if rotation.state == RotationState.DONE:
        return True
    try:
        _prepare(rotation, now)
        is_done = _wrap_some(rotation, limit, now)
    except KeyServiceError as error:
        KeyRotation.objects.filter(pk=rotation_id).update(last_error=str(error)[:200])
        raise
    if is_done:
        _finish(rotation, now)
    return is_done


def rotate(*, purposes: list[Purpose], reason: str, actor: Actor, now: datetime) -> int:
    """A whole run at once; returns how many data keys. For the terminal. Raises as `begin` and `advance`."""
    rotation = find_running() or begin(purposes=purposes, reason=reason, actor=actor, now=now)
    while not advance(rotation_id=rotation.rotation_id, now=now):
        continue
    return DataKey.objects.filter(rotation=rotation).count()


def list_progress(rotation: KeyRotation) -> list[Progress]:
    found = []
    for part in rotation.purposes.order_by("purpose"):
        every = DataKey.objects.filter(purpose=part.purpose)
        done = every.filter(rotation=rotation).count()
        # Of a run that is over, later runs may have taken its data keys along.
        total = every.count() if rotation.state == RotationState.RUNNING else part.data_keys
        found.append(Progress(part.purpose, done if rotation.state == RotationState.RUNNING else total, total))
    return found


def _prepare(rotation: KeyRotation, now: datetime) -> None:
    """Once a run. Whoever dies between the new master key and its mark adds one that wraps nothing, and no harm."""
    if rotation.prepared_at is not None:
        return
    service = kms.service()
    if isinstance(service, LocalKeys):
        service.rotate()
    failpoints.reach("vault.master_key_added")
    KeyRotation.objects.filter(pk=rotation.pk).update(prepared_at=now)


def _wrap_some(rotation: KeyRotation, limit: int, now: datetime) -> bool:
    purposes = rotation.purposes.values("purpose")
    left = DataKey.objects.filter(purpose__in=purposes).exclude(rotation=rotation, rotation__isnull=False)
    rows = list(left.order_by("created_at", "id")[: limit + 1])
    unreadable: kms.KeyUnreadable | None = None
    for row in rows[:limit]:
        try:
            _wrap(row, rotation, now)
        except kms.KeyUnreadable as error:
            unreadable = error
        failpoints.reach("vault.rewrapped")
    if unreadable is not None:
        raise unreadable
    return len(rows) <= limit


def _wrap(row: DataKey, rotation: KeyRotation, now: datetime) -> None:
    fresh = kms.service().rewrap(
        purpose=Purpose(row.purpose),
        key=kms.WrappedKey(row.master_key, bytes(row.wrapped)),
        context=keys.context_of(row),
    )
    DataKey.objects.filter(pk=row.pk, wrapped=row.wrapped).update(
        master_key=fresh.master_key, wrapped=fresh.wrapped, rewrapped_at=now, rotation=rotation
    )


def _finish(rotation: KeyRotation, now: datetime) -> None:
    purposes = [str(part.purpose) for part in rotation.purposes.order_by("purpose")]
    wrapped = DataKey.objects.filter(rotation=rotation).count()
    with transaction.atomic():
        ended = KeyRotation.objects.filter(pk=rotation.pk, state=RotationState.RUNNING).update(
            state=RotationState.DONE, finished_at=now, last_error=""
        )
        if not ended:
            return
        audit.record(
            actor=SYSTEM,
            action="vault.keys.rotated",
            subject=rotation.rotation_id,
            at=now,
            details={"purposes": list(purposes), "dataKeys": wrapped, "askedBy": rotation.asked_by},
        )
        outbox.publish(KeysRotated(rotation.rotation_id, tuple(purposes), wrapped, now), now=now)
