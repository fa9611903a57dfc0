"""Data keys: made once, kept wrapped in the database, open only in memory and only for a while.

One call to the key service serves many fields. Ages are measured in real time, not by the clock a demo can move: key
lifetimes are a promise about the world, and moving a demo by ninety days must not ask for ninety days of keys.
"""

import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import connections

from core import clock
from core.parameters import services as parameters
from core.vault import kms, use_counts
from core.vault.models import DataKey, KeyAct, KeyUse
from core.vault.purposes import Purpose

# After a failure the key service is left alone for a moment, so that a queue of requests does not wait for it in turn.
REST_AFTER_FAILURE_SECONDS = 1.0

_COLUMNS = "id, purpose, use, generation, provider, master_key, wrapped, created_at"


class UnknownDataKey(Exception):
    """A ciphertext names a data key that the database does not have."""


@dataclass(slots=True, eq=False)
class OpenKey:
    """A data key in memory. `derived` holds the keys made from it by HKDF, by label."""

    id: uuid.UUID
    generation: int
    created_at: datetime
    plaintext: bytes = field(repr=False)
    expires: float
    uses_left: int
    derived: dict[str, bytes] = field(default_factory=dict, repr=False)

    def derive(self, label: str) -> bytes:
        if label not in self.derived:
            self.derived[label] = HKDF(SHA256(), 32, salt=None, info=label.encode()).derive(self.plaintext)
        return self.derived[label]


_current: dict[tuple[Purpose, KeyUse], OpenKey] = {}
_opened: OrderedDict[uuid.UUID, OpenKey] = OrderedDict()
_failed: dict[tuple[Purpose, KeyUse] | uuid.UUID, tuple[float, Exception]] = {}
_opened_lock = threading.Lock()
_locks = {(purpose, use): threading.Lock() for purpose in Purpose for use in KeyUse}


def current(purpose: Purpose, use: KeyUse) -> OpenKey:
    """The key that encrypts or hashes now. Counts one use. Raises the key service's errors."""
    key = _current.get((purpose, use))
    if key is None or key.uses_left <= 0 or key.expires <= time.monotonic():
        with _locks[purpose, use]:
            key = _current.get((purpose, use))
            if key is None or key.uses_left <= 0 or key.expires <= time.monotonic():
                key = _load(purpose, use, exhausted=key is not None and key.uses_left <= 0)
    key.uses_left -= 1
    return key


def by_id(key_id: uuid.UUID, purpose: Purpose) -> OpenKey:
    """The key that a ciphertext names. Raises UnknownDataKey, or the key service's errors."""
    with _opened_lock:
        key = _opened.get(key_id)
        if key is not None and key.expires > time.monotonic():
            _opened.move_to_end(key_id)
            return key
    row = DataKey.objects.filter(pk=key_id, purpose=purpose, use=KeyUse.ENCRYPTION).first()
    if row is None:
        raise UnknownDataKey(f"no {purpose} data key is named {key_id}")
    return _open(row, key_id)


def warm(purpose: Purpose, use: KeyUse) -> None:
    """Open the current key ahead of need, and renew it in the last quarter of its time in memory.

    Called by readiness checks and at the start of workers, so that the payment path does not meet the key service.
    """
    key = _current.get((purpose, use))
    lifetime = parameters.read("vault.cache_seconds", at=_moment())
    if key is None or key.uses_left <= 0 or key.expires - time.monotonic() < lifetime / 4:
        with _locks[purpose, use]:
            _load(purpose, use, exhausted=key is not None and key.uses_left <= 0)


def forget() -> None:
    """Drop every open key of this process."""
    with _opened_lock:
        _current.clear()
        _opened.clear()
        _failed.clear()


def context_of(row: DataKey) -> dict[str, str]:
    """What a data key's wrapping is bound to. A data key belongs to the platform; a field's own party and row are bound
    to the field's ciphertext by `core.vault.envelope`.
    """
    return {"party": "platform", "row": str(row.pk), "use": row.use, "generation": str(row.generation)}


def _load(purpose: Purpose, use: KeyUse, *, exhausted: bool) -> OpenKey:
    _rest(purpose_use := (purpose, use))
    newest = DataKey.objects.filter(purpose=purpose, use=use).order_by("-generation").first()
    if newest is None or (use == KeyUse.ENCRYPTION and _is_spent(newest, exhausted)):
        key = _create(purpose, use, generation=newest.generation + 1 if newest else 1)
    else:
        key = _open(newest, purpose_use)
    _current[purpose_use] = key
    return key


def _is_spent(row: DataKey, exhausted: bool) -> bool:
    previous = _current.get((Purpose(row.purpose), KeyUse.ENCRYPTION))
    used_up = exhausted and previous is not None and previous.id == row.pk
    return used_up or _moment() - row.created_at >= timedelta(
        hours=parameters.read("vault.data_key_hours", at=_moment())
    )


def _create(purpose: Purpose, use: KeyUse, *, generation: int) -> OpenKey:
    """A data key of its own, committed at once on a connection of its own.

    Were it written in the caller's transaction, a rollback would take the row away while the open key stays in memory,
    and the next ciphertext could never be opened again. Of two processes that create one generation, the first wins.
    """
    service = kms.service()
    row = DataKey(id=uuid.uuid4(), purpose=purpose, use=use, generation=generation, provider=service.provider)
    try:
        service.prepare(first_start=not DataKey.objects.filter(provider=service.provider).exists())
        made = service.generate(purpose=purpose, context=context_of(row))
    except (kms.KeyServiceUnavailable, kms.KeyUnreadable) as error:
        _fail((purpose, use), error)
    row.master_key, row.wrapped, row.created_at = made.key.master_key, made.key.wrapped, _moment()
    kept = _insert_or_get(row)
    return _remember(kept, made.plaintext) if kept.pk == row.pk else _open(kept, (purpose, use))


def _insert_or_get(row: DataKey) -> DataKey:
    own = connections["default"].copy()
    try:
        with own.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO vault_datakey ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
                " ON CONFLICT (purpose, use, generation) DO NOTHING",
                [getattr(row, column) for column in _COLUMNS.split(", ")],
            )
            cursor.execute(
                f"SELECT {_COLUMNS} FROM vault_datakey WHERE purpose = %s AND use = %s AND generation = %s",  # noqa: S608
                [row.purpose, row.use, row.generation],
            )
            return DataKey(**dict(zip(_COLUMNS.split(", "), cursor.fetchone(), strict=True)))
    finally:
        own.close()


def _open(row: DataKey, asked_by: tuple[Purpose, KeyUse] | uuid.UUID) -> OpenKey:
    _rest(asked_by)
    key = kms.WrappedKey(row.master_key, bytes(row.wrapped))
    try:
        service = kms.service()
        if row.provider != service.provider:
            raise kms.KeyServiceUnavailable(
                f"a data key is held by {row.provider}, the settings name {service.provider}"
            )
        plaintext = service.unwrap(purpose=Purpose(row.purpose), key=key, context=context_of(row))
    except (kms.KeyServiceUnavailable, kms.KeyUnreadable) as error:
        _fail(asked_by, error)
    use_counts.note(purpose=Purpose(row.purpose), act=KeyAct.OPENED, now=clock.now())
    return _remember(row, plaintext)


def _remember(row: DataKey, plaintext: bytes) -> OpenKey:
    now = _moment()
    lifetime = float(parameters.read("vault.cache_seconds", at=now))
    if row.use == KeyUse.ENCRYPTION:
        # Never hold a key as the current one past the end of its own time to encrypt.
        rest = row.created_at + timedelta(hours=parameters.read("vault.data_key_hours", at=now)) - now
        lifetime = min(lifetime, max(rest.total_seconds(), 1.0))
    key = OpenKey(
        id=row.pk,
        generation=row.generation,
        created_at=row.created_at,
        plaintext=plaintext,
        expires=time.monotonic() + lifetime,
        uses_left=parameters.read("vault.data_key_uses", at=now) if row.use == KeyUse.ENCRYPTION else 2**62,
    )
    with _opened_lock:
        _opened[key.id] = key
        while len(_opened) > parameters.read("vault.cache_entries", at=now):
            _opened.popitem(last=False)
    return key


def _rest(asked_by: tuple[Purpose, KeyUse] | uuid.UUID) -> None:
    failed = _failed.get(asked_by)
    if failed and time.monotonic() - failed[0] < REST_AFTER_FAILURE_SECONDS:
        raise failed[1]


def _fail(asked_by: tuple[Purpose, KeyUse] | uuid.UUID, error: Exception) -> NoReturn:
    _failed[asked_by] = (time.monotonic(), error)
    raise error


def _moment() -> datetime:
    return datetime.now(UTC)
