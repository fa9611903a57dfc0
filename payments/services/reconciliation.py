"""Compare what the acquirer says it paid with what we captured and refunded, line by line.

A file is stored as it came before it is read, once per content. Each line becomes one row: MATCHED (and the money
moves from the receivable to the trust account), DIFFERENT or EXTRA; what no file holds in time becomes MISSING, and
is resolved by the later line that brings it. Only matched lines move money. A chargeback that a file tells of first is
opened, and a won one closed, before its line is matched.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from core.actors import SYSTEM
from core.audit import services as audit
from core.money import Currency, Money
from core.parameters import services as parameters
from ledger.services import journal
from payments import settlements
from payments.enums import LineKind, MatchOutcome, SettlementFileStatus
from payments.gateways.sandbox import settlement as sandbox
from payments.models import SettlementFile, SettlementMatch
from payments.services import entries, settled_chargebacks, settled_items
from payments.services.settled_items import Key, Ours
from payments.settlements import Line, Settlement

CHUNK = 200
DAYS_LOOKED_BACK = 7


def run(*, now: datetime) -> None:
    """Let the sandbox write the files of finished days, import every file that lies there, name what is missing."""
    directory = inbox()
    today = now.astimezone(UTC).date()
    for days in range(DAYS_LOOKED_BACK, 0, -1):
        for livemode in (False, True):
            sandbox.publish(day=today - timedelta(days=days), livemode=livemode, directory=directory)
    finished = SettlementFile.objects.exclude(status=SettlementFileStatus.STORED)
    known = set(finished.values_list("sha256", flat=True))
    for path in sorted(directory.glob("*.csv")):
        content = path.read_text()
        if _digest(content) not in known:
            import_file(name=path.name, content=content, gateway="sandbox", now=now)
    report_missing(now=now)


def inbox() -> Path:
    """Where settlement files arrive."""
    return Path(settings.HOLDFAST_STATE_DIR) / "settlements"


def import_file(*, name: str, content: str, gateway: str, now: datetime) -> SettlementFile:
    """Store, read, match and post a file. The same content again changes nothing; an interrupted import goes on."""
    file = _store(name=name, content=content, gateway=gateway, now=now)
    if file.status != SettlementFileStatus.STORED:
        return file
    try:
        settlement = settlements.read(file.content)
    except settlements.UnreadableSettlement as error:
        return _finish(file, SettlementFileStatus.UNREADABLE, now=now, problem=str(error))
    for start in range(0, len(settlement.lines), CHUNK):
        chunk = settlement.lines[start : start + CHUNK]
        settled_chargebacks.hear(chunk, gateway=settlement.gateway, livemode=settlement.livemode, now=now)
        _match_chunk(file, settlement, chunk, now=now)
    return _finish(file, SettlementFileStatus.IMPORTED, now=now, settlement=settlement)


def report_missing(*, now: datetime) -> int:
    """One MISSING row for each item that should have been in a file by now. Returns how many are new."""
    grace = timedelta(days=1 + parameters.read("payments.settlement_grace_days", at=now))
    before = datetime.combine(now.astimezone(UTC).date(), time(), UTC) + timedelta(days=1) - grace
    with transaction.atomic():
        missing = [
            SettlementMatch(
                outcome=MatchOutcome.MISSING,
                kind=ours.kind,
                livemode=ours.payment.livemode,
                reference=ours.reference,
                payment=ours.payment,
                refund=ours.refund,
                chargeback=ours.chargeback,
                expected_minor=ours.amount_minor,
                created_at=now,
            )
            for ours in settled_items.unsettled(before)
        ]
        SettlementMatch.objects.bulk_create(missing, ignore_conflicts=True, batch_size=CHUNK)
    return len(missing)


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def _store(*, name: str, content: str, gateway: str, now: datetime) -> SettlementFile:
    file, _ = SettlementFile.objects.get_or_create(
        sha256=_digest(content),
        defaults={
            "gateway": gateway,
            "name": name,
            "content": content,
            "status": SettlementFileStatus.STORED,
            "received_at": now,
        },
    )
    return file


def _match_chunk(file: SettlementFile, settlement: Settlement, lines: Sequence[Line], *, now: datetime) -> None:
    with transaction.atomic():
        # One importer at a time; a second one finds the rows of the first.
        SettlementFile.objects.select_for_update().get(pk=file.pk)
        done = set(
            file.matches.filter(line_number__in=[line.number for line in lines]).values_list("line_number", flat=True)
        )
        fresh = [line for line in lines if line.number not in done]
        ours = settled_items.lock(fresh, gateway=settlement.gateway, livemode=settlement.livemode)
        matches = [_match(file, line, ours, settlement, now=now) for line in fresh]
        _post([match for match in matches if match.outcome == MatchOutcome.MATCHED], settlement, now=now)
        SettlementMatch.objects.bulk_create(matches)


def _match(
    file: SettlementFile, line: Line, known: dict[Key, Ours], settlement: Settlement, *, now: datetime
) -> SettlementMatch:
    """Takes a matched item out of `known`: a second line about it is EXTRA."""
    ours = known.get((line.kind, line.reference))
    match = SettlementMatch(
        file=file,
        line_number=line.number,
        outcome=MatchOutcome.EXTRA,
        kind=line.kind,
        livemode=settlement.livemode,
        reference=line.reference,
        stated_minor=line.amount_minor,
        created_at=now,
    )
    if ours is None:
        return match
    match.payment, match.refund, match.chargeback = ours.payment, ours.refund, ours.chargeback
    match.expected_minor = ours.amount_minor
    if ours.moved_at is None or ours.settled_at is not None:
        return match
    if ours.amount_minor != line.amount_minor or ours.payment.currency != line.currency:
        match.outcome = MatchOutcome.DIFFERENT
        return match
    match.outcome, match.resolved_at = MatchOutcome.MATCHED, now
    match.late = settlement.day > ours.moved_at.astimezone(UTC).date()
    del known[ours.key]
    return match


def _post(matched: list[SettlementMatch], settlement: Settlement, *, now: datetime) -> None:
    if not matched:
        return
    effective_at = datetime.combine(settlement.day, time(), UTC) + timedelta(days=1)
    journal.post_many([_request(match, effective_at=effective_at) for match in matched], now=now)
    settled_items.mark(matched, now=now)


def _request(match: SettlementMatch, *, effective_at: datetime) -> journal.Request:
    assert match.payment is not None
    assert match.stated_minor is not None
    amount = Money(match.stated_minor, Currency[match.payment.currency])
    kind = LineKind(match.kind)
    # Charges and refunds have names of their own; a chargeback is named by the network, and settled twice when won.
    of_ours = kind in (LineKind.CHARGE, LineKind.REFUND)
    return journal.Request(
        book=entries.book(match.livemode),
        kind=settled_items.ENTRY_KINDS[kind],
        legs=settled_items.legs(kind, amount),
        reference=match.payment.public_id,
        idempotency_key=f"settlement:{match.reference}" if of_ours else f"settlement:{kind}:{match.reference}",
        effective_at=effective_at,
    )


def _finish(
    file: SettlementFile,
    status: SettlementFileStatus,
    *,
    now: datetime,
    settlement: Settlement | None = None,
    problem: str = "",
) -> SettlementFile:
    file.status, file.problem, file.imported_at = status, problem[:200], now
    if settlement:
        file.livemode, file.settlement_date = settlement.livemode, settlement.day
        file.lines, file.net_minor = len(settlement.lines), settlement.net_minor
    with transaction.atomic():
        unfinished = SettlementFile.objects.filter(pk=file.pk, status=SettlementFileStatus.STORED)
        changed = unfinished.update(
            status=file.status,
            problem=file.problem,
            imported_at=now,
            livemode=file.livemode,
            settlement_date=file.settlement_date,
            lines=file.lines,
            net_minor=file.net_minor,
        )
        if changed:
            audit.record(
                actor=SYSTEM,
                action=f"payments.settlement.{file.status.lower()}",
                subject=f"settlement:{file.sha256[:16]}",
                at=now,
                details={"name": file.name, "lines": file.lines, "net_minor": file.net_minor},
                result="SUCCESS" if settlement else "FAILURE",
            )
    return file
