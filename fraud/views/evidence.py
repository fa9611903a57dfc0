"""What the page of a case shows: its facts, what is usual, who is near, and what was done, as components."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from core.audit import selectors as audit
from core.console import jumps
from core.console.components import Column, Event, Fact, Table
from fraud.enums import CaseCause
from fraud.features import geography
from fraud.models import CaseHit, CaseNote, Observation, ReviewCase
from fraud.models.review_case import WAITING
from fraud.selectors import cases as queue
from fraud.selectors import labels, observations
from fraud.selectors.links import Link
from fraud.views.queue import name_of

TITLES = {
    "opened": ("Case opened", "careful"),
    "claimed": ("Claimed", "busy"),
    "released": ("Given back", "neutral"),
    "snoozed": ("Put off", "neutral"),
    "returned": ("Returned to the top", "careful"),
    "escalated": ("Escalated to a lead", "careful"),
    "assigned": ("Assigned", "busy"),
    "raised": ("Put first", "careful"),
    "approved": ("Approved", "good"),
    "declined": ("Declined", "bad"),
    "settled": ("Second review settled", "neutral"),
}
TIMELINES = [("", "All"), ("people", "People"), ("system", "System"), ("notes", "Notes")]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One other customer at one shared thing, as a line of the table."""

    kind: str
    shown: str
    party_id: str
    payments: int
    last_at: datetime | None
    last_payment_id: str
    known: str

    @property
    def url(self) -> str:
        return reverse("admin:profile", args=[self.party_id])


def is_blind(case: ReviewCase) -> bool:
    """A second review that is not decided yet: nothing on the page may tell what the first one found."""
    return case.cause == CaseCause.SECOND_REVIEW and case.state in WAITING


def facts(case: ReviewCase) -> list[Fact]:
    payment = case.payment_id or ""
    shown = [
        Fact("Opened because", case.get_cause_display()),
        Fact("Payment", payment, "code", url="" if is_blind(case) or not payment else jumps.address(payment)),
        Fact("Amount", case.amount_minor, "money", currency=case.currency),
        Fact("Expected loss", case.expected_loss_minor, "money", currency=case.currency),
        Fact("Score", case.score, "score"),
        Fact("Payer", case.payer_id, "text", url=reverse("admin:profile", args=[case.payer_id])),
        Fact("Seller", case.payee_id, "text", url=_profile(case.payee_id)),
        Fact("Opened", case.opened_at, "stamp", hint=f"by {name_of(case.opened_by)}"),
    ]
    if case.is_held:
        shown.append(Fact("Authorised until", case.capture_deadline, "stamp"))
    if case.skills:
        shown.append(Fact("Needs", ", ".join(word.replace("_", " ").lower() for word in case.skills)))
    if case.hits > 1:
        shown.append(Fact("Hits", case.hits, "number", hint="the last one on the timeline"))
    if case.assessment:
        shown.append(Fact("Assessment", case.assessment.assessment_id, "code"))
    return shown


def whereabouts(features: dict[str, Any], seen: Observation | None) -> str:
    """Where the address, the card and the two postal addresses are, as a sentence."""
    places = {
        "the IP address": features.get("ip_country") or (seen and seen.ip_country),
        "billing": features.get("billing_country") or (seen and seen.billing_country),
        "shipping": features.get("shipping_country") or (seen and seen.shipping_country),
        "the card's bank": features.get("issuer_country") or (seen and seen.issuer_country),
    }
    known = {what: place for what, place in places.items() if place}
    if not known:
        return "Nothing is known of where this payment comes from."
    countries = sorted(set(known.values()))
    if len(countries) == 1:
        return f"Everything known is in {countries[0]}: {', '.join(known)}."
    far = _distances(features, known)
    opening = [f"the IP address is in {known['the IP address']}, {' and '.join(far.values())}"] if far else []
    rest = {what: place for what, place in known.items() if not far or what not in {"the IP address", *far}}
    said = "; ".join([*opening, *(f"{what} in {place}" for what, place in rest.items())])
    return f"{said[:1].upper()}{said[1:]}."


def _distances(features: dict[str, Any], known: dict[str, str]) -> dict[str, str]:
    """From the address to the postal ones elsewhere: as the decision saw it, or of an older one as it would be now."""
    found = {}
    for what, variable in (("billing", "ip_billing_km"), ("shipping", "ip_shipping_km")):
        distance = features.get(variable) or geography.between_km(known.get("the IP address"), known.get(what))
        if distance:
            # Countries are wide: two digits are as much as their middles say.
            found[what] = f"about {float(f'{distance:.2g}'):,.0f} km from the {what} country {known[what]}"
    return found


def history_table(case: ReviewCase, now: datetime) -> Table:
    rows = observations.list_for_customer(customer_id=case.payer_id, livemode=case.livemode, before=now)
    return Table(
        [
            Column("When", "at", "time"),
            Column("Payment", "payment_id", "text" if is_blind(case) else "id"),
            Column("Amount", "amount_minor", "money"),
            Column("Result", "outcome", "status"),
            Column("Seller", "payee_id", hide_on_phone=True),
            Column("Country", "ip_country", hide_on_phone=True),
        ],
        rows,
        caption="The customer's last attempts",
        empty="No earlier attempt of this customer",
    )


def earlier_table(found: Sequence[ReviewCase]) -> Table:
    rows = [
        {
            "url": reverse("admin:review", args=[case.case_id]),
            "opened_at": case.opened_at,
            "cause": case.get_cause_display(),
            "amount_minor": case.amount_minor,
            "currency": case.currency,
            "state": case.decision or case.state,
            "found": case.get_outcome_display() if case.outcome else None,
        }
        for case in found
    ]
    return Table(
        [
            Column("Opened", "opened_at", "time"),
            Column("Because", "cause", hide_on_phone=True),
            Column("Amount", "amount_minor", "money"),
            Column("State", "state", "status"),
            Column("Found", "found"),
        ],
        rows,
        caption="Other cases of this customer",
        empty="No other case of this customer",
    )


def links_table(links: Sequence[Link]) -> Table:
    """The graph again, in words: what is shared, and with whom."""
    rows = [
        LinkRow(
            link.kind,
            link.shown,
            other.party_id,
            other.payments,
            other.last_at,
            other.last_payment_id,
            "FRAUD" if other.is_fraud else "",
        )
        for link in links
        for other in link.customers
    ]
    return Table(
        [
            Column("With", "party_id"),
            Column("Shared", "kind"),
            Column("Which", "shown", hide_on_phone=True),
            Column("Payments", "payments", "number"),
            Column("Last", "last_at", "time", hide_on_phone=True),
            Column("Known", "known", "status"),
        ],
        rows,
        caption="Who shares what with this customer",
        empty="Nobody shares anything with this customer" if links else "Nothing is known that could be shared",
    )


def unshared(links: Sequence[Link]) -> str:
    """What was looked at and nobody else uses: `Device, E-mail`."""
    return ", ".join(link.kind for link in links if not link.customers)


def timeline(case: ReviewCase, *, only: str) -> list[Event]:
    """One story from the record, the notes, further hits and labels; `only` is a word of `TIMELINES`."""
    events = [_note(note) for note in queue.list_notes(case)]
    if only != "notes":
        events += _recorded(case) + [_hit(hit) for hit in queue.list_hits(case)] + _labelled(case)
    if only in ("people", "system"):
        events = [event for event in events if event.actor.startswith("STAFF:") == (only == "people")]
    shown = [replace(event, actor=name_of(event.actor)) for event in events]
    return sorted(shown, key=lambda event: event.at)


def _recorded(case: ReviewCase) -> list[Event]:
    """What the record has, but for views and for notes, which stand for themselves."""
    events = []
    for entry in audit.list_for_subject(case.case_id):
        verb = entry.action.rpartition(".")[2]
        if verb not in TITLES:
            continue
        title, tone = TITLES[verb]
        said = [str(entry.facts.get(name, "")) for name in ("reason", "to", "until")]
        detail = " · ".join(text.removeprefix("STAFF:") for text in said if text)
        events.append(Event(entry.recorded_at, title, "Audit", detail, f"{entry.actor_kind}:{entry.actor_id}", tone))
    return events


def _note(note: CaseNote) -> Event:
    return Event(note.written_at, "Note", "Note", note.text, note.written_by)


def _hit(hit: CaseHit) -> Event:
    url = jumps.address(hit.payment_id) if hit.payment_id else ""
    return Event(hit.found_at, "Another hit", "Hit", hit.why, hit.found_by, "careful", url)


def _labelled(case: ReviewCase) -> list[Event]:
    """Not before a blind reader has decided: a label may be the first one's."""
    if not case.payment_id or is_blind(case):
        return []
    return [
        Event(
            label.known_at,
            f"Labelled {'fraud' if label.is_fraud else 'genuine'}",
            "Label",
            label.get_source_display(),
            label.recorded_by,
            "bad" if label.is_fraud else "good",
        )
        for label in labels.list_for_payment(payment_id=case.payment_id, livemode=case.livemode)
    ]


def _profile(party_id: str | None) -> str:
    return reverse("admin:profile", args=[party_id]) if party_id else ""
