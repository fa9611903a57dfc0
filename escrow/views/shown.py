"""What an escrow's page shows: facts with links, tables, and one timeline of audit and ledger."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from core.approvals.models import ApprovalRequest
from core.audit import selectors as audit
from core.audit.models import AuditEntry
from core.console import jumps
from core.console.components import Column, Event, Fact, Table
from core.money import Currency
from escrow.enums import HOLDS, ConditionState, ConditionType, LockReason
from escrow.models import Condition, Dispute, Escrow, Lock, Movement, Part, Timer
from escrow.selectors.agreements import InForce
from escrow.selectors.trails import PREFIX
from escrow.views import terms_in_words
from ledger.selectors import entries

MOST_ENTRIES = 100
TONES = {
    "funded": "good", "released": "good", "condition_met": "good", "terms_in_force": "good", "unlocked": "good",
    "locked": "careful", "condition_lapsed": "careful", "disputed": "careful", "taken_back": "bad",
}  # fmt: skip
UNDERSTOOD = ("amount_minor", "currency", "release_minor", "refund_minor")


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition with what was agreed about it, and who may say so."""

    row: Condition
    words: str
    named: tuple[str, ...]
    may_be_met: bool
    is_inspected: bool = False

    @property
    def documents(self) -> list[dict[str, str]]:
        return list(self.row.evidence)

    @property
    def entered_by(self) -> str:
        """Who told us, where that is not who said so."""
        return person(self.row.entered_by) if self.row.entered_by != self.row.met_by else ""

    @property
    def accepted_by(self) -> str:
        return person(self.row.accepted_by)


@dataclass(frozen=True, slots=True)
class PartLine:
    part: Part
    movement: Movement | None

    @property
    def entry_url(self) -> str:
        return reverse("admin:entry", args=[self.movement.entry_id]) if self.movement else ""

    @property
    def order_url(self) -> str:
        return jumps.address(self.movement.reference) if self.movement and self.movement.reference else ""


def account_url(escrow: Escrow) -> str:
    return reverse("admin:account", args=[f"escrow_held:{escrow.account}"])


def money(escrow: Escrow) -> list[Fact]:
    """Every amount leads to what it is made of."""
    account, currency = account_url(escrow), escrow.currency
    facts = [Fact("Amount", escrow.amount_minor, "money", currency, hint="what the terms speak of")]
    if escrow.fee_minor:
        facts.append(Fact("Fee kept when it came in", escrow.fee_minor, "money", currency, url=_payment_url(escrow)))
    if escrow.funded_at:
        facts.append(Fact("Held now", escrow.held_minor, "money", currency, url=account))
    if escrow.released_minor:
        payable = reverse("admin:account", args=[f"provider_payable:{escrow.payee.party_id}"])
        facts.append(Fact("Released", escrow.released_minor, "money", currency, url=payable))
    if escrow.refunded_minor:
        facts.append(Fact("Gone back", escrow.refunded_minor, "money", currency, url="#parts"))
    return facts


def about(escrow: Escrow) -> list[Fact]:
    everything = reverse("admin:escrows")
    facts = [
        Fact("Payer", escrow.payer.party_id, url=f"{everything}?payer={escrow.payer.party_id}"),
        Fact("Payee", escrow.payee.party_id, url=f"{everything}?payee={escrow.payee.party_id}"),
        Fact("Booking", escrow.booking_id),
        Fact("Service", escrow.service_id),
        Fact("Payment", escrow.payment.public_id if escrow.payment else "", url=_payment_url(escrow)),
        Fact("Came in by", escrow.get_funding_rail_display()),
        Fact("Created", escrow.created_at, "stamp", hint=escrow.created_by.partition(":")[2]),
        Fact("Funded", escrow.funded_at, "stamp"),
        Fact("Not released before", escrow.available_at, "stamp", hint=escrow.available_why),
        Fact("Risk", f"{escrow.risk_score} of 1000"),
        Fact("Ended", escrow.closed_at, "stamp"),
        Fact("Version", escrow.version, "number"),
    ]
    return [fact for fact in facts if fact.value not in ("", None)]


def part_lines(parts: Sequence[Part], movements: Iterable[Movement]) -> list[PartLine]:
    ended = {movement.part_id: movement for movement in movements}
    return [PartLine(part, ended.get(part.pk)) for part in parts]


def condition_lines(escrow: Escrow, terms: InForce, now: datetime) -> list[ConditionLine]:
    currency = Currency[escrow.currency]
    return [
        ConditionLine(
            terms.conditions[agreed.condition_id],
            terms_in_words.of_condition(agreed, currency),
            agreed.required_approvers,
            _may_be_met(terms.conditions[agreed.condition_id], now),
            _is_inspected(terms.conditions[agreed.condition_id], now),
        )
        for agreed in terms.agreed.conditions
    ]


def timer_table(timers: Sequence[Timer]) -> Table:
    columns = [
        Column("Due", "due_at", "stamp"),
        Column("What", "kind"),
        Column("State", "state", "status"),
        Column("What came of it", "outcome", hide_on_phone=True),
    ]
    rows = [
        {
            "due_at": timer.due_at,
            "kind": f"{timer.get_kind_display()}{' · ' + timer.key if timer.key else ''}",
            "state": timer.state,
            "outcome": timer.outcome + (f" (late by {timer.late_seconds} s)" if timer.late_seconds else ""),
        }
        for timer in timers
    ]
    return Table(columns, rows, caption="Timers", url="", empty="No timer was set")


def approvals_table(requests: Sequence[ApprovalRequest]) -> Table:
    columns = [
        Column("What", "summary"),
        Column("State", "state", "status"),
        Column("Asked by", "asker_email", hide_on_phone=True),
        Column("Asked", "asked_at", "time", hide_on_phone=True),
    ]
    rows = [
        {
            "url": reverse("admin:approval", args=[asked.request_id]),
            "summary": asked.summary,
            "state": asked.state,
            "asker_email": asked.asker.id,
            "asked_at": asked.asked_at,
        }
        for asked in requests
    ]
    return Table(columns, rows, caption="Signatures", empty="No signature was asked for")


def dispute_facts(disputes: Sequence[Dispute]) -> list[Fact]:
    return [
        Fact(dispute.public_id, dispute.state, "status", url=jumps.address(dispute.public_id), hint=dispute.reason)
        for dispute in disputes
    ]


def events(escrow: Escrow) -> list[Event]:
    """What was done, and each posting it made, in the order of time."""
    told = [_told(entry) for entry in audit.list_for_subject(escrow.public_id)]
    return sorted([*told, *_posted(escrow)], key=lambda event: event.at)


def _told(entry: AuditEntry) -> Event:
    verb = entry.action.removeprefix(PREFIX)
    facts = entry.facts
    currency = str(facts.get("currency") or "USD")
    shown = [
        Fact(name.removesuffix("_minor").capitalize(), value, "money", currency)
        for name, value in facts.items()
        if name.endswith("_minor") and isinstance(value, int)
    ]
    return Event(
        entry.recorded_at,
        verb.rpartition(".")[2].replace("_", " ").capitalize(),
        "Escrow",
        _detail(facts),
        actor=entry.actor_id,
        tone=TONES.get(verb, "neutral") if entry.result == "SUCCESS" else "bad",
        facts=shown,
    )


def _detail(facts: dict[str, Any]) -> str:
    plain = (
        f"{name.replace('_', ' ')} {value}"
        for name, value in facts.items()
        if value not in ("", None) and not isinstance(value, (dict, list)) and name not in UNDERSTOOD
    )
    return ", ".join(plain)[:300]


def _posted(escrow: Escrow) -> Iterator[Event]:
    for entry in entries.list_for_reference(escrow.public_id)[:MOST_ENTRIES]:
        facts = [
            Fact(
                leg.account, leg.amount.minor, "money", currency=leg.amount.currency.code,
                url=reverse("admin:account", args=[leg.account]), hint=leg.side.lower(),
            )
            for leg in entry.legs
        ]  # fmt: skip
        title = entry.kind.replace(".", " ").replace("_", " ").capitalize()
        yield Event(entry.posted_at, title, "Ledger", url=reverse("admin:entry", args=[entry.entry_id]), facts=facts)


def _may_be_met(row: Condition, now: datetime) -> bool:
    is_ripe = row.due_at is None or now < row.due_at
    return row.state == ConditionState.OPEN and row.type != ConditionType.TIME_ELAPSED and is_ripe


def _is_inspected(row: Condition, now: datetime) -> bool:
    return row.state == ConditionState.MET and row.inspection_ends_at is not None and now < row.inspection_ends_at


def _payment_url(escrow: Escrow) -> str:
    return reverse("admin:payment", args=[escrow.payment.public_id]) if escrow.payment else ""


def lock_lines(locks: Iterable[Lock]) -> list[tuple[Lock, str, bool, str, str]]:
    """Each with its title, whether a person lifts it, and who placed and lifted it."""
    return [
        (lock, lock_title(lock.reason), lock.reason in HOLDS, person(lock.placed_by), person(lock.lifted_by))
        for lock in locks
    ]


def person(actor: str) -> str:
    return actor.partition(":")[2]


def lock_title(reason: str) -> str:
    return str(LockReason(reason).label)
