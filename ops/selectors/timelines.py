"""Everything that ever happened to one payment, from every app, in the order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from core.audit import selectors as audit
from core.console.components import Event, Fact
from core.money import Currency, Money
from escrow.models import Escrow
from fraud.models import Assessment, ReviewCase
from fraud.selectors import assessments
from ledger.selectors import entries
from payments.models import Chargeback, GatewayAttempt, Payment, Refund, SettlementMatch
from payments.selectors import chargebacks


@dataclass(frozen=True, slots=True)
class Story:
    """The payment with what other apps keep about it; `events` runs from the first to the last."""

    payment: Payment
    assessment: Assessment | None
    case: ReviewCase | None
    escrow: Escrow | None
    refunds: list[Refund]
    chargebacks: list[Chargeback]
    events: list[Event]


def get(payment: Payment) -> Story:
    """Some dozen statements, however long the story is."""
    found = assessments.list_for_payment(payment_id=payment.public_id)
    case = ReviewCase.objects.filter(payment_id=payment.public_id).order_by("id").first()
    escrow = Escrow.objects.filter(payment=payment).first()
    refunds = list(Refund.objects.filter(payment=payment).order_by("id"))
    disputes = chargebacks.list_of(payment)
    matches = list(SettlementMatch.objects.filter(payment=payment).select_related("file").order_by("id"))
    attempts = list(GatewayAttempt.objects.filter(payment=payment).order_by("id"))
    subjects = [payment.public_id, *(refund.public_id for refund in refunds)]
    subjects += [case.case_id] if case else []
    subjects += [escrow.public_id] if escrow else []
    asked = f"POST /v1/payments {payment.request_id}"
    events = [
        Event(payment.created_at, "Payment asked for", "Request", asked, payment.created_by),
        *(_assessed(row) for row in found),
        *(_attempted(attempt) for attempt in attempts),
        *(event for reference in _references(payment, refunds, escrow) for event in _posted(reference)),
        *_escrow_events(escrow),
        *(_matched(match) for match in matches),
        *_audited(subjects),
    ]
    return Story(payment, found[-1] if found else None, case, escrow, refunds, disputes, sorted(events, key=_moment))


def _moment(event: Event) -> datetime:
    return event.at


def _references(payment: Payment, refunds: list[Refund], escrow: Escrow | None) -> list[str]:
    released = [escrow.public_id] if escrow else []
    return [payment.public_id, *(refund.public_id for refund in refunds), *released]


def _assessed(row: Assessment) -> Event:
    score = "No advice" if row.score is None else f"Scored {row.score} of 1000"
    tone = {"APPROVE": "good", "REVIEW": "careful", "NO_ADVICE": "careful"}.get(row.outcome, "bad")
    codes = ", ".join(row.reason_codes)
    return Event(row.created_at, f"{score}: {row.outcome.replace('_', ' ').lower()}", "Fraud", codes, tone=tone)


def _attempted(attempt: GatewayAttempt) -> Event:
    words = attempt.outcome.replace("_", " ").lower()
    tone = {"APPROVED": "good", "DECLINED": "bad"}.get(attempt.outcome, "careful")
    detail = f"{attempt.code + ' · ' if attempt.code else ''}{attempt.duration_ms} ms"
    return Event(attempt.at, f"{attempt.operation.capitalize()}: {words}", "Gateway", detail, tone=tone)


def _posted(reference: str) -> Iterator[Event]:
    for entry in entries.list_for_reference(reference):
        facts = [
            Fact(
                leg.account,
                leg.amount.minor,
                "money",
                currency=leg.amount.currency.code,
                url=reverse("admin:account", args=[leg.account]),
                hint=leg.side.lower(),
            )
            for leg in entry.legs
        ]
        yield Event(
            entry.posted_at,
            f"{entry.kind.replace('.', ' ').replace('_', ' ').capitalize()} · {entry.phase.value.lower()}",
            "Ledger",
            tone="neutral",
            url=reverse("admin:entry", args=[entry.entry_id]),
            facts=facts,
        )


def _escrow_events(escrow: Escrow | None) -> Iterator[Event]:
    if escrow is not None and escrow.funded_at is not None:
        amount = Money(escrow.amount_minor, Currency[escrow.currency])
        title = f"{amount} held for booking {escrow.booking_id}"
        yield Event(escrow.funded_at, title, "Escrow", escrow.public_id, tone="good")


def _matched(match: SettlementMatch) -> Event:
    file = match.file.name if match.file else "in no file of the acquirer"
    tone = "good" if match.outcome == "MATCHED" else "bad"
    return Event(match.created_at, f"Settlement {match.outcome.lower()}", "Settlement", file, tone=tone)


def _audited(subjects: list[str]) -> Iterator[Event]:
    for entry in audit.list_for_subject(subjects):
        plain = ((name, value) for name, value in entry.facts.items() if not isinstance(value, (dict, list)))
        details = ", ".join(f"{name} {value}" for name, value in plain)
        yield Event(
            entry.recorded_at,
            entry.action,
            "Audit",
            details[:200],
            actor=f"{entry.actor_kind}:{entry.actor_id}",
            tone="neutral" if entry.result == "SUCCESS" else "careful",
        )
