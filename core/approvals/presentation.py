"""What the pages show of a request: facts, places, signatures, differences."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.approvals import policy_documents, registry
from core.approvals.digests import Change, leaves
from core.approvals.models import ApprovalRequest, Signature
from core.approvals.policy import Seat
from core.approvals.selectors.quorum import Quorum
from core.approvals.words import seat_title
from core.audit import selectors as audit
from core.audit.chain import JSON
from core.console.components import Column, Event, Fact, Table
from core.money import Currency, Money

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_CURRENCY = "currency"
_INDEX = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """A request as a line of the inbox."""

    request: ApprovalRequest
    missing: str = ""

    @property
    def url(self) -> str:
        return reverse("admin:approval", args=[self.request.request_id])

    @property
    def action(self) -> str:
        return action_title(self.request.action)

    @property
    def asked_by(self) -> str:
        return self.request.asker.id

    @property
    def closed_by(self) -> str:
        return self.request.closed_by.partition(":")[2]


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One place of the rule and who fills it; empty when nobody does yet."""

    title: str
    person: str


def action_title(name: str) -> str:
    declared = registry.find(name)
    return declared.title if declared else name


def waiting_table(found: Iterable[Quorum], *, empty: str, hint: str) -> Table:
    lines = [Line(counted.request, missing_in_words(counted)) for counted in found]
    columns = [
        Column("What", "request.summary"),
        Column("Act", "action", hide_on_phone=True),
        Column("Asked by", "asked_by", hide_on_phone=True),
        Column("Missing", "missing", hide_on_phone=True),
        Column("Expires", "request.expires_at", "time"),
    ]
    return Table(columns, lines, caption="Requests", empty=empty, hint=hint)


def all_table(requests: Sequence[ApprovalRequest]) -> Table:
    columns = [
        Column("What", "request.summary"),
        Column("State", "request.state", "status"),
        Column("Act", "action", hide_on_phone=True),
        Column("Asked by", "asked_by", hide_on_phone=True),
        Column("Asked", "request.asked_at", "time", hide_on_phone=True),
        Column("Closed by", "closed_by", hide_on_phone=True),
    ]
    return Table(columns, [Line(request) for request in requests], caption="Requests", empty="Nothing was asked yet")


def missing_in_words(counted: Quorum) -> str:
    if counted.rule is None or counted.seating is None:
        return "No rule fits: nobody can sign"
    return policy_documents.missing_in_words(counted.seating.missing, seat_title) or "nothing"


def seats(counted: Quorum) -> list[SeatLine]:
    filled: Sequence[tuple[Seat, str | None]] = counted.seating.seats if counted.seating else ()
    return [SeatLine(seat_title(seat), person or "") for seat, person in filled]


def rule_in_words(counted: Quorum) -> str:
    """`amount from 500,000 minor units: Controller and Compliance officer`."""
    if counted.rule is None:
        return ""
    when = " and ".join(map(policy_documents.condition_in_words, counted.rule.when))
    words = policy_documents.in_words(counted.rule.require, seat_title)
    return f"{when}: {words}" if when else words


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is signed: single values as facts, lists of like objects (legs) as tables."""

    title: str
    facts: list[Fact]
    tables: list[Table]


def covered_parts(content: dict[str, Any]) -> list[Part]:
    """Everything that is signed, under what it is. What version and given say alike is said once."""
    parts: list[Part] = []
    said: dict[str, Any] = {}
    for title, name in (("Asked for", "given"), ("As it is now", "version"), ("Rests on", "evidence")):
        fresh = {key: value for key, value in content[name].items() if key not in said or said[key] != value}
        said |= fresh
        if fresh:
            parts.append(_part(title, fresh, _currency(content)))
    return parts


def _part(title: str, values: dict[str, Any], currency: str) -> Part:
    lists = {key: value for key, value in values.items() if _is_table(value)}
    single = {key: value for key, value in values.items() if key not in lists}
    facts = [_fact(label(path), value, currency, path) for path, value in leaves(single) if path]
    return Part(title, facts, [_list_table(label(key), rows, currency) for key, rows in lists.items()])


def _is_table(value: Any) -> bool:
    """A list of flat objects with the same keys."""
    if not isinstance(value, list) or not value or not all(isinstance(row, dict) and row for row in value):
        return False
    plain = not any(isinstance(cell, list | dict) for row in value for cell in row.values())
    return plain and len({frozenset(row) for row in value}) == 1


def _list_table(title: str, rows: list[dict[str, Any]], currency: str) -> Table:
    columns = [
        Column(label(key), key, "money" if key.endswith("Minor") else "text", currency=_CURRENCY) for key in rows[0]
    ]
    return Table(columns, [{_CURRENCY: currency, **row} for row in rows], caption=title, url="")


def difference_table(changes: Iterable[Change], content: dict[str, JSON]) -> Table:
    currency = _currency(content)
    rows = [
        {"what": label(change.path), "before": _text(change.before, currency, change.path),
         "after": _text(change.after, currency, change.path)}
        for change in changes
    ]  # fmt: skip
    columns = [Column("What", "what"), Column("Was", "before"), Column("Is", "after")]
    return Table(columns, rows, caption="What has changed", empty="Nothing has changed")


def signature_events(counted: Quorum) -> list[Event]:
    """Every signature there ever was, with why it does not count where it does not."""
    objections = {standing.signature.pk: standing.objection for standing in counted.standings}
    return [
        _signature_event(signature, counted.request, objections.get(signature.pk, ""))
        for signature in counted.signatures
    ]


def history(request: ApprovalRequest) -> list[Event]:
    titles = {
        "asked": "Asked", "signed": "Signed", "executed": "Executed", "denied": "Denied", "withdrawn": "Withdrawn",
        "expired": "Expired", "voided": "Ended: makes no sense any more", "changed": "The object changed",
        "not_executed": "Could not be done",
    }  # fmt: skip
    tones = {"executed": "good", "signed": "good", "denied": "bad", "changed": "careful", "not_executed": "bad"}
    events = []
    for entry in audit.list_for_subject(request.request_id):
        verb = entry.action.rpartition(".")[2]
        detail = str(entry.facts.get("why") or entry.facts.get("reason") or "")
        events.append(
            Event(entry.recorded_at, titles.get(verb, entry.action), "Audit", detail, entry.actor_id,
                  tones.get(verb, "neutral"))
        )  # fmt: skip
    return events


def request_facts(request: ApprovalRequest) -> list[Fact]:
    declared = registry.find(request.action)
    result = declared.result_url(request_id=request.request_id, subject=request.subject) if declared else ""
    facts = [
        Fact("Act", action_title(request.action)),
        Fact("About", request.subject, "code", url=request.url),
        Fact("Asked by", request.asker.id),
        Fact("Asked", request.asked_at, "stamp"),
        Fact("Because", request.reason),
        Fact("Digest", request.digest[:16], "code", hint="SHA-256 of all that is signed"),
    ]
    if request.state == "EXECUTED" and (result or request.url):
        facts.append(Fact("What came of it", "Open", url=result or request.url))
    return facts


def label(path: str) -> str:
    """`legs[0].amountMinor` reads `Legs 1 amount`; a step into version, given or facts is left out."""
    steps = [step for step in path.split(".") if step not in ("version", "given", "evidence", "facts")]
    words = [_INDEX.sub(lambda found: f" {int(found[1]) + 1}", _WORD.sub(" ", step)).lower() for step in steps]
    return " ".join(words).removesuffix(" minor").capitalize()


def _signature_event(signature: Signature, request: ApprovalRequest, objection: str) -> Event:
    is_void = signature.revision != request.revision and signature.verdict == "SIGN"
    title = f"{signature.signer}: {signature.get_verdict_display().lower()}"
    remark = "void: the object changed" if is_void else f"does not count: {objection}" if objection else ""
    tone = "bad" if signature.verdict == "DENY" else "careful" if remark else "good"
    facts = [Fact("From", f"{signature.device}, {signature.origin}")]
    if remark:
        facts.append(Fact("But", remark))
    return Event(signature.signed_at, title, "", signature.reason, "", tone, facts=facts)


def _currency(content: dict[str, JSON]) -> str:
    facts = content.get("facts")
    found = facts.get("currency") if isinstance(facts, dict) else None
    return str(found) if found in Currency.__members__ else "USD"


def _fact(title: str, value: JSON, currency: str, path: str) -> Fact:
    if path.endswith("Minor") and type(value) is int:
        return Fact(title, value, "money", currency=currency)
    return Fact(title, _text(value, currency, path))


def _text(value: JSON, currency: str, path: str) -> str:
    if value is None or value in ("", [], {}):
        return "none"
    if path.endswith("Minor") and type(value) is int:
        return str(Money(value, Currency[currency]))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
