"""Reads of labels, always as of a moment: what was not yet known then is not there."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from fraud.enums import AttemptOutcome, CaseCause, CaseDecision, LabelSource
from fraud.models import FraudReport, Label, Observation, ReviewCase


def known(payment_ids: Collection[str], *, as_of: datetime) -> dict[str, Label]:
    """The label that counts for each payment that has one: the strongest, then the newest known by then."""
    found = Label.objects.filter(payment_id__in=payment_ids, known_at__lte=as_of)
    return {label.payment_id: label for label in found.order_by("strength", "known_at", "id")}


def list_fraud_of(payer_ids: Collection[str], livemode: bool, *, as_of: datetime) -> dict[str, set[str]]:
    """The payments of each payer that are known as fraud, without those that a stronger label calls genuine.

    Payers without any are left out. Two statements, by index; none where nobody is named.
    """
    if not payer_ids:
        return {}
    said = Label.objects.filter(livemode=livemode, payer_id__in=sorted(payer_ids), is_fraud=True, known_at__lte=as_of)
    found: dict[str, set[str]] = {}
    for payment_id, label in known(set(said.values_list("payment_id", flat=True)), as_of=as_of).items():
        if label.is_fraud:
            found.setdefault(label.payer_id, set()).add(payment_id)
    return found


def list_for_payment(*, payment_id: str, livemode: bool) -> list[Label]:
    """Everything anybody said about a payment, oldest first."""
    return list(Label.objects.filter(livemode=livemode, payment_id=payment_id).order_by("known_at", "id"))


def list_unresolved_reports(*, since: datetime) -> list[str]:
    """Ids of reports whose payment is known by now and not labelled by them yet, oldest first."""
    labelled = Label.objects.filter(
        livemode=OuterRef("livemode"),
        payment_id=OuterRef("payment_id"),
        source=LabelSource.REPORT,
        reference=OuterRef(OuterRef("report_id")),
    )
    payments = Observation.objects.filter(
        ~Exists(labelled), livemode=OuterRef("livemode"), transaction_id=OuterRef("transaction_id")
    )
    reports = FraudReport.objects.filter(Exists(payments), reported_at__gte=since)
    return list(reports.order_by("reported_at", "id").values_list("report_id", flat=True))


def list_silent(*, since: datetime, until: datetime, limit: int) -> list[Observation]:
    """Payments that were let through in a span and that nobody has said anything about, oldest first.

    Let through: approved at once, or held and approved by a person.
    """
    approved_later = ReviewCase.objects.filter(
        payment_id=OuterRef("payment_id"), cause=CaseCause.OUTCOME, decision=CaseDecision.APPROVE
    )
    through = Q(outcome=AttemptOutcome.APPROVED) | Q(outcome=AttemptOutcome.HELD) & Exists(approved_later)
    labelled = Label.objects.filter(livemode=OuterRef("livemode"), payment_id=OuterRef("payment_id"))
    silent = Observation.objects.filter(through, ~Exists(labelled), at__gte=since, at__lte=until)
    return list(silent.order_by("at", "id")[:limit])
