"""Enter parties in the register, and stop or free them."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction

from compliance.enums import PartyKind, PartyStatus, PartyType
from compliance.events import PartyBlocked, PartyUnblocked
from compliance.models import Party
from compliance.selectors import parties as register
from compliance.selectors.parties import PartyNotFound
from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.outbox import services as outbox

INSERT_UNVERIFIED = """
INSERT INTO compliance_party (party_id, livemode, type, created_at, updated_at) VALUES {values}
ON CONFLICT (livemode, party_id) DO NOTHING RETURNING party_id
"""


class InvalidPartyId(Refusal):
    code = "INVALID_PARTY_ID"
    title = "A party id is 2 to 64 letters, digits, dots, hyphens and underscores"


class PartyTypesDiffer(Refusal):
    """The id belongs to a party of the other type: a customer cannot be paid, a provider cannot pay."""

    code = "PARTY_TYPE_MISMATCH"
    status = 409
    title = "The party is of another type"


class PartyExists(Refusal):
    code = "PARTY_EXISTS"
    status = 409
    title = "A party of this id exists"


class PartyNotEligible(Refusal):
    """Says nothing about why: a sanctions or fraud reason must not reach the party."""

    code = "PARTY_NOT_ELIGIBLE"
    status = 403
    title = "A party to this transaction cannot take part"


class UnableToChangeStanding(Refusal):
    code = "PARTY_STANDING_UNCHANGED"
    status = 409
    title = "The party's standing cannot change this way"


@dataclass(frozen=True, slots=True)
class PartyRef:
    """A party as a request names it."""

    party_id: str
    type: PartyType


@dataclass(frozen=True, slots=True)
class Ensured:
    """`created` is true where test mode entered the party unverified a moment ago; say so in complianceFlags."""

    party: Party
    created: bool


@dataclass(frozen=True, slots=True)
class PartyDetails:
    """What a marketplace tells of a party. Empty means not told."""

    kind: PartyKind = PartyKind.INDIVIDUAL
    first_name: str = ""
    last_name: str = ""
    business_name: str = ""
    email: str = ""
    phone: str = ""
    date_of_birth: date | None = None
    address: dict[str, str] = field(default_factory=dict)


def ensure(
    *,
    party_id: str,
    type: PartyType,  # noqa: A002 (the register's word)
    livemode: bool,
    actor: Actor,
    now: datetime,
) -> tuple[Party, bool]:
    """The party, and whether it was entered just now. See `ensure_many`."""
    ensured = ensure_many(references=[PartyRef(party_id, type)], livemode=livemode, actor=actor, now=now)[party_id]
    return ensured.party, ensured.created


def ensure_many(*, references: Sequence[PartyRef], livemode: bool, actor: Actor, now: datetime) -> dict[str, Ensured]:
    """All named parties by id; one SELECT where they are known.

    Test mode enters unknown ones as unverified. Live mode raises PartyNotFound. Raises PartyTypesDiffer where an
    id belongs to the other type, InvalidPartyId where it is no id at all.
    """
    known = register.list_by_id(party_ids=[reference.party_id for reference in references], livemode=livemode)
    unknown = [reference for reference in references if reference.party_id not in known]
    entered: dict[str, Party] = {}
    if unknown:
        if livemode:
            raise PartyNotFound(f"no party is named {unknown[0].party_id}")
        entered = _enter_unverified(unknown, actor=actor, now=now)
    found = {**known, **entered}
    for reference in references:
        if found[reference.party_id].type != reference.type:
            raise PartyTypesDiffer(f"{reference.party_id} is not a {reference.type.lower()}")
    return {party_id: Ensured(party, party_id in entered) for party_id, party in found.items()}


def require_good_standing(*parties: Party) -> None:
    """Raises PartyNotEligible (403 PARTY_NOT_ELIGIBLE) if any of them is blocked."""
    if any(party.status == PartyStatus.BLOCKED for party in parties):
        raise PartyNotEligible


def create(
    *,
    party_id: str | None,
    type: PartyType,  # noqa: A002 (the register's word)
    details: PartyDetails,
    livemode: bool,
    actor: Actor,
    now: datetime,
) -> Party:
    """Enter a party; without an id it gets `cus_…` or `prov_…`. Raises PartyExists, InvalidPartyId."""
    chosen = party_id or ids.prefixed("cus" if type == PartyType.CUSTOMER else "prov", now)
    _require_party_id(chosen)
    party = Party(
        party_id=chosen, livemode=livemode, type=type, created_at=now, updated_at=now, **dataclasses.asdict(details)
    )
    try:
        with transaction.atomic():
            party.save(force_insert=True)
            _record(party, "compliance.party.created", actor=actor, now=now, details={"type": str(type)})
    except IntegrityError as error:
        if refusal_name(error) == "party_id_is_unique_in_its_mode":
            raise PartyExists(f"{chosen} exists") from None
        raise
    return party


def block(*, party_id: str, livemode: bool, reason: str, actor: Actor, now: datetime) -> Party:
    """Nothing may be paid by or to the party from now on. Raises UnableToChangeStanding if it is blocked already."""
    if not reason.strip():
        raise UnableToChangeStanding("a block needs a reason")
    with transaction.atomic():
        party = _locked(party_id, livemode)
        if party.status == PartyStatus.BLOCKED:
            raise UnableToChangeStanding(f"{party_id} is blocked already")
        _stop(party, "compliance.party.blocked", reason=reason, actor=actor, now=now)
    return party


def freeze(*, party_id: str, livemode: bool, reason: str, actor: Actor, now: datetime) -> Party:
    """Block on suspicion, until compliance decides: `unblock` lifts it. A party that is blocked stays as it is.

    Raises UnableToChangeStanding without a reason, PartyNotFound.
    """
    if not reason.strip():
        raise UnableToChangeStanding("a freeze needs a reason")
    with transaction.atomic():
        party = _locked(party_id, livemode)
        if party.status != PartyStatus.BLOCKED:
            _stop(party, "compliance.party.frozen", reason=reason, actor=actor, now=now)
    return party


def unblock(*, party_id: str, livemode: bool, reason: str, actor: Actor, now: datetime) -> Party:
    """Lift a block. Raises UnableToChangeStanding if there is none."""
    if not reason.strip():
        raise UnableToChangeStanding("lifting a block needs a reason")
    with transaction.atomic():
        party = _locked(party_id, livemode)
        if party.status != PartyStatus.BLOCKED:
            raise UnableToChangeStanding(f"{party_id} is not blocked")
        party.status, party.blocked_reason, party.updated_at = PartyStatus.ACTIVE, "", now
        party.save(update_fields=["status", "blocked_reason", "updated_at"])
        _record(party, "compliance.party.unblocked", actor=actor, now=now, details={"reason": reason.strip()[:200]})
        outbox.publish(PartyUnblocked(party_id=party_id, livemode=livemode, unblocked_at=now))
    return party


def _stop(party: Party, action: str, *, reason: str, actor: Actor, now: datetime) -> None:
    party.status, party.blocked_reason, party.updated_at = PartyStatus.BLOCKED, reason.strip()[:200], now
    party.save(update_fields=["status", "blocked_reason", "updated_at"])
    _record(party, action, actor=actor, now=now, details={"reason": party.blocked_reason})
    outbox.publish(PartyBlocked(party_id=party.party_id, livemode=party.livemode, blocked_at=now))


def _enter_unverified(references: Sequence[PartyRef], *, actor: Actor, now: datetime) -> dict[str, Party]:
    """Two requests may meet here with the same new id: one enters it and audits it, both go on with the same row."""
    types = {reference.party_id: reference.type for reference in references}
    for party_id in types:
        _require_party_id(party_id)
    # A fixed order of inserts, so that two requests with the same two new parties cannot deadlock.
    rows = [(party_id, types[party_id].value, now, now) for party_id in sorted(types)]
    with transaction.atomic():
        with connection.cursor() as cursor:
            values = ", ".join(["(%s, false, %s, %s, %s)"] * len(rows))
            cursor.execute(INSERT_UNVERIFIED.format(values=values), [column for row in rows for column in row])
            inserted = {party_id for (party_id,) in cursor.fetchall()}
        entered = register.list_by_id(party_ids=types, livemode=False)
        for party_id in sorted(inserted):
            party = entered[party_id]
            _record(party, "compliance.party.created_unverified", actor=actor, now=now, details={"type": party.type})
    return entered


def _require_party_id(party_id: str) -> None:
    if not ids.PARTY_ID.fullmatch(party_id):
        raise InvalidPartyId


def _locked(party_id: str, livemode: bool) -> Party:
    party = Party.objects.select_for_update().filter(livemode=livemode, party_id=party_id).first()
    if party is None:
        raise PartyNotFound(f"no party is named {party_id}")
    return party


def _record(party: Party, action: str, *, actor: Actor, now: datetime, details: dict[str, str]) -> None:
    audit.record(
        actor=actor, action=action, subject=party.party_id, at=now, details={**details, "livemode": party.livemode}
    )
