"""Chargebacks of the embedded network (docs/chargebacks.md): two magic cards dispute ten minutes after capture.

Evidence with the words `winning evidence` wins at once, with `losing evidence` loses at once; any other waits until
somebody decides (`manage.py chargeback close`). Without an answer it is lost after thirty days.
"""

from datetime import UTC, date, datetime, timedelta

from django.db.models import Exists, F, OuterRef

from core import ids
from core.money import Currency, Money
from payments.enums import ChargebackState, ChargeState
from payments.gateways.port import NetworkChargeback
from payments.gateways.sandbox.cards import CHARGED_BACK_FOR, Behaviour
from payments.models.sandbox import SandboxCharge, SandboxChargeback

DISPUTED_AFTER = timedelta(minutes=10)
LOST_AFTER = timedelta(days=30)
TOLD_AT_ONCE = 200
WINNING, LOSING = "winning evidence", "losing evidence"


class SandboxChargebacks:
    """Implements `payments.gateways.port.ChargebackFeed`."""

    def chargebacks(self, *, now: datetime) -> list[NetworkChargeback]:
        _dispute_magic_cards(now)
        _decide_unanswered(now)
        news = SandboxChargeback.objects.exclude(told=F("outcome")).select_related("charge").order_by("opened_at", "id")
        return [_told(row) for row in news[:TOLD_AT_ONCE]]

    def acknowledge(self, *, reference: str, outcome: ChargebackState) -> None:
        SandboxChargeback.objects.filter(reference=reference).update(told=outcome)

    def answer(self, *, reference: str, evidence: str, now: datetime) -> None:
        row = SandboxChargeback.objects.filter(reference=reference, outcome=ChargebackState.OPEN, evidence="").first()
        if row is None:
            return
        SandboxChargeback.objects.filter(pk=row.pk).update(evidence=evidence)
        said = evidence.lower()
        if not said or LOSING in said:
            decide(reference=reference, outcome=ChargebackState.LOST, now=now)
        elif WINNING in said:
            decide(reference=reference, outcome=ChargebackState.WON, now=now)


def dispute(*, charge: SandboxCharge, amount_minor: int, reason_code: str, now: datetime) -> SandboxChargeback:
    """The network takes the money back now."""
    return SandboxChargeback.objects.create(
        reference=ids.prefixed("ncb", now),
        charge=charge,
        reason_code=reason_code,
        amount_minor=amount_minor,
        opened_at=now,
        settles_on_date=_day(now),
    )


def decide(*, reference: str, outcome: ChargebackState, now: datetime) -> bool:
    """The network has decided; won money comes with the day's settlement. False where it had before, or knows none."""
    changes = {"outcome": outcome, "closed_at": now}
    if outcome == ChargebackState.WON:
        changes["returns_on_date"] = _day(now)
    found = SandboxChargeback.objects.filter(reference=reference, outcome=ChargebackState.OPEN)
    return found.update(**changes) == 1


def _dispute_magic_cards(now: datetime) -> None:
    behaviours = [behaviour.value for behaviour in CHARGED_BACK_FOR]
    due = SandboxCharge.objects.filter(
        ~Exists(SandboxChargeback.objects.filter(charge=OuterRef("pk"))),
        behaviour__in=behaviours,
        state=ChargeState.CAPTURED,
        captured_at__lte=now - DISPUTED_AFTER,
    )
    for charge in due.order_by("id"):
        reason_code = CHARGED_BACK_FOR[Behaviour(charge.behaviour)]
        dispute(charge=charge, amount_minor=charge.amount_minor, reason_code=reason_code, now=now)


def _decide_unanswered(now: datetime) -> None:
    waiting = SandboxChargeback.objects.filter(
        outcome=ChargebackState.OPEN, opened_at__lte=now - LOST_AFTER, evidence=""
    )
    for reference in waiting.values_list("reference", flat=True):
        decide(reference=reference, outcome=ChargebackState.LOST, now=now)


def _told(row: SandboxChargeback) -> NetworkChargeback:
    money = Money(row.amount_minor, Currency[row.charge.currency])
    outcome = ChargebackState(row.outcome)
    return NetworkChargeback(row.reference, row.charge.reference, money, row.reason_code, row.opened_at, outcome)


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
