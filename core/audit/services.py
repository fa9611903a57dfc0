"""Say what happened, in the transaction in which it happened."""

import itertools
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from core.actors import Actor
from core.audit import chain, keys
from core.audit.chain import JSON
from core.database import statements
from core.telemetry import context
from core.telemetry.redaction import redact

LONGEST_DETAILS = 16_384
LONGEST = {"actor_kind": 16, "actor_id": 120, "action": 120, "subject": 120, "correlation_id": 80, "origin": 64}
SHORTEST_SECRET = 12
RESULTS = frozenset(("SUCCESS", "FAILURE", "DENIED"))

_COLUMNS = (
    "id, recorded_at, actor_kind, actor_id, action, subject, result, correlation_id, origin, details, "
    "hash_version, key_id, mac"
)
_PLACE = "(" + ", ".join(["%s"] * 13) + ")"
_counter = itertools.count()


class OutsideTransaction(RuntimeError):
    """What is recorded must commit or vanish together with what it describes."""


class UnableToRecord(ValueError):
    """The record is not well formed: an empty name, details too long or not canonical, a time without zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened. `subject` is a public id; `details` small and free of secrets.

    Without `correlation_id` and `origin` it gets the id and the client's address of the request at hand. Text in
    `details` is redacted all the same: a card number typed into a reason could never be taken out again.
    """

    actor: Actor
    action: str
    subject: str
    at: datetime
    details: Mapping[str, JSON] = field(default_factory=dict)
    result: str = "SUCCESS"
    correlation_id: str | None = None
    origin: str | None = None


def record(
    *,
    actor: Actor,
    action: str,
    subject: str,
    at: datetime,
    details: Mapping[str, JSON] | None = None,
    result: str = "SUCCESS",
    correlation_id: str | None = None,
    origin: str | None = None,
) -> None:
    """One statement, no lock. `action` like `payments.payment.captured`, `result` SUCCESS, FAILURE or DENIED.

    Raises OutsideTransaction without an open transaction, UnableToRecord for a malformed record.
    """
    record_many(
        [
            Fact(
                actor=actor,
                action=action,
                subject=subject,
                at=at,
                details=details or {},
                result=result,
                correlation_id=correlation_id,
                origin=origin,
            )
        ]
    )


def record_many(facts: Sequence[Fact]) -> None:
    """Like `record`, for several facts in one statement. They keep their order."""
    if not connection.in_atomic_block:
        raise OutsideTransaction
    if not facts:
        return
    values: list[Any] = []
    for fact in facts:
        values += _row(fact)
    statements.execute(
        f"WITH entry AS (INSERT INTO audit_entry ({_COLUMNS}) VALUES {', '.join([_PLACE] * len(facts))} RETURNING id)"  # noqa: S608
        " INSERT INTO audit_pending (entry_id) SELECT id FROM entry",
        values,
    )


def _row(fact: Fact) -> tuple[Any, ...]:
    entry = chain.Entry(
        id=_identifier(fact.at),
        recorded_us=chain.microseconds(fact.at),
        actor_kind=fact.actor.kind,
        actor_id=fact.actor.id,
        action=fact.action,
        subject=fact.subject,
        result=fact.result,
        correlation_id=(context.correlation_id() if fact.correlation_id is None else fact.correlation_id) or "",
        origin=(context.origin() if fact.origin is None else fact.origin) or "",
        details=_details(fact),
        key_id=keys.current_id(),
    )
    _require_well_formed(entry)
    mac = keys.mac(chain.entry_bytes(entry, hash_version=chain.HASH_VERSION), key_id=entry.key_id)
    return (
        entry.id, fact.at, entry.actor_kind, entry.actor_id, entry.action, entry.subject, entry.result,
        entry.correlation_id, entry.origin, entry.details, chain.HASH_VERSION, entry.key_id, mac,
    )  # fmt: skip


def _details(fact: Fact) -> str:
    try:
        details = chain.details_text(_redacted(fact.details))
    except chain.NotCanonical as error:
        raise UnableToRecord(f"{fact.action}: {error}") from None
    if len(details) > LONGEST_DETAILS:
        raise UnableToRecord(f"{fact.action}: details are longer than {LONGEST_DETAILS} characters")
    return details


def _redacted(value: Any) -> Any:
    match value:
        case str():
            return redact(value) if len(value) >= SHORTEST_SECRET else value
        case Mapping():
            return {key: _redacted(item) for key, item in value.items()}
        case list() | tuple():
            return [_redacted(item) for item in value]
    return value


def _require_well_formed(entry: chain.Entry) -> None:
    """Before the database is asked: a refused statement would take the caller's transaction with it."""
    if not (entry.action and entry.subject and entry.actor_id):
        raise UnableToRecord("an entry names its actor, action and subject")
    if entry.result not in RESULTS:
        raise UnableToRecord(f"{entry.action}: no result is named {entry.result}")
    for name, longest in LONGEST.items():
        text = getattr(entry, name)
        if len(text) > longest or "\x00" in text:
            raise UnableToRecord(f"{entry.action}: {name} is no text of at most {longest} characters")


def _identifier(at: datetime) -> UUID:
    """A version 7 UUID: milliseconds, then a counter so that one process keeps its order, then 48 random bits."""
    if at.tzinfo is None:
        raise UnableToRecord("a time has a zone")
    milliseconds = chain.microseconds(at) // 1000
    count = next(_counter) & 0x3FFFFFF
    return UUID(
        int=(milliseconds << 80)
        | (0x7 << 76)
        | ((count >> 14) << 64)
        | (0b10 << 62)
        | ((count & 0x3FFF) << 48)
        | int.from_bytes(secrets.token_bytes(6), "big")
    )
