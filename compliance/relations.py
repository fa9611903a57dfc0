"""Staff who are a party themselves, or whose address is of a party's own business, do not sign for it."""

from collections.abc import Iterable
from datetime import date

from compliance import parameters
from compliance.enums import PartyKind
from compliance.models import Party
from core.approvals import relations
from core.approvals.relations import Tie


@relations.source("parties")
def party_ties(*, people: frozenset[str], names: frozenset[str], on: date) -> Iterable[Tie]:
    """One statement. By the address itself, and for a business by its domain unless everybody may have one there."""
    public = parameters.public_mail_domains(on)
    # Of both modes, so that the index over mode and id is used.
    rows = Party.objects.filter(livemode__in=(True, False), party_id__in=names).exclude(email="")
    for party_id, kind, email in rows.values_list("party_id", "kind", "email"):
        address = email.lower()
        domain = address.rpartition("@")[2]
        for person in people:
            if person == address:
                yield Tie(person, party_id, "the party has this person's e-mail address")
            elif kind == PartyKind.BUSINESS and domain not in public and person.rpartition("@")[2] == domain:
                yield Tie(person, party_id, f"the party's business is at {domain}, and so is this person")
