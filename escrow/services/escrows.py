"""Hold the row of an escrow, and write its next version. Locks are taken in one order: payment, escrow, what it has."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from compliance.enums import PartyStatus
from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import Refusal
from core.money import Currency, Money
from core.switches import services as switches
from core.switches.enums import Switch
from escrow.models import Escrow
from escrow.selectors.escrows import EscrowNotFound
from payments.models import Payment


class EscrowHeld(Refusal):
    """Says nothing about why: a reason may tip somebody off."""

    code: ClassVar[str] = "ESCROW_ON_HOLD"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The escrow is being looked at; nothing moves"


def book(livemode: bool) -> str:
    return "live" if livemode else "test"


def lock(escrow_id: str, *, livemode: bool, with_payment: bool = False) -> Escrow:
    """The escrow, held until the transaction ends; `with_payment` holds its payment first. Raises EscrowNotFound.

    Whatever refunds needs the payment. The id may also be the one that the payment made at its capture.
    """
    found = Escrow.objects.filter(livemode=livemode)
    key = found.filter(public_id=escrow_id).values_list("pk", "payment_id").first()
    key = key or found.filter(account=escrow_id).values_list("pk", "payment_id").first()
    if key is None:
        raise EscrowNotFound
    return lock_row(key[0], payment_pk=key[1] if with_payment else None)


def lock_row(pk: int, *, payment_pk: int | None = None) -> Escrow:
    if payment_pk is not None:
        Payment.objects.select_for_update(no_key=True).get(pk=payment_pk)
    rows = Escrow.objects.select_for_update(of=("self",), no_key=True).select_related("payer", "payee", "payment")
    return rows.get(pk=pk)


def save(escrow: Escrow, *fields: str, now: datetime) -> None:
    """Write these fields as the escrow's next version: signatures of the last one are void."""
    escrow.version += 1
    escrow.updated_at = now
    escrow.save(update_fields=sorted({*fields, "version", "updated_at"}))


def record(escrow: Escrow, verb: str, *, actor: Actor, now: datetime, result: str = "SUCCESS", **details: JSON) -> None:
    """The audit row of a verb: `escrow.escrow.<verb>`."""
    audit.record(
        actor=actor, action=f"escrow.escrow.{verb}", subject=escrow.public_id, at=now, details=dict(details),
        result=result,
    )  # fmt: skip


def require_movable(escrow: Escrow, amount: Money, *, now: datetime) -> None:
    """Raises EscrowHeld where a party is blocked, SwitchClosed where its book, its payee or itself is stopped.

    A block also holds the escrow, a moment later; nothing moves in between.
    """
    if PartyStatus.BLOCKED in (escrow.payer.status, escrow.payee.status):
        raise EscrowHeld
    switches.require_open(Switch.ESCROW_MOVEMENTS, now=now, scopes=scopes(escrow), amount=amount)


def scopes(escrow: Escrow) -> Sequence[str]:
    return (
        f"book:{book(escrow.livemode)}",
        f"escrow:{escrow.public_id}",
        f"provider:{escrow.payee.party_id}",
    )


def money(escrow: Escrow, minor: int) -> Money:
    return Money(minor, Currency[escrow.currency])
