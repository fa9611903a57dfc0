"""The sandbox as acquirer: once a day it says in a file what it pays. See `payments.settlements` for the format."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from ach.sandbox import paid_in
from core.money import Currency
from payments import settlements
from payments.enums import LineKind
from payments.gateways.sandbox.cards import Behaviour
from payments.models.sandbox import SandboxCharge, SandboxChargeback, SandboxRefund
from payments.settlements import Line, Settlement

SHORT_BY_MINOR = 1
_PAYS = (LineKind.CHARGE, LineKind.CHARGEBACK_RETURN)


def publish(*, day: date, livemode: bool, directory: Path) -> Path | None:
    """Write the file of everything due by `day` that no file has held yet; None where there is nothing to tell.

    The same call again writes nothing new.

    The file first, then the note that it holds its rows: a crash between the two leads to lines told twice, which the
    reconciler finds, never to lines told in no file.
    """
    path = directory / f"sandbox-{'live' if livemode else 'test'}-{day.isoformat()}.csv"
    if path.exists():
        return path
    charges = list(
        SandboxCharge.objects.filter(livemode=livemode, settles_on_date__lte=day, settled_file="").order_by("id")
    )
    refunds = list(
        SandboxRefund.objects.filter(charge__livemode=livemode, settles_on_date__lte=day, settled_file="")
        .select_related("charge")
        .order_by("id")
    )
    of_mode = SandboxChargeback.objects.filter(charge__livemode=livemode).select_related("charge").order_by("id")
    disputed = list(of_mode.filter(settles_on_date__lte=day, settled_file=""))
    won = list(of_mode.filter(returns_on_date__lte=day, returned_file=""))
    if not (charges or refunds or disputed or won):
        return None
    lines = [*_lines(charges, refunds), *_chargeback_lines(disputed, won, start=len(charges) + len(refunds) + 2)]
    text = settlements.write(Settlement("sandbox", livemode, day, tuple(lines)))
    if not livemode:
        _pay(path.name, lines=lines, day=day)
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(text)
    unfinished.rename(path)
    SandboxCharge.objects.filter(pk__in=[row.pk for row in charges]).update(settled_file=path.name)
    SandboxRefund.objects.filter(pk__in=[row.pk for row in refunds]).update(settled_file=path.name)
    SandboxChargeback.objects.filter(pk__in=[row.pk for row in disputed]).update(settled_file=path.name)
    SandboxChargeback.objects.filter(pk__in=[row.pk for row in won]).update(returned_file=path.name)
    return path


def _pay(name: str, *, lines: list[Line], day: date) -> None:
    """What the file says goes to our account at the sandbox bank the day after: one sum of charges less refunds.

    Whatever people will have to look at is a line of its own, so that it is seen there too: a charge that is paid
    short, a chargeback, a won one. Only dollars have an account.
    """
    paid_at = datetime.combine(day + timedelta(days=1), time(12), UTC)
    short = set(
        SandboxCharge.objects.filter(
            reference__in=[line.reference for line in lines], behaviour=Behaviour.SETTLES_SHORT.value
        ).values_list("reference", flat=True)
    )
    together = 0
    for line in lines:
        if line.currency != Currency.USD.name:
            continue
        signed = line.amount_minor if line.kind in _PAYS else -line.amount_minor
        if line.kind in (LineKind.CHARGE, LineKind.REFUND) and line.reference not in short:
            together += signed
            continue
        words = (
            "CARD CHARGE" if line.kind == LineKind.CHARGE else f"CARD {line.kind.replace('_', ' ')} {line.reference}"
        )
        ours = line.reference if line.kind in (LineKind.CHARGE, LineKind.REFUND) else line.network_id
        paid_in.pay(reference=ours, words=words, amount_minor=signed, at=paid_at)
    paid_in.pay(reference=name, words="CARD SETTLEMENT", amount_minor=together, at=paid_at)


def _lines(charges: list[SandboxCharge], refunds: list[SandboxRefund]) -> list[Line]:
    lines: list[Line] = []
    for charge in charges:
        short = SHORT_BY_MINOR if charge.behaviour == Behaviour.SETTLES_SHORT.value else 0
        at = charge.captured_at.isoformat() if charge.captured_at else ""
        amount = charge.amount_minor - short
        lines.append(
            Line(len(lines) + 2, LineKind.CHARGE, charge.reference, charge.network_id, at, amount, charge.currency)
        )
    for refund in refunds:
        lines.append(
            Line(
                len(lines) + 2,
                LineKind.REFUND,
                refund.reference,
                refund.network_id,
                refund.refunded_at.isoformat(),
                refund.amount_minor,
                refund.charge.currency,
            )
        )
    return lines


def _chargeback_lines(disputed: list[SandboxChargeback], won: list[SandboxChargeback], *, start: int) -> list[Line]:
    told = [(LineKind.CHARGEBACK, row, row.opened_at) for row in disputed]
    told += [(LineKind.CHARGEBACK_RETURN, row, row.closed_at or row.opened_at) for row in won]
    return [
        Line(
            number,
            kind,
            row.reference,
            row.charge.reference,
            at.isoformat(),
            row.amount_minor,
            row.charge.currency,
            row.reason_code,
        )
        for number, (kind, row, at) in enumerate(told, start=start)
    ]
