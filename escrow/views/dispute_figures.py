"""What the pages of a dispute show: sentences, money, stories, the line of time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.forms import Form
from django.urls import reverse

from core.audit import selectors as audit
from core.console import jumps
from core.console.components import Column, Event, Fact, Table
from core.money import Money
from escrow.dispute_enums import CauseKind, DisputeOutcome, DisputeReason, DisputeSide, DisputeState
from escrow.models import Dispute, DisputeCause
from escrow.selectors import disputes as register
from escrow.selectors.disputes import Story
from escrow.services import escrows, resolutions
from escrow.services.awards import Award
from payments import fees
from payments.services import refund_reserves

TITLES = {
    "disputed": ("Dispute raised", "careful"),
    "evidence_staged": ("Evidence staged", "neutral"),
    "evidence_submitted": ("Evidence submitted", "busy"),
    "dispute_assigned": ("Given to a mediator", "busy"),
    "dispute_escalated": ("Escalated", "careful"),
    "dispute_proposed": ("Put to those who sign", "busy"),
    "dispute_proposal_ended": ("Not signed", "careful"),
    "dispute_joined": ("Joined: a network took money back", "bad"),
    "dispute_resolved": ("Resolved", "good"),
    "dispute_withdrawn": ("Withdrawn", "quiet"),
}
SIDES = {
    DisputeSide.PAYER: "Payer",
    DisputeSide.PAYEE: "Payee",
    DisputeSide.STAFF: "Staff",
    DisputeSide.NETWORK: "Network",
}
CAUSES = {
    CauseKind.ESCROW: "Disputed here",
    CauseKind.CHARGEBACK: "Charged back",
    CauseKind.ACH_RETURN: "Returned by the bank",
    CauseKind.RESTORED: "Given back again",
}


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What an award would move. `card` is what the payer's card gets, with its share of the fee; None for a bank."""

    release: Money
    refund: Money
    there: Money
    card: Money | None
    fee: Money | None
    why_signed: str

    @property
    def outcome(self) -> DisputeOutcome:
        return Award(self.release.minor, self.refund.minor).outcome


def if_nobody_acts(dispute: Dispute) -> str:
    """One sentence, from the row alone."""
    if not dispute.is_open:
        return ""
    if dispute.state == DisputeState.PROPOSED:
        return "Signatures are waited for; unsigned, its mediator has it again."
    how = "is released to the payee" if dispute.auto_outcome == DisputeOutcome.RELEASE else "goes back to the payer"
    left = escrows.money(dispute.escrow, dispute.disposable_minor)
    return f"{left} {how} on {dispute.auto_resolution_at:%-d %b %Y}."


def reckoning(dispute: Dispute, release_minor: int, *, now: datetime) -> Reckoning:
    """Of an award of so much to the payee; no more than there is."""
    escrow, there = dispute.escrow, dispute.disposable_minor
    release = min(max(release_minor, 0), there)
    award = Award(release, there - release)
    card, fee = _card(dispute, award.refund_minor)
    return Reckoning(
        escrows.money(escrow, award.release_minor),
        escrows.money(escrow, award.refund_minor),
        escrows.money(escrow, there),
        card,
        fee,
        resolutions.why_signed(dispute, award, now=now),
    )


def facts(dispute: Dispute) -> list[Fact]:
    escrow = dispute.escrow
    shown = [
        Fact("Dispute", dispute.public_id, "id"),
        Fact("Escrow", escrow.public_id, "id"),
        Fact("Payer", escrow.payer.party_id, "id"),
        Fact("Payee", escrow.payee.party_id, "id"),
        Fact("Raised by", f"{SIDES[DisputeSide(dispute.side)]}, {name_of(dispute.raised_by)}"),
        Fact("Raised", dispute.opened_at, "stamp"),
        Fact("Evidence due", dispute.evidence_due_at, "stamp"),
        Fact("Decided by itself", dispute.auto_resolution_at, "stamp"),
        Fact("Mediator", dispute.mediator),
        Fact("Signatures", dispute.escalated_why),
        Fact("Signed in", dispute.approval_id, "id"),
    ]
    return [fact for fact in shown if fact.value]


def money(dispute: Dispute) -> list[Fact]:
    """Every number leads to what it is made of."""
    escrow, currency = dispute.escrow, dispute.currency
    account = reverse("admin:account", args=[f"escrow_held:{escrow.account}"])
    parts = reverse("admin:escrow", args=[escrow.public_id])
    shown = [
        Fact("Disputed", dispute.amount_minor, "money", currency=currency, url="#case"),
        Fact("Taken back by a network", dispute.taken_minor, "money", currency=currency, url="#case"),
        Fact("Held now", escrow.held_minor, "money", currency=currency, url=account),
    ]
    if dispute.is_open:
        return [*shown, Fact("Left to decide", dispute.disposable_minor, "money", currency=currency, url="#decision")]
    return [
        *shown,
        Fact("Released", dispute.release_minor, "money", currency=currency, url=parts),
        Fact("Given back", dispute.refund_minor, "money", currency=currency, url=parts),
    ]


def causes(found: Sequence[DisputeCause], currency: str) -> Table:
    rows = [
        {
            "what": CAUSES[CauseKind(cause.kind)],
            "reference": cause.reference,
            "amount": cause.amount_minor,
            "currency": currency,
            "at": cause.at,
            "url": jumps.address(cause.reference) if cause.kind != CauseKind.ESCROW else "",
        }
        for cause in found
    ]
    columns = [
        Column("What", "what"),
        Column("Reference", "reference", "code", hide_on_phone=True),
        Column("Of what was held", "amount", "money"),
        Column("When", "at", "time"),
    ]
    return Table(columns, rows, caption="What belongs to the case")


def timeline(dispute: Dispute) -> list[Event]:
    """From the escrow's record: what names this dispute."""
    events = []
    for entry in audit.list_for_subject(dispute.escrow.public_id):
        verb = entry.action.rpartition(".")[2]
        if verb in TITLES and entry.facts.get("dispute_id") == dispute.public_id:
            title, tone = TITLES[verb]
            actor = name_of(f"{entry.actor_kind}:{entry.actor_id}")
            events.append(Event(entry.recorded_at, title, "Audit", _detail(entry.facts), actor, tone))
    return sorted(events, key=lambda event: event.at)


def sides(told: Mapping[DisputeSide, Story], entered: Mapping[DisputeSide, Form]) -> list[dict[str, object]]:
    """Both stories, as the page puts them side by side, each with the form that adds to it."""
    return [{"title": SIDES[side], "story": told[side], "form": entered.get(side)} for side in register.PARTIES]


def name_of(actor: str) -> str:
    """The person or key without the kind of actor; the program by its name."""
    kind, _, name = actor.partition(":")
    return "the program" if kind == "SYSTEM" else name


def _detail(found: Mapping[str, object]) -> str:
    said = [_word(str(found.get(name) or "")) for name in ("side", "reason", "mediator", "reference", "outcome")]
    return " · ".join(text for text in said if text)


def _word(text: str) -> str:
    """As people read it; what they wrote themselves stays."""
    labels = dict(DisputeReason.choices)
    return str(labels.get(text, text.capitalize() if text.isupper() else text))


def _card(dispute: Dispute, refund_minor: int) -> tuple[Money | None, Money | None]:
    payment = dispute.escrow.payment
    if payment is None or not refund_minor:
        return None, None
    part = fees.gross_of_net(
        refund_reserves.split_of(payment),
        before=refund_reserves.given_back(payment),
        net=escrows.money(dispute.escrow, refund_minor),
    )
    return part.fee + part.net, part.fee
