"""Reads of the party register."""

from collections.abc import Iterable

from django.db.models import QuerySet

from compliance.models import Party
from core.database import rows
from core.errors import Refusal


class PartyNotFound(Refusal):
    code = "PARTY_NOT_FOUND"
    status = 404
    title = "No such party"


def get(*, party_id: str, livemode: bool) -> Party:
    """One party of the mode. Raises PartyNotFound."""
    party = find(party_id=party_id, livemode=livemode)
    if party is None:
        raise PartyNotFound(f"no party is named {party_id}")
    return party


def find(*, party_id: str, livemode: bool) -> Party | None:
    return Party.objects.filter(livemode=livemode, party_id=party_id).first()


def list_by_id(*, party_ids: Iterable[str], livemode: bool) -> dict[str, Party]:
    """Those of the named parties that exist, by their id, in one statement."""
    found = rows.select(Party, "livemode = %s AND party_id = ANY(%s)", [livemode, sorted(set(party_ids))])
    return {party.party_id: party for party in found}


def all_of(*, livemode: bool) -> QuerySet[Party]:
    """Parties of the mode, for the pages of the API."""
    return Party.objects.filter(livemode=livemode)
