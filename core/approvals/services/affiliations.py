"""Who is related to whom, as compliance declares it. Also the source that keeps them from signing for each other."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from core.actors import Actor
from core.approvals import relations
from core.approvals.models import Affiliation
from core.approvals.relations import Tie
from core.audit import services as audit
from core.errors import Refusal
from core.ids import PARTY_ID
from core.staff.models import User
from core.telemetry.redaction import redact


class UnableToDeclare(Refusal):
    code = "AFFILIATION_REFUSED"
    status = 422
    title = "The affiliation cannot be declared or ended"


def declare(
    *, email: str, party_id: str = "", other_email: str = "", nature: str, since: date, actor: Actor, now: datetime
) -> Affiliation:
    """From `since` on the person signs neither for the party nor for the other person. Raises UnableToDeclare."""
    who, other = email.strip().lower(), other_email.strip().lower()
    _require_well_formed(who, party_id, other, nature)
    with transaction.atomic():
        row = Affiliation.objects.create(
            email=who,
            party_id=party_id,
            other_email=other,
            nature=redact(nature.strip()),
            since=since,
            declared_by=str(actor),
            declared_at=now,
        )
        _record(row, "declared", actor, now)
    return row


def end(*, affiliation_id: int, until: date, actor: Actor, now: datetime) -> Affiliation:
    """The last day on which it holds. Nobody ends their own. Raises UnableToDeclare."""
    with transaction.atomic():
        row = Affiliation.objects.select_for_update().filter(pk=affiliation_id).first()
        if row is None or row.ended_at is not None:
            raise UnableToDeclare("it is not there or has ended")
        if actor.id in (row.email, row.other_email):
            raise UnableToDeclare("somebody else ends your own affiliations")
        if until < row.since:
            raise UnableToDeclare("it ends on or after the day it began")
        row.until, row.ended_by, row.ended_at = until, str(actor), now
        row.save(update_fields=["until", "ended_by", "ended_at"])
        _record(row, "ended", actor, now)
    return row


@relations.source("declared")
def declared_ties(*, people: frozenset[str], names: frozenset[str], on: date) -> Iterable[Tie]:
    """In both directions between persons: whoever is written first is no less related."""
    holds = Q(since__lte=on) & (Q(until=None) | Q(until__gte=on))
    here = Q(email__in=people) & (Q(party_id__in=names) | Q(other_email__in=names))
    there = Q(other_email__in=people) & Q(email__in=names)
    for row in Affiliation.objects.filter(holds & (here | there)):
        yield Tie(row.email, row.party_id or row.other_email, row.nature)
        if row.other_email:
            yield Tie(row.other_email, row.email, row.nature)


def _require_well_formed(who: str, party_id: str, other: str, nature: str) -> None:
    if bool(party_id) == bool(other):
        raise UnableToDeclare("an affiliation is with one party or one person")
    if party_id and not PARTY_ID.match(party_id):
        raise UnableToDeclare("this is no party id")
    if not nature.strip() or len(nature) > 200:
        raise UnableToDeclare("say what the relation is, in at most 200 characters")
    if who == other:
        raise UnableToDeclare("an affiliation is with somebody else")
    accounts = {who, other} - {""}
    if set(User.objects.filter(email__in=accounts).values_list("email", flat=True)) != accounts:
        raise UnableToDeclare("there is no account with this address")


def _record(row: Affiliation, verb: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor, action=f"approvals.affiliation.{verb}", subject=row.email, at=now,
        details={"with": row.party_id or row.other_email, "nature": row.nature, "since": row.since.isoformat(),
                 "until": row.until.isoformat() if row.until else None},
    )  # fmt: skip
