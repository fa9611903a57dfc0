"""Say what a payment was: from reports, reviews, chargebacks and returns, and from silence after the delay."""

from datetime import datetime, timedelta

from django.db import transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters
from fraud.enums import CaseOutcome, LabelSource
from fraud.events import PaymentLabelled
from fraud.models import FraudReport, Label, Observation
from fraud.selectors import labels as known
from fraud.selectors import observations
from fraud.services import figures

STRENGTH = "fraud.label_strength."
# What a review found → whether that is fraud. What could not be determined says nothing.
FOUND = {
    CaseOutcome.CONFIRMED_FRAUD: True,
    CaseOutcome.SUSPECTED_FRAUD: True,
    CaseOutcome.GENUINE: False,
}
SILENT_AT_ONCE = 500


class PaymentNotObserved(Refusal):
    code = "PAYMENT_NOT_FOUND"
    status = 404
    title = "No such payment was ever attempted"


class UnableToLabel(Refusal):
    code = "INVALID_LABEL"
    title = "The payment cannot be labelled so"


def record(
    *,
    livemode: bool,
    payment_id: str,
    is_fraud: bool,
    strength: int,
    source: LabelSource,
    reference: str,
    known_at: datetime,
    actor: Actor,
    now: datetime,
) -> Label:
    """Keep one label and publish PaymentLabelled. The same source and reference again is the first label.

    `reference` names the evidence (a report, a case, a dispute). Raises PaymentNotObserved, and UnableToLabel where
    it would be known before the payment or after `now`.
    """
    seen = observations.find(payment_id=payment_id, livemode=livemode)
    if seen is None:
        raise PaymentNotObserved(f"no payment is named {payment_id}")
    if not seen.at <= known_at <= now:
        raise UnableToLabel("a label is known after the payment and not in the future")
    candidate = _label(
        seen, is_fraud=is_fraud, strength=strength, source=source, reference=reference, known_at=known_at, actor=actor
    )
    with transaction.atomic():
        Label.objects.bulk_create([candidate], ignore_conflicts=True)
        kept = Label.objects.get(livemode=livemode, payment_id=payment_id, source=source, reference=reference)
        if kept.label_id == candidate.label_id:
            audit.record(
                actor=actor,
                action="fraud.payment.labelled",
                subject=payment_id,
                at=now,
                details={"label_id": kept.label_id, "is_fraud": is_fraud, "source": source, "reference": reference},
            )
            _publish(kept, now=now)
            figures.order_days(moments=[kept.event_at], livemode=livemode, now=now)
    return kept


def take_chargeback(
    *, livemode: bool, payment_id: str, reference: str, known_at: datetime, actor: Actor, now: datetime
) -> Label:
    """The card's holder disputes the payment as not theirs; `reference` is the dispute. Raises as `record`.

    For disputes of fraud only: one about goods or service says nothing about who paid.
    """
    return record(
        livemode=livemode,
        payment_id=payment_id,
        is_fraud=True,
        strength=_strength("chargeback", now),
        source=LabelSource.CHARGEBACK,
        reference=reference,
        known_at=known_at,
        actor=actor,
        now=now,
    )


def take_ach_return(
    *, livemode: bool, payment_id: str, code: str, reference: str, known_at: datetime, actor: Actor, now: datetime
) -> Label | None:
    """The bank returned the debit; `reference` names the return. None where its code does not say that nobody had
    authorised it (`fraud.label_return_codes`). Raises as `record`.
    """
    if code not in parameters.read("fraud.label_return_codes", at=now).split():
        return None
    return record(
        livemode=livemode,
        payment_id=payment_id,
        is_fraud=True,
        strength=_strength("ach_return", now),
        source=LabelSource.ACH_RETURN,
        reference=reference,
        known_at=known_at,
        actor=actor,
        now=now,
    )


def take_decision(
    *, livemode: bool, payment_id: str, case_id: str, outcome: CaseOutcome, decided_at: datetime, now: datetime
) -> Label | None:
    """What an analyst found, as strong as it is sure. None where it could not be determined. Raises as `record`."""
    if outcome not in FOUND:
        return None
    return record(
        livemode=livemode,
        payment_id=payment_id,
        is_fraud=FOUND[outcome],
        strength=_strength(outcome.value.lower(), now),
        source=LabelSource.DECISION,
        reference=case_id,
        known_at=decided_at,
        actor=SYSTEM,
        now=now,
    )


def take_report(*, report_id: str, now: datetime) -> Label | None:
    """The label of a fraud report; None while no payment of the reported transaction is known.

    A label is known since the report; where the payment was seen only after it, since now.
    """
    told = FraudReport.objects.get(report_id=report_id)
    seen = observations.find_by_transaction(transaction_id=told.transaction_id, livemode=told.livemode)
    if seen is None:
        return None
    return record(
        livemode=told.livemode,
        payment_id=seen.payment_id,
        is_fraud=True,
        strength=_strength("report", now),
        source=LabelSource.REPORT,
        reference=told.report_id,
        known_at=told.reported_at if seen.at <= told.reported_at else now,
        actor=SYSTEM,
        now=now,
    )


def take_waiting_reports(*, now: datetime) -> int:
    """Label the payments of reports that came before their payment was known. Returns how many."""
    since = now - timedelta(days=parameters.read("fraud.report_waits_days", at=now))
    waiting = known.list_unresolved_reports(since=since)
    return sum(take_report(report_id=report_id, now=now) is not None for report_id in waiting)


def take_silence(*, now: datetime) -> int:
    """Label as genuine, weakly, what went through and nobody complained about in time. Returns how many.

    Only payments that were let through: what was blocked or declined can cause no complaint, and its silence says
    nothing. One transaction and one audit row for every 500 payments; nothing is done twice.
    """
    until = now - timedelta(days=parameters.read("fraud.label_delay_days", at=now))
    since = until - timedelta(days=parameters.read("fraud.silence_lookback_days", at=now))
    total = 0
    while since < until:
        # A day at a time: no statement reads months of payments that have their labels.
        end = min(since + timedelta(days=1), until)
        while silent := known.list_silent(since=since, until=end, limit=SILENT_AT_ONCE):
            _keep_silence(silent, now=now)
            total += len(silent)
        since = end
    return total


def _keep_silence(silent: list[Observation], *, now: datetime) -> None:
    strength = _strength("silence", now)
    rows = [
        _label(
            seen, is_fraud=False, strength=strength, source=LabelSource.SILENCE, reference="", known_at=now,
            actor=SYSTEM,
        )
        for seen in silent
    ]  # fmt: skip
    with transaction.atomic():
        Label.objects.bulk_create(rows, ignore_conflicts=True)
        audit.record(
            actor=SYSTEM,
            action="fraud.silence.taken",
            subject=rows[0].label_id,
            at=now,
            details={"payments": len(rows), "first": rows[0].payment_id, "last": rows[-1].payment_id},
        )
        for row in rows:
            _publish(row, now=now)
        for livemode in {row.livemode for row in rows}:
            moments = [row.event_at for row in rows if row.livemode == livemode]
            figures.order_days(moments=moments, livemode=livemode, now=now)


def _label(
    seen: Observation,
    *,
    is_fraud: bool,
    strength: int,
    source: LabelSource,
    reference: str,
    known_at: datetime,
    actor: Actor,
) -> Label:
    return Label(
        label_id=ids.prefixed("lbl", known_at),
        livemode=seen.livemode,
        payment_id=seen.payment_id,
        payer_id=seen.payer_id,
        payee_id=seen.payee_id,
        amount_minor=seen.amount_minor,
        currency=seen.currency,
        is_fraud=is_fraud,
        strength=strength,
        source=source,
        reference=reference,
        event_at=seen.at,
        known_at=known_at,
        recorded_by=str(actor),
    )


def _publish(label: Label, *, now: datetime) -> None:
    outbox.publish(
        PaymentLabelled(
            label_id=label.label_id,
            payment_id=label.payment_id,
            is_fraud=label.is_fraud,
            source=str(label.source),
            livemode=label.livemode,
            known_at=label.known_at,
        ),
        now=now,
    )


def _strength(kind: str, now: datetime) -> int:
    strength: int = parameters.read(STRENGTH + kind, at=now)
    return strength
