"""Money comes in: the net of a captured booking's payment, or what the bank brought."""

import json
from datetime import datetime

from django.db import transaction

from ach.sandbox import paid_in
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.database import statements
from core.outbox import services as outbox
from core.parameters import services as parameters
from escrow.enums import EscrowStatus, Rail
from escrow.events import EscrowFunded
from escrow.models import Escrow
from escrow.selectors import agreements
from escrow.services import clocks, escrows, exposure, parts, timers
from escrow.states import EscrowStateForbids, Transition, next_state, whose
from escrow.terms import document, timeline
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from payments.enums import PaymentStatus
from payments.models import Payment
from payments.selectors import payments as paid

SWEEP_BATCH = 200
DEFAULT = "DEFAULT_TERMS"
"""Who proposed and agreed terms that nobody gave: the marketplace's dated configuration."""

# One statement, because it follows every captured booking: what the escrow is comes from the payment's own row, its
# terms from dated configuration. A booking whose escrow waits for its money is left to `_fund_waiting`.
WAITING = """
    SELECT e.id FROM escrow_escrow e JOIN escrow_terms t ON t.escrow_id = e.id AND t.state = 'AGREED'
    WHERE e.status = 'CREATED' AND e.livemode = p.livemode AND e.booking_id = p.booking_id AND p.booking_id <> ''
      AND e.payer_id = p.customer_id AND e.payee_id = p.provider_id AND e.currency = p.currency
      AND e.amount_minor IN (p.amount_minor, p.net_minor)
"""
ATTACH = """
WITH paid AS (
    SELECT p.* FROM payments_payment p
    WHERE p.public_id = %(payment)s AND p.escrow_id IS NOT NULL AND p.provider_id IS NOT NULL
      AND p.captured_at IS NOT NULL AND NOT EXISTS ({waiting})
      AND NOT EXISTS (SELECT FROM escrow_escrow e WHERE e.account = p.escrow_id)
), made AS (
    INSERT INTO escrow_escrow (public_id, account, livemode, status, payment_id, payer_id, payee_id, booking_id,
        amount_minor, refunded_minor, currency, funding_rail, funded_at, available_at, available_why, next_due_at,
        created_by, created_at, updated_at)
    SELECT escrow_id, escrow_id, livemode, 'FUNDED', id, customer_id, provider_id, booking_id,
        net_minor, 0, currency, 'CARD', captured_at, captured_at + %(locked)s, %(why)s, captured_at + %(first)s,
        %(by)s, %(now)s, %(now)s
    FROM paid ON CONFLICT (public_id) DO NOTHING RETURNING id, public_id, livemode, amount_minor, funded_at
), terms AS (
    INSERT INTO escrow_terms (escrow_id, version, document, digest, state, proposed_by, reason, payer_agreed_at,
        payer_agreed_by, payee_agreed_at, payee_agreed_by, created_at, in_force_at)
    SELECT id, 1, %(document)s::jsonb, %(digest)s, 'AGREED', %(by)s, '', %(now)s, %(by)s, %(now)s, %(by)s, %(now)s,
        %(now)s FROM made RETURNING id, escrow_id
), conditions AS (
    INSERT INTO escrow_condition (escrow_id, terms_id, condition_id, number, type, description, state, due_at, met_by,
        evidence)
    SELECT t.escrow_id, t.id, c.name, c.number, c.type, c.description, 'OPEN',
        m.funded_at + c.hours * interval '1 hour', '', '[]'
    FROM terms t JOIN made m ON m.id = t.escrow_id, jsonb_to_recordset(%(conditions)s::jsonb)
        AS c(name text, number smallint, type text, description text, hours integer)
), timers AS (
    INSERT INTO escrow_timer (escrow_id, livemode, kind, key, due_at, state, created_at, outcome)
    SELECT m.id, m.livemode, d.kind, d.key, m.funded_at + d.seconds * interval '1 second', 'PENDING', %(now)s, ''
    FROM made m, jsonb_to_recordset(%(timers)s::jsonb) AS d(kind text, key text, seconds integer)
), parts AS (
    INSERT INTO escrow_part (escrow_id, number, amount_minor, state, condition_id, created_at)
    SELECT id, 1, amount_minor, 'HELD', '', %(now)s FROM made
)
SELECT paid.escrow_id, net_minor, currency, paid.livemode, captured_at, request_id
FROM paid JOIN made ON made.public_id = paid.escrow_id
""".replace("{waiting}", WAITING)
FIND_WAITING = """
SELECT w.id FROM payments_payment p, LATERAL ({waiting} ORDER BY e.id LIMIT 1) w
WHERE p.public_id = %s AND NOT EXISTS (SELECT FROM escrow_escrow e WHERE e.account = p.escrow_id)
""".replace("{waiting}", WAITING)


def attach(*, payment_id: str, now: datetime) -> bool:
    """Give a captured payment its escrow. False where it has one, or needs none. Raises PaymentNotFound."""
    with transaction.atomic():
        payee = Payment.objects.filter(public_id=payment_id).values_list("provider_id", flat=True).first()
        made = statements.fetch_one(ATTACH, {"payment": payment_id, **_default_terms(payee, now)})
        if made is None:
            return _fund_waiting(payment_id, now=now)
        escrow_id, amount_minor, currency, livemode, captured_at, request_id = made
        audit.record(
            actor=SYSTEM,
            action="escrow.escrow.funded",
            subject=escrow_id,
            at=now,
            details={"payment_id": payment_id, "amount_minor": amount_minor},
            correlation_id=request_id or None,
        )
        outbox.publish(EscrowFunded(escrow_id, payment_id, amount_minor, currency, livemode, captured_at), now=now)
    return True


def fund_by_bank(*, escrow_id: str, livemode: bool, reference: str, actor: Actor, now: datetime) -> Escrow:
    """The amount arrived on the trust account; `reference` is the bank's. Raises TermsNotAgreed, EscrowStateForbids."""
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if escrow.status != EscrowStatus.CREATED:
            raise EscrowStateForbids(f"the escrow is {escrow.status}")
        amount = escrows.money(escrow, escrow.amount_minor)
        escrows.require_movable(escrow, amount, now=now)
        journal.post(
            book=escrows.book(livemode),
            kind="escrow.funded_by_bank",
            legs=[Leg.debit(chart.BANK_TRUST, amount), Leg.credit(chart.escrow_held(escrow.account), amount)],
            reference=escrow.public_id,
            idempotency_key=f"escrow.fund:{escrow.public_id}",
            effective_at=now,
            now=now,
            description=reference[:200],
        )
        if not livemode:
            # Nobody sends a wire of test data: the sandbox bank has it because the marketplace says so.
            paid_in.pay(
                reference=escrow.public_id, words=f"WIRE IN {reference}".strip(), amount_minor=amount.minor, at=now
            )
        begin(escrow, Rail.BANK, funded_at=now, actor=actor, now=now, reference=reference)
    return escrow


def begin(escrow: Escrow, rail: Rail, *, funded_at: datetime, actor: Actor, now: datetime, reference: str) -> None:
    """The money is there: parts are made, clocks start. In the caller's transaction. Raises TermsNotAgreed."""
    terms = agreements.in_force(escrow)
    escrow.status = next_state(escrow.status, Transition.FUND, by=whose(actor))
    escrow.funding_rail, escrow.funded_at = rail, funded_at
    lock = exposure.available(escrow, funded_at=funded_at, now=now)
    escrow.available_at, escrow.available_why = lock.at, lock.why
    escrows.save(
        escrow, "status", "funding_rail", "funded_at", "available_at", "available_why", "account", "payment",
        "fee_minor", now=now,
    )  # fmt: skip
    parts.create(escrow, clocks.shares(escrow, terms), now=now)
    timers.stop(escrow, now=now, why="it was funded")
    clocks.wind(escrow, terms, now=now)
    escrows.record(
        escrow, "funded", actor=actor, now=now, amount_minor=escrow.held_minor, rail=rail, reference=reference
    )
    payment_id = escrow.payment.public_id if escrow.payment else ""
    outbox.publish(
        EscrowFunded(escrow.public_id, payment_id, escrow.held_minor, escrow.currency, escrow.livemode, funded_at),
        now=now,
    )


def sweep(*, now: datetime) -> int:
    """Find captured bookings without an escrow and give them theirs. Returns how many there were."""
    known = Escrow.objects.exclude(payment=None).values("payment")
    bare = Payment.objects.filter(status=PaymentStatus.COMPLETED, escrow_id__isnull=False).exclude(pk__in=known)
    found = bare.order_by("-id").values_list("public_id", flat=True)[:SWEEP_BATCH]
    return sum(attach(payment_id=public_id, now=now) for public_id in found)


def _fund_waiting(payment_id: str, *, now: datetime) -> bool:
    """The escrow was agreed before it was paid: it keeps its id, and the money stays where it was captured."""
    payment = paid.get(payment_id)
    if payment.captured_at is None or payment.escrow_id is None:
        return False
    found = statements.fetch_one(FIND_WAITING, [payment_id])
    if found is None:
        return False
    escrow = escrows.lock_row(found[0], payment_pk=payment.pk)
    if escrow.status != EscrowStatus.CREATED:
        return False
    escrow.payment, escrow.account = payment, payment.escrow_id
    escrow.fee_minor = payment.fee_minor if escrow.amount_minor == payment.amount_minor else 0
    begin(escrow, Rail.CARD, funded_at=payment.captured_at, actor=SYSTEM, now=now, reference=payment.public_id)
    return True


def _default_terms(payee_pk: int | None, now: datetime) -> dict[str, object]:
    """The bound values of ATTACH, from the configuration of the moment."""
    wire = parameters.read("escrow.default_terms", at=now)
    agreed = document.parse(wire)
    due = [
        {"kind": each.kind, "key": each.key, "seconds": int((each.at - now).total_seconds())}
        for each in timeline.timers(agreed, now)
    ]
    lock = exposure.available(_by_card(payee_pk), funded_at=now, now=now)
    conditions = [
        {"name": each.condition_id, "number": number, "type": str(each.type), "description": each.description,
         "hours": each.timeout_hours}
        for number, each in enumerate(agreed.conditions, start=1)
    ]  # fmt: skip
    return {
        "document": json.dumps(wire),
        "digest": document.digest(wire),
        "conditions": json.dumps(conditions),
        "timers": json.dumps(due),
        "first": min((each.at for each in timeline.timers(agreed, now)), default=now) - now,
        "locked": lock.at - now,
        "why": lock.why,
        "by": DEFAULT,
        "now": now,
    }


def _by_card(payee_pk: int | None) -> Escrow:
    """Enough of an escrow to be asked how long its money is exposed."""
    return Escrow(funding_rail=Rail.CARD) if payee_pk is None else Escrow(funding_rail=Rail.CARD, payee_id=payee_pk)
