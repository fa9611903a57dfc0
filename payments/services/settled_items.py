"""What the acquirer owes us or we owe it: charges, refunds, chargebacks and won chargebacks, each settled once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from core.money import Money
from ledger.services.journal import Leg
from payments.enums import ChargebackState, LineKind, MatchOutcome, RefundStatus
from payments.models import Chargeback, Payment, Refund, SettlementMatch
from payments.services import entries
from payments.settlements import Line

Key = tuple[LineKind, str]

LEGS = {
    LineKind.CHARGE: entries.charge_settled,
    LineKind.REFUND: entries.refund_settled,
    LineKind.CHARGEBACK: entries.chargeback_settled,
    LineKind.CHARGEBACK_RETURN: entries.chargeback_returned,
}
ENTRY_KINDS = {
    LineKind.CHARGE: "payments.settled",
    LineKind.REFUND: "payments.refund_settled",
    LineKind.CHARGEBACK: "payments.chargeback_settled",
    LineKind.CHARGEBACK_RETURN: "payments.chargeback_returned",
}


@dataclass(frozen=True, slots=True)
class Ours:
    """One item of our books. `moved_at` is when it happened here, `settled_at` when a file brought it."""

    kind: LineKind
    reference: str
    amount_minor: int
    moved_at: datetime | None
    settled_at: datetime | None
    payment: Payment
    refund: Refund | None = None
    chargeback: Chargeback | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.reference


def legs(kind: str, amount: Money) -> list[Leg]:
    return LEGS[LineKind(kind)](amount)


def lock(lines: Sequence[Line], *, gateway: str, livemode: bool) -> dict[Key, Ours]:
    """Ours of these lines, locked: payments, then refunds, then chargebacks."""
    references = [line.reference for line in lines]
    charges = (
        Payment.objects.select_for_update(no_key=True)
        .filter(public_id__in=references, livemode=livemode)
        .order_by("id")
    )
    found = [_charge(payment) for payment in charges]
    refunds = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("payment")
        .filter(public_id__in=[_without_try(reference) for reference in references], livemode=livemode)
        .order_by("id")
    )
    found += [_refund(refund) for refund in refunds]
    chargebacks = (
        Chargeback.objects.select_for_update(of=("self",))
        .select_related("payment")
        .filter(gateway=gateway, network_reference__in=references, livemode=livemode)
        .order_by("id")
    )
    for chargeback in chargebacks:
        found += [_chargeback(chargeback), _return(chargeback)]
    return {ours.key: ours for ours in found}


def mark(matched: Sequence[SettlementMatch], *, now: datetime) -> None:
    """These are settled, and none of them is missing any more."""
    for kind in {match.kind for match in matched}:
        of_kind = [match for match in matched if match.kind == kind]
        if kind == LineKind.CHARGE:
            Payment.objects.filter(pk__in=[match.payment_id for match in of_kind]).update(settled_at=now)
        elif kind == LineKind.REFUND:
            Refund.objects.filter(pk__in=[match.refund_id for match in of_kind]).update(settled_at=now)
        else:
            found = Chargeback.objects.filter(pk__in=[match.chargeback_id for match in of_kind])
            found.update(**{"settled_at" if kind == LineKind.CHARGEBACK else "returned_at": now})
        SettlementMatch.objects.filter(
            outcome=MatchOutcome.MISSING,
            kind=kind,
            reference__in=[match.reference for match in of_kind],
            resolved_at__isnull=True,
        ).update(resolved_at=now)


def unsettled(before: datetime) -> Iterator[Ours]:
    """What moved before this moment, is in no file, and was not reported as missing or different."""
    told = SettlementMatch.objects.filter(outcome__in=[MatchOutcome.MISSING, MatchOutcome.DIFFERENT])
    charges: QuerySet[Payment] = Payment.objects.filter(
        ~Exists(told.filter(payment=OuterRef("pk"), kind=LineKind.CHARGE)),
        captured_at__lt=before,
        settled_at__isnull=True,
    )
    refunds: QuerySet[Refund] = Refund.objects.select_related("payment").filter(
        ~Exists(told.filter(refund=OuterRef("pk"))),
        status=RefundStatus.COMPLETED,
        completed_at__lt=before,
        settled_at__isnull=True,
    )
    chargebacks: QuerySet[Chargeback] = Chargeback.objects.select_related("payment")
    taken = chargebacks.filter(
        ~Exists(told.filter(chargeback=OuterRef("pk"), kind=LineKind.CHARGEBACK)),
        opened_at__lt=before,
        settled_at__isnull=True,
    )
    won = chargebacks.filter(
        ~Exists(told.filter(chargeback=OuterRef("pk"), kind=LineKind.CHARGEBACK_RETURN)),
        state=ChargebackState.WON,
        closed_at__lt=before,
        returned_at__isnull=True,
    )
    yield from map(_charge, charges.iterator())
    yield from map(_refund, refunds.iterator())
    yield from map(_chargeback, taken.iterator())
    yield from map(_return, won.iterator())


def _charge(row: Payment) -> Ours:
    return Ours(LineKind.CHARGE, row.public_id, row.amount_minor, row.captured_at, row.settled_at, row)


def _refund(row: Refund) -> Ours:
    reference, moved_at = row.network_reference, row.completed_at
    return Ours(LineKind.REFUND, reference, row.amount_minor, moved_at, row.settled_at, row.payment, refund=row)


def _chargeback(row: Chargeback) -> Ours:
    reference, moved_at = row.network_reference, row.opened_at
    kind = LineKind.CHARGEBACK
    return Ours(kind, reference, row.amount_minor, moved_at, row.settled_at, row.payment, chargeback=row)


def _return(row: Chargeback) -> Ours:
    reference, moved_at = row.network_reference, row.closed_at if row.state == ChargebackState.WON else None
    kind = LineKind.CHARGEBACK_RETURN
    return Ours(kind, reference, row.amount_minor, moved_at, row.returned_at, row.payment, chargeback=row)


def _without_try(reference: str) -> str:
    """`re_…_2` is the second try of `re_…`."""
    return "_".join(reference.split("_")[:2])
