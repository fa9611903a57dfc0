"""The terms in force, and the next ones: proposed by one side, agreed by both, or lapsed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction

from core.actors import Actor
from core.errors import Refusal
from core.outbox import services as outbox
from escrow import parameters as configured
from escrow.enums import ConditionState, EscrowStatus, Side, TermsState, TimerKind
from escrow.events import AmendmentProposed, TermsAmended
from escrow.models import Condition, Escrow, Terms
from escrow.selectors.agreements import in_force
from escrow.services import agreements, clocks, escrows, parts, timers
from escrow.terms import document


class UnableToAmend(Refusal):
    code: ClassVar[str] = "AMENDMENT_REFUSED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The terms cannot be changed this way"


def propose(
    *,
    escrow_id: str,
    livemode: bool,
    wire: Mapping[str, Any],
    side: Side | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Terms:
    """Put an amendment to both sides; the one that proposes it has agreed. Without a side the marketplace proposes.

    Raises UnableToAmend while a dispute is open or another amendment waits, and what unsafe terms raise.
    """
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if escrow.status not in (EscrowStatus.CREATED, EscrowStatus.FUNDED, EscrowStatus.LOCKED):
            raise UnableToAmend(f"the escrow is {escrow.status}")
        if Terms.objects.filter(escrow=escrow, state=TermsState.PROPOSED).exists():
            raise UnableToAmend("another version waits for agreement")
        amount = escrows.money(escrow, escrow.amount_minor)
        agreements.read_terms(wire, payer=escrow.payer, payee=escrow.payee, amount=amount, now=now)
        terms = agreements.keep(escrow, wire, state=TermsState.PROPOSED, proposed_by=str(actor), reason=reason, now=now)
        expiry = now + configured.hours("escrow.amendment_expiry_hours", now)
        timers.set_(escrow, TimerKind.AMENDMENT_EXPIRY, expiry, now=now, key=str(terms.version))
        escrows.record(
            escrow, "amendment_proposed", actor=actor, now=now, terms_version=terms.version, digest=terms.digest
        )
        outbox.publish(AmendmentProposed(escrow.public_id, terms.version, livemode, now), now=now)
        if side is not None:
            _agree(escrow, terms, side, actor=actor, now=now)
    return terms


def agree(*, escrow_id: str, livemode: bool, version: int, side: Side, actor: Actor, now: datetime) -> Terms:
    """One side agrees; with the second the version is in force. Raises UnableToAmend."""
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        terms = _proposed(escrow, version)
        _agree(escrow, terms, side, actor=actor, now=now)
    return terms


def reject(*, escrow_id: str, livemode: bool, version: int, actor: Actor, now: datetime, lapsed: bool = False) -> Terms:
    """The terms in force stay. Raises UnableToAmend."""
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        terms = _proposed(escrow, version)
        terms.state, terms.ended_at = TermsState.LAPSED if lapsed else TermsState.REJECTED, now
        terms.save(update_fields=["state", "ended_at"])
        timers.stop(escrow, TimerKind.AMENDMENT_EXPIRY, now=now, why="it was answered")
        escrows.record(escrow, "amendment_ended", actor=actor, now=now, terms_version=version, state=terms.state)
    return terms


def is_of_staff(terms: Terms) -> bool:
    """Whether one of the staff proposed it, for the marketplace."""
    return terms.proposed_by.startswith("STAFF:")


def take_back(*, escrow_id: str, livemode: bool, version: int, actor: Actor, now: datetime) -> Terms:
    """What staff proposed staff take back; what a side proposed the sides answer. Raises UnableToAmend."""
    with transaction.atomic():
        escrow = escrows.lock(escrow_id, livemode=livemode)
        if not is_of_staff(_proposed(escrow, version)):
            raise UnableToAmend("the sides answer what a side has proposed")
        return reject(escrow_id=escrow.public_id, livemode=livemode, version=version, actor=actor, now=now)


def _proposed(escrow: Escrow, version: int) -> Terms:
    terms = Terms.objects.select_for_update().filter(escrow=escrow, version=version).first()
    if terms is None or terms.state != TermsState.PROPOSED:
        raise UnableToAmend(f"version {version} does not wait for agreement")
    return terms


def _agree(escrow: Escrow, terms: Terms, side: Side, *, actor: Actor, now: datetime) -> None:
    prefix = side.lower()
    if getattr(terms, f"{prefix}_agreed_at") is not None:
        raise UnableToAmend(f"the {prefix} has agreed already")
    setattr(terms, f"{prefix}_agreed_at", now)
    setattr(terms, f"{prefix}_agreed_by", str(actor))
    terms.save(update_fields=[f"{prefix}_agreed_at", f"{prefix}_agreed_by"])
    escrows.record(escrow, "terms_agreed", actor=actor, now=now, terms_version=terms.version, side=side)
    if terms.payer_agreed_at and terms.payee_agreed_at:
        if escrow.status == EscrowStatus.DISPUTED or escrow.closed_at is not None:
            raise UnableToAmend(f"the escrow is {escrow.status}")
        put_in_force(escrow, terms, actor=actor, now=now)


def put_in_force(escrow: Escrow, terms: Terms, *, actor: Actor, now: datetime) -> None:
    """Supersede what holds. Conditions that are in both versions unchanged keep what became of them."""
    before = Terms.objects.filter(escrow=escrow, state=TermsState.AGREED).first()
    kept: dict[str, Condition] = {}
    if before is not None:
        old, new = document.parse(before.document), document.parse(terms.document)
        same = {each.condition_id: each for each in old.conditions}
        kept = {
            each.condition_id: each
            for each in Condition.objects.filter(terms=before)
            if each.state != ConditionState.OPEN and same[each.condition_id] in new.conditions
        }
        before.state, before.ended_at = TermsState.SUPERSEDED, now
        before.save(update_fields=["state", "ended_at"])
    terms.state, terms.in_force_at = TermsState.AGREED, now
    terms.save(update_fields=["state", "in_force_at"])
    for condition in agreements.write_conditions(escrow, terms):
        if earlier := kept.get(condition.condition_id):
            condition.state, condition.met_at, condition.met_by = earlier.state, earlier.met_at, earlier.met_by
            condition.inspection_ends_at, condition.evidence = earlier.inspection_ends_at, earlier.evidence
            condition.entered_by, condition.accepted_by = earlier.entered_by, earlier.accepted_by
            condition.save()
    timers.stop(escrow, TimerKind.AMENDMENT_EXPIRY, now=now, why="it was agreed")
    if escrow.funded_at is not None:
        holds = in_force(escrow)
        parts.recut(escrow, clocks.shares(escrow, holds), now=now)
        clocks.wind_again(escrow, holds, now=now)
    agreements.flag_anew(escrow, document.parse(terms.document), now=now)
    escrows.save(escrow, "compliance_flags", now=now)
    escrows.record(escrow, "terms_in_force", actor=actor, now=now, terms_version=terms.version, digest=terms.digest)
    outbox.publish(TermsAmended(escrow.public_id, terms.version, escrow.livemode, now), now=now)
