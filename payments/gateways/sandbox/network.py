"""The embedded card network: a gateway with its own memory, in its own tables, committed by itself.

Every call is its own committed statement, as a call over the wire would be; it knows nothing of payments but the
reference. What a card does is documented in `payments.gateways.sandbox.cards`.
"""

from datetime import UTC, date, datetime, timedelta

from core import ids
from core.database import statements
from core.money import Currency, Money
from core.vault.cards import CardData
from payments.enums import ChargeState
from payments.gateways.port import Charge, GatewayTimedOut, GatewayUnavailable, NetworkRefund
from payments.gateways.sandbox.cards import DECLINE_CODES, Behaviour, behaviour_of
from payments.models.sandbox import SandboxCharge, SandboxRefund

SILENCE = timedelta(seconds=60)
LATE_BY = timedelta(days=2)
DUPLICATE_WINDOW = timedelta(minutes=10)

INSERT_CHARGE = """
INSERT INTO payments_sandboxcharge
    (reference, network_id, livemode, state, code, behaviour, amount_minor, currency, authorised_at, captured_at,
     capture_failed, silent_until, settles_on_date, settled_file)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, FALSE, %s, %s, '')
ON CONFLICT (reference) DO NOTHING
"""


class SandboxGateway:
    """Implements `payments.gateways.port.Gateway`."""

    name = "sandbox"

    def authorise(
        self,
        *,
        reference: str,
        money: Money,
        card: CardData,
        capture: bool,
        livemode: bool,
        timeout_seconds: float,
        now: datetime,
    ) -> Charge:
        behaviour = behaviour_of(card.number)
        if behaviour is Behaviour.TIMEOUT_BEFORE_CHARGE:
            raise GatewayTimedOut("no answer")
        state, code = _decision(behaviour, money, capture=capture, now=now)
        row = SandboxCharge(
            reference=reference,
            network_id=ids.prefixed("net", now),
            livemode=livemode,
            state=state,
            code=code,
            behaviour=behaviour.value,
            amount_minor=money.minor,
            currency=money.currency.code,
            authorised_at=now,
            captured_at=now if state == ChargeState.CAPTURED else None,
            silent_until=now + SILENCE if behaviour is Behaviour.SILENT_AFTER_CHARGE else None,
            settles_on_date=_settlement_date(behaviour, now) if state == ChargeState.CAPTURED else None,
        )
        if not _insert(row):
            return self._known_again(reference, capture=capture, timeout_seconds=timeout_seconds, now=now)
        if behaviour in (Behaviour.TIMEOUT_AFTER_CHARGE, Behaviour.SILENT_AFTER_CHARGE):
            raise GatewayTimedOut("no answer")
        if behaviour is Behaviour.CAPTURE_FAILS_ONCE and capture:
            SandboxCharge.objects.filter(reference=reference).update(capture_failed=True)
            raise GatewayUnavailable("capture is not possible right now")
        return _charge(row)

    def capture(self, *, reference: str, timeout_seconds: float, now: datetime) -> Charge:
        row = _heard(reference, now)
        if row.behaviour == Behaviour.CAPTURE_FAILS_ONCE.value and not row.capture_failed:
            SandboxCharge.objects.filter(pk=row.pk).update(capture_failed=True)
            raise GatewayUnavailable("capture is not possible right now")
        SandboxCharge.objects.filter(pk=row.pk, state=ChargeState.AUTHORISED).update(
            state=ChargeState.CAPTURED,
            captured_at=now,
            settles_on_date=_settlement_date(Behaviour(row.behaviour), now),
        )
        return _charge(_heard(reference, now))

    def void(self, *, reference: str, timeout_seconds: float, now: datetime) -> Charge:
        mark = SandboxCharge(
            reference=reference,
            network_id=ids.prefixed("net", now),
            livemode=False,
            state=ChargeState.VOIDED,
            code="voided_before_authorisation",
            behaviour=Behaviour.APPROVE.value,
            amount_minor=0,
            currency=Currency.USD.code,
            authorised_at=now,
        )
        if _insert(mark):
            return _charge(mark)
        row = _heard(reference, now)
        SandboxCharge.objects.filter(pk=row.pk, state=ChargeState.AUTHORISED).update(
            state=ChargeState.VOIDED, code="voided"
        )
        return _charge(_heard(reference, now))

    def refund(
        self, *, charge_reference: str, reference: str, money: Money, timeout_seconds: float, now: datetime
    ) -> NetworkRefund:
        known = SandboxRefund.objects.filter(reference=reference).first()
        if known:
            return _refund(known, money.currency)
        charge = _heard(charge_reference, now)
        code = _refund_code(charge, money)
        row, _ = SandboxRefund.objects.get_or_create(
            reference=reference,
            defaults={
                "charge": charge,
                "network_id": ids.prefixed("net", now),
                "accepted": code == "approved",
                "code": code,
                "amount_minor": money.minor,
                "refunded_at": now,
                "settles_on_date": _day(now) if code == "approved" else None,
            },
        )
        return _refund(row, money.currency)

    def find(self, *, reference: str, timeout_seconds: float, now: datetime) -> Charge | None:
        row = SandboxCharge.objects.filter(reference=reference).first()
        if row is None:
            return None
        _require_not_silent(row, now)
        return _charge(row)

    def _known_again(self, reference: str, *, capture: bool, timeout_seconds: float, now: datetime) -> Charge:
        row = _heard(reference, now)
        if capture and row.state == ChargeState.AUTHORISED:
            return self.capture(reference=reference, timeout_seconds=timeout_seconds, now=now)
        return _charge(row)


def _decision(behaviour: Behaviour, money: Money, *, capture: bool, now: datetime) -> tuple[ChargeState, str]:
    if behaviour in DECLINE_CODES:
        return ChargeState.DECLINED, DECLINE_CODES[behaviour]
    if behaviour is Behaviour.DUPLICATE and _charged_before(money, now):
        return ChargeState.DECLINED, "duplicate_transaction"
    takes_money = capture and behaviour is not Behaviour.CAPTURE_FAILS_ONCE
    return (ChargeState.CAPTURED if takes_money else ChargeState.AUTHORISED), "approved"


def _charged_before(money: Money, now: datetime) -> bool:
    return SandboxCharge.objects.filter(
        behaviour=Behaviour.DUPLICATE.value,
        amount_minor=money.minor,
        state__in=[ChargeState.AUTHORISED, ChargeState.CAPTURED],
        authorised_at__gt=now - DUPLICATE_WINDOW,
    ).exists()


def _settlement_date(behaviour: Behaviour, now: datetime) -> date | None:
    if behaviour is Behaviour.NEVER_SETTLES:
        return None
    return _day(now + LATE_BY if behaviour is Behaviour.SETTLES_LATE else now)


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _insert(row: SandboxCharge) -> bool:
    """False where the reference is known already. One statement, so that two askers get one charge."""
    inserted = statements.execute(
        INSERT_CHARGE,
        [row.reference, row.network_id, row.livemode, row.state, row.code, row.behaviour, row.amount_minor,
         row.currency, row.authorised_at, row.captured_at, row.silent_until, row.settles_on_date],
    )  # fmt: skip
    return inserted == 1


def _heard(reference: str, now: datetime) -> SandboxCharge:
    row = SandboxCharge.objects.get(reference=reference)
    _require_not_silent(row, now)
    return row


def _require_not_silent(row: SandboxCharge, now: datetime) -> None:
    if row.silent_until and now < row.silent_until:
        raise GatewayTimedOut("no answer")


def _refund_code(charge: SandboxCharge, money: Money) -> str:
    once = charge.behaviour == Behaviour.REFUND_REFUSED_ONCE.value and not charge.sandboxrefund_set.exists()
    if once or charge.behaviour == Behaviour.REFUND_REFUSED.value:
        return "refund_refused"
    given = sum(charge.sandboxrefund_set.filter(accepted=True).values_list("amount_minor", flat=True))
    given += sum(charge.chargebacks.exclude(outcome="WON").values_list("amount_minor", flat=True))
    if charge.state != ChargeState.CAPTURED or given + money.minor > charge.amount_minor:
        return "exceeds_charge"
    return "approved"


def _charge(row: SandboxCharge) -> Charge:
    money = Money(row.amount_minor, Currency[row.currency])
    return Charge(row.reference, row.network_id, ChargeState(row.state), row.code, money)


def _refund(row: SandboxRefund, currency: Currency) -> NetworkRefund:
    return NetworkRefund(row.reference, row.network_id, row.accepted, row.code, Money(row.amount_minor, currency))
