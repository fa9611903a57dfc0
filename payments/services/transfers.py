"""Make a transfer, take one back before it has left, reverse one that has.

    no transaction  ask the memory of fraud decisions
    transaction     claim the key, resolve the sides, count, judge, give the entry to the rail, set the money aside,
                    keep the answer

Nothing outside is asked after that: the rail takes the entry at its cutoff.
"""

from datetime import datetime

from django.db import transaction

from ach.enums import EntryKind, Priority, ReversalCause
from ach.models import Entry
from ach.selectors import entries as register_of_entries
from ach.services import entries, reversals
from ach.states import EntryStateForbids
from core import ids
from core.actors import SYSTEM, Actor
from core.api.conditions import UNCONDITIONAL, Condition
from core.api.once import Ticket
from core.api.wire import to_wire
from core.audit import services as audit
from core.errors import Refusal
from core.idempotency import services as idempotency
from core.idempotency.services import Replay
from core.money import Currency, Money
from core.switches import services as switches
from core.switches.enums import Switch
from fraud.decisions import AssessmentRequest
from fraud.features import store
from fraud.features.store import Seen
from fraud.services import memory
from payments import transfer_answers as answers
from payments.answers import Answer
from payments.models import Transfer
from payments.selectors import transfers as register
from payments.services import (
    transfer_bookings,
    transfer_decisions,
    transfer_limits,
    transfer_moves,
    transfer_orders,
    transfer_origination,
    transfer_sides,
)
from payments.services.transfer_orders import TransferOrder
from payments.services.transfer_origination import Ask
from payments.transfer_enums import Purpose, TransferState
from payments.transfer_states import CANCELLABLE, TransferStateForbids


def create(order: TransferOrder, *, ticket: Ticket, livemode: bool, bulk: bool, actor: Actor, now: datetime) -> Answer:
    """Accept a transfer, or keep what sanctions or fraud have refused. Raises a Refusal and keeps nothing else.

    `bulk` widens the caller's limits, as it does all of its rates.
    """
    transfer_id = ids.ach_transfer(now)
    seen = _look(order, transfer_id, livemode=livemode, now=now)
    transfer_sides.open_keys(order, livemode=livemode)
    caller = ticket.caller.rpartition(":")[0]
    with transaction.atomic():
        claim = idempotency.claim(**ticket.fields(), now=now)
        if isinstance(claim, Replay):
            return Answer(claim.status, claim.body, replayed=True)
        transfer_orders.require_acceptable(order, now=now)
        _require_open(order, livemode=livemode, now=now)
        is_same_day = order.priority == Priority.SAME_DAY
        transfer_limits.require_room(caller=caller, livemode=livemode, same_day=is_same_day, bulk=bulk, now=now)
        sides = transfer_sides.resolve(order, livemode=livemode, actor=actor, now=now)
        ask = Ask(transfer_id, Purpose.TRANSFER, livemode, actor, now, caller, claim.id, seen)
        transfer = transfer_origination.originate(order, sides, ask)
        answer = answers.created(transfer, register.trail(transfer))
        idempotency.finish(claim_id=claim.id, status=answer.status, body=answer.body, now=now)
    return answer


def cancel(
    *,
    transfer_id: str,
    ticket: Ticket,
    livemode: bool,
    actor: Actor,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> Answer:
    """Take it back before a file carries it. Cancelling a cancelled one answers it as it is.

    Raises TransferNotFound, PreconditionFailed, TransferStateForbids.
    """
    with transaction.atomic():
        claim = idempotency.claim(**ticket.fields(), now=now)
        if isinstance(claim, Replay):
            return Answer(claim.status, claim.body, replayed=True)
        transfer = register.lock(transfer_id, livemode=livemode)
        condition.require(answers.transfer_fields(transfer))
        if transfer.state != TransferState.CANCELLED:
            withdraw(transfer, why="cancelled by its client", actor=actor, now=now)
        body = to_wire(answers.with_trail(transfer, register.trail(transfer)))
        idempotency.finish(claim_id=claim.id, status=200, body=body, now=now)
    return Answer(200, body)


def ask_reversal(
    *, transfer_id: str, cause: str, discovered_at: datetime, livemode: bool, actor: Actor, now: datetime
) -> tuple[Transfer, str]:
    """Ask people to sign that what has left is taken back by its opposite; the transfer and the approval's id.

    In the program's name, as an API key has no eyes. Raises TransferNotFound, TransferStateForbids for one that never
    left, ReversalNotAllowed, AskedAlready, NobodyCanSign.
    """
    with transaction.atomic():
        transfer = register.lock(transfer_id, livemode=livemode)
        if not transfer.trace:
            raise TransferStateForbids(
                f"the transfer is {transfer.state}; what has not left is cancelled, not reversed"
            )
        request = reversals.request(
            entry_id=entry_of(transfer).public_id, cause=ReversalCause(cause), discovered_at=discovered_at,
            reason=f"Asked for by {actor} of {transfer_id}", actor=SYSTEM, now=now,
        )  # fmt: skip
        audit.record(
            actor=actor, action="payments.transfer.reversal_asked", subject=transfer_id, at=now,
            details={"cause": cause, "approval": request.request_id},
        )  # fmt: skip
    return transfer, request.request_id


def withdraw(transfer: Transfer, *, why: str, actor: Actor, now: datetime) -> None:
    """Cancel a locked transfer with its entry and its reservation. Raises TransferStateForbids.

    The entry's row decides against the cutoff: whoever locks it first has it.
    """
    if transfer.state not in CANCELLABLE or transfer.trace:
        raise TransferStateForbids(f"the transfer is {transfer.state}; what has left is reversed, not cancelled")
    entry = register_of_entries.find(EntryKind.PAYMENT, transfer.public_id)
    assert entry is not None, "an accepted transfer has its entry"
    try:
        with transaction.atomic():
            entries.cancel(entry_id=entry.public_id, why=why, actor=actor, now=now)
    except EntryStateForbids as refused:
        raise TransferStateForbids("a file carries it already") from refused
    transfer_decisions.drop_questions(transfer, reason=why, actor=actor, now=now)
    transfer_moves.move(transfer, TransferState.CANCELLED, why=why, actor=actor, now=now)
    transfer_bookings.follow([entry.public_id], now=now, actor=actor)


def entry_of(transfer: Transfer) -> Entry:
    """The latest entry of a transfer: its own, or the retry of it."""
    own = register_of_entries.find(EntryKind.PAYMENT, transfer.public_id)
    assert own is not None, "an accepted transfer has its entry"
    later = Entry.objects.filter(pk__in=transfer.bookings.values("entry"), kind=EntryKind.RETRY).order_by("-id").first()
    return later or own


def _look(order: TransferOrder, transfer_id: str, *, livemode: bool, now: datetime) -> Seen:
    """Before any transaction; an order that will be refused is not asked about, because asking counts."""
    try:
        transfer_orders.require_acceptable(order, now=now)
        _require_open(order, livemode=livemode, now=now)
    except Refusal:
        return store.unasked(now=now)
    payer, payee = transfer_sides.names(order, livemode=livemode)
    client = order.customer.client if order.customer else None
    request = AssessmentRequest(
        livemode=livemode,
        payer_id=payer,
        payee_id=payee,
        amount_minor=order.amount_minor,
        currency=order.currency,
        payment_id=transfer_id,
        payment_method=order.payment_method,
        ip_address=client.ip_address if client else None,
        device_id=client.device_fingerprint if client else None,
    )
    return memory.look(request, now=now)


def _require_open(order: TransferOrder, *, livemode: bool, now: datetime) -> None:
    parties = [f"party:{each}" for each in transfer_sides.names(order, livemode=livemode)]
    amount = Money(order.amount_minor, Currency.USD)
    switches.require_open(Switch.ACH_TRANSFERS, now=now, scopes=sorted(set(parties)), amount=amount)
