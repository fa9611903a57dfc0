"""The only place that ends parts: each with one ledger entry of its own, in the caller's transaction.

The caller holds the escrow (and its payment, where money goes back to a card) and has decided that it may move.
"""

from collections.abc import Sequence
from datetime import datetime

from core import ids
from core.actors import Actor
from core.outbox import services as outbox
from core.work import failpoints
from escrow.enums import EscrowStatus, MovementKind, PartState, Rail
from escrow.events import EscrowRefunded, EscrowReleased
from escrow.models import Escrow, Movement, Part
from escrow.services import escrows, timers
from escrow.states import NETWORK, Transition, Who, next_state, whose
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from payments.services import refunds


def release(
    escrow: Escrow, taken: Sequence[Part], *, actor: Actor, reason: str, now: datetime, reference: str = "",
    approval_id: str = "",
) -> list[Movement]:  # fmt: skip
    """To the payee: escrow_held to provider_payable, one entry a part, all under one `txn_…`."""
    transaction_id = ids.transaction(now)
    requests = [
        journal.Request(
            book=escrows.book(escrow.livemode),
            kind="escrow.released",
            legs=[
                Leg.debit(chart.escrow_held(escrow.account), escrows.money(escrow, part.amount_minor)),
                Leg.credit(chart.provider_payable(escrow.payee.party_id), escrows.money(escrow, part.amount_minor)),
            ],
            reference=escrow.public_id,
            idempotency_key=f"escrow.part:{part.pk}",
            effective_at=now,
        )
        for part in taken
    ]
    posted = journal.post_many(requests, now=now)
    failpoints.reach("escrow.release_posted")
    moved = _end(
        escrow, taken, [each.entry_id for each in posted], MovementKind.RELEASE, transaction_id=transaction_id,
        reference=reference, approval_id=approval_id, actor=actor, reason=reason, now=now,
    )  # fmt: skip
    amount = sum(part.amount_minor for part in taken)
    escrow.released_minor += amount
    _close_if_empty(escrow, by=whose(actor, signed=bool(approval_id)), now=now)
    escrows.record(
        escrow, "released", actor=actor, now=now, amount_minor=amount, currency=escrow.currency,
        transaction_id=transaction_id, parts=[part.number for part in taken], reason=reason, approval_id=approval_id,
    )  # fmt: skip
    outbox.publish(
        EscrowReleased(
            escrow.public_id, escrow.payee.party_id, transaction_id, amount, escrow.currency, escrow.held_minor == 0,
            escrow.livemode, now,
        ),
        now=now,
    )  # fmt: skip
    failpoints.reach("escrow.release_moved")
    return moved


def refund(
    escrow: Escrow, taken: Sequence[Part], *, actor: Actor, reason: str, now: datetime, reference: str = "",
    approval_id: str = "",
) -> list[Movement]:  # fmt: skip
    """Back to the card that paid, with its share of the fee; owed to the payer where the bank brought it."""
    amount = sum(part.amount_minor for part in taken)
    transaction_id = ids.transaction(now)
    if escrow.funding_rail == Rail.CARD:
        assert escrow.payment is not None
        order = refunds.accept_for_escrow(
            payment=escrow.payment, net_minor=amount, reference=reference or transaction_id, reason=reason, actor=actor,
            now=now,
        )  # fmt: skip
        entries, reference = [order.reserve_entry] * len(taken), order.public_id
    else:
        entries = [each.entry_id for each in journal.post_many(_owed_back(escrow, taken, now), now=now)]
    moved = _end(
        escrow, taken, entries, MovementKind.REFUND, transaction_id=transaction_id, reference=reference,
        approval_id=approval_id, actor=actor, reason=reason, now=now,
    )  # fmt: skip
    by = whose(actor, signed=bool(approval_id))
    _gone(escrow, amount, by=by, taken_back=False, actor=actor, reason=reason, reference=reference, now=now)
    return moved


def note_refund(
    escrow: Escrow, taken: Sequence[Part], *, refund_id: str, entry_id: str, actor: Actor, now: datetime
) -> None:
    """Payments has posted it already, in this transaction: a refund that the marketplace asked payments for."""
    _note(escrow, taken, MovementKind.REFUND, refund_id, entry_id, "refund of its payment", actor, now)


def note_taken(
    escrow: Escrow, taken: Sequence[Part], *, reference: str, entry_id: str, actor: Actor, now: datetime
) -> None:
    """The network took it back: a chargeback, an ACH return."""
    _note(escrow, taken, MovementKind.TAKEN_BACK, reference, entry_id, "taken back by the network", actor, now)


def _note(
    escrow: Escrow, taken: Sequence[Part], kind: MovementKind, reference: str, entry_id: str, reason: str,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    _end(
        escrow, taken, [entry_id] * len(taken), kind, transaction_id=ids.transaction(now), reference=reference,
        approval_id="", actor=actor, reason=reason, now=now,
    )  # fmt: skip
    amount = sum(part.amount_minor for part in taken)
    taken_back = kind == MovementKind.TAKEN_BACK
    by = NETWORK if taken_back else whose(actor)
    _gone(escrow, amount, by=by, taken_back=taken_back, actor=actor, reason=reason, reference=reference, now=now)


def _owed_back(escrow: Escrow, taken: Sequence[Part], now: datetime) -> list[journal.Request]:
    return [
        journal.Request(
            book=escrows.book(escrow.livemode),
            kind="escrow.refunded",
            legs=[
                Leg.debit(chart.escrow_held(escrow.account), escrows.money(escrow, part.amount_minor)),
                Leg.credit(chart.customer_refundable(escrow.payer.party_id), escrows.money(escrow, part.amount_minor)),
            ],
            reference=escrow.public_id,
            idempotency_key=f"escrow.part:{part.pk}",
            effective_at=now,
        )
        for part in taken
    ]


def _end(
    escrow: Escrow, taken: Sequence[Part], entries: Sequence[str], kind: MovementKind, *, transaction_id: str,
    reference: str, approval_id: str, actor: Actor, reason: str, now: datetime,
) -> list[Movement]:  # fmt: skip
    state = PartState.RELEASED if kind == MovementKind.RELEASE else PartState.REFUNDED
    ended = Part.objects.filter(pk__in=[part.pk for part in taken], state=PartState.HELD)
    changed = ended.update(state=state, settled_at=now)
    assert changed == len(taken), "a part ends once; whoever holds the escrow sees its parts as they are"
    return Movement.objects.bulk_create(
        Movement(
            part=part,
            escrow=escrow,
            kind=kind,
            amount_minor=part.amount_minor,
            entry_id=entry_id,
            transaction_id=transaction_id,
            reference=reference,
            approval_id=approval_id,
            by=str(actor),
            reason=reason[:500],
            at=now,
        )
        for part, entry_id in zip(taken, entries, strict=True)
    )


def _gone(
    escrow: Escrow, amount: int, *, by: frozenset[Who], taken_back: bool, actor: Actor, reason: str, reference: str,
    now: datetime,
) -> None:  # fmt: skip
    escrow.refunded_minor += amount
    _close_if_empty(escrow, by=by, now=now)
    escrows.record(
        escrow, "taken_back" if taken_back else "refunded", actor=actor, now=now, amount_minor=amount,
        currency=escrow.currency, reference=reference, reason=reason,
    )  # fmt: skip
    outbox.publish(
        EscrowRefunded(
            escrow.public_id, escrow.payer.party_id, amount, escrow.currency, taken_back, escrow.held_minor == 0,
            escrow.livemode, now,
        ),
        now=now,
    )  # fmt: skip


def _close_if_empty(escrow: Escrow, *, by: frozenset[Who], now: datetime) -> None:
    """The last part decides how it ends: RELEASED where anything ever went to the payee, else REFUNDED."""
    if escrow.held_minor == 0:
        end = EscrowStatus.RELEASED if escrow.released_minor else EscrowStatus.REFUNDED
        if escrow.status == EscrowStatus.DISPUTED:
            step = Transition.RESOLVE
        else:
            step = Transition.RELEASE if end == EscrowStatus.RELEASED else Transition.REFUND
        escrow.status = next_state(escrow.status, step, by=by, to=end)
        escrow.closed_at = now
        timers.stop(escrow, now=now, why="the escrow has ended")
    escrows.save(escrow, "status", "released_minor", "refunded_minor", "closed_at", now=now)
