"""Whoever is related to a party is related to what is the same party under another name; and who signs in where a party
pays from is related to it."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from django.db.models import Q

from compliance.models import BankAccount, Party
from core.approvals import relations
from core.approvals.models import Affiliation
from core.approvals.relations import Tie
from core.audit import selectors as audit
from core.audit.models import AuditEntry
from escrow import parameters
from fraud.models import Observation

BOTH_MODES = (True, False)  # so that indexes that begin with the mode are used
SIGNED_IN = "staff.session.opened"
# What a proxy shows of everybody, or a payer can make up without having it.
PRIVATE_NETWORKS = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


class Mark(NamedTuple):
    """Something two parties may have in common; `what` completes "it shares its …"."""

    what: str
    value: str


@relations.source("escrow.shared_identity")
def shared_identity_ties(*, people: frozenset[str], names: frozenset[str], on: date) -> Iterable[Tie]:
    """A declared affiliation holds for every party with the same bank account, device, e-mail or phone. Four
    statements; one where none of the people is affiliated with a party."""
    parties = _parties(names)
    holds = Q(since__lte=on) & (Q(until=None) | Q(until__gte=on))
    declared = Affiliation.objects.filter(holds, email__in=people).exclude(party_id="") if parties else ()
    affiliated = [(row.email, row.party_id, row.nature) for row in declared]
    if not affiliated:
        return
    marks = _marks(parties | {party_id for _, party_id, _ in affiliated}, _since(on))
    for email, known, nature in affiliated:
        for party_id in sorted(parties - {known}):
            if common := sorted(marks[known] & marks[party_id]):
                yield Tie(email, party_id, f"{nature} of {known}, with which it shares its {common[0].what}")


@relations.source("escrow.shared_address")
def shared_address_ties(*, people: frozenset[str], names: frozenset[str], on: date) -> Iterable[Tie]:
    """Shared device: signed in from an address from which the party paid, both lately. Two statements."""
    parties, since = _parties(names), _since(on)
    if not parties:
        return
    seen: dict[str, set[str]] = defaultdict(set)
    opened = AuditEntry.objects.filter(subject__in=people, id__gte=audit.first_id(since), action=SIGNED_IN)
    for email, origin in opened.values_list("subject", "origin").distinct():
        if address := _public(origin):
            seen[address].add(email)
    if not seen:
        return
    paid = Observation.objects.filter(livemode__in=BOTH_MODES, payer_id__in=parties, at__gte=since)
    for payer_id, paid_from in paid.filter(ip_address__in=seen).values_list("payer_id", "ip_address").distinct():
        for email in sorted(seen[str(paid_from)]):
            yield Tie(email, payer_id, "a shared device: signed in from the address it pays from")


def _parties(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if "@" not in name)


def _since(on: date) -> datetime:
    return datetime.combine(on, time.min, UTC) - parameters.relation_period(on)


def _marks(party_ids: frozenset[str], since: datetime) -> dict[str, set[Mark]]:
    """What each of the parties could share with another. Three statements."""
    found: dict[str, set[Mark]] = defaultdict(set)
    parties = Party.objects.filter(livemode__in=BOTH_MODES, party_id__in=party_ids)
    for party_id, email, phone in parties.values_list("party_id", "email", "phone"):
        if email:
            found[party_id].add(Mark("e-mail address", email.lower()))
        if digits := re.sub(r"\D", "", phone):
            found[party_id].add(Mark("phone number", digits))
    accounts = BankAccount.objects.filter(party__livemode__in=BOTH_MODES, party__party_id__in=party_ids)
    for party_id, fingerprint in accounts.values_list("party__party_id", "fingerprint"):
        found[party_id].add(Mark("bank account", fingerprint))
    paid = Observation.objects.filter(livemode__in=BOTH_MODES, payer_id__in=party_ids, at__gte=since)
    for payer_id, device in paid.exclude(device_id=None).values_list("payer_id", "device_id").distinct():
        found[payer_id].add(Mark("device", str(device)))
    return found


def _public(origin: str) -> str:
    """The address as the database writes it; empty for one that everybody has (loopback, a private network)."""
    try:
        address = ip_address(origin)
    except ValueError:
        return ""
    if address.is_loopback or address.is_link_local or any(address in network for network in PRIVATE_NETWORKS):
        return ""
    return str(address)
