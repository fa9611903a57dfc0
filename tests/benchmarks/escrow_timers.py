"""100,000 timers that are due at once, drained by two workers: how fast, and that none fires twice.

20,000 escrows of 4,000.00, each with five hours that have passed: a condition the clock meets, the end of the dispute
window, two warnings, and the release, which posts to the ledger.
"""

import json
import os
import subprocess
import sys
import time
from datetime import timedelta

from django.db import connection, transaction

from core import clock
from core.money import Money
from tests.benchmarks.report import Report

ESCROWS, PER_ESCROW, WORKERS = 20_000, 5, 2
AMOUNT, PAYEES, AT_ONCE, FLOOR = 400_000, 200, 1_000, 2_000
TERMS = {
    "escrowConditions": [
        {"conditionId": "cooled_off", "type": "TIME_ELAPSED", "description": "A week is over", "timeoutHours": 168}
    ],
    "releaseConditions": {
        "allConditionsMet": True, "requiresManualApproval": False, "approverUserIds": [],
        "minimumApprovalsRequired": 1, "approvalTimeoutHours": 72, "partialReleaseAllowed": True,
    },
    "timeoutPolicy": {
        "autoReleaseAfterHours": 336, "autoRefundAfterHours": None, "warningNotificationHours": [72, 24],
        "escalationUserIds": [],
    },
    "disputePolicy": {
        "allowDisputes": True, "disputeWindowHours": 168, "autoResolutionDays": 30, "mediatorUserIds": [],
        "escalationThresholdAmount": 1_000_000,
    },
}  # fmt: skip
PARTIES = """
INSERT INTO compliance_party (party_id, livemode, type, status, business_name, created_at, updated_at)
SELECT 'bench_' || i, false, CASE WHEN i = 0 THEN 'CUSTOMER' ELSE 'PROVIDER' END, %(status)s, 'Bench',
    %(funded)s - interval '400 days', %(funded)s FROM generate_series(0, %(payees)s) AS i
"""
FILL = """
WITH made AS (
    INSERT INTO escrow_escrow (public_id, account, livemode, status, payer_id, payee_id, booking_id, amount_minor,
        refunded_minor, currency, funding_rail, funded_at, available_at, next_due_at, created_by, created_at,
        updated_at)
    SELECT 'ESC_bench_' || i, 'ESC_bench_' || i, false, 'FUNDED', payer.id, payee.id, '', %(amount)s, 0, 'USD', 'BANK',
        %(funded)s, %(funded)s, %(funded)s + interval '168 hours', 'bench', %(funded)s, %(funded)s
    FROM generate_series(1, %(escrows)s) AS i
    JOIN compliance_party payer ON payer.party_id = 'bench_0'
    JOIN compliance_party payee ON payee.party_id = 'bench_' || 1 + i %% %(payees)s
    RETURNING id, funded_at
), terms AS (
    INSERT INTO escrow_terms (escrow_id, version, document, digest, state, proposed_by, reason, payer_agreed_at,
        payer_agreed_by, payee_agreed_at, payee_agreed_by, created_at, in_force_at)
    SELECT id, 1, %(document)s::jsonb, 'sha256:bench', 'AGREED', 'bench', '', funded_at, 'bench', funded_at, 'bench',
        funded_at, funded_at FROM made RETURNING id, escrow_id
), conditions AS (
    INSERT INTO escrow_condition (escrow_id, terms_id, condition_id, number, type, description, state, due_at, met_by,
        evidence)
    SELECT escrow_id, id, 'cooled_off', 1, 'TIME_ELAPSED', '', 'OPEN', %(funded)s + interval '168 hours', '', '[]'
    FROM terms
), parts AS (
    INSERT INTO escrow_part (escrow_id, number, amount_minor, state, condition_id, created_at)
    SELECT id, 1, %(amount)s, 'HELD', '', funded_at FROM made
)
INSERT INTO escrow_timer (escrow_id, livemode, kind, key, due_at, state, created_at, outcome)
SELECT id, false, kind, key, funded_at + hours * interval '1 hour', 'PENDING', funded_at, ''
FROM made, (VALUES ('DISPUTE_WINDOW_END', '', 168), ('CONDITION_TIMEOUT', 'cooled_off', 168),
    ('WARNING', 'AUTO_RELEASE:72', 264), ('WARNING', 'AUTO_RELEASE:24', 312), ('AUTO_RELEASE', '', 336))
    AS due(kind, key, hours)
"""


def run(report: Report) -> None:
    escrows = int(os.environ.get("SIZE", ESCROWS))
    _fill(escrows)
    floor = _floor()
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.escrow_timers"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()  # it has started and waits
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(b"go\n")
        worker.stdin.flush()
    told = [json.loads(worker.communicate()[0].splitlines()[-1]) for worker in workers]
    taken = time.perf_counter() - began
    _require_each_once(escrows, [each["fired"] for each in told])
    rate = escrows * PER_ESCROW / taken
    report.add("transaction with one update and one insert (floor)", floor, "/s")
    report.add(
        f"{escrows * PER_ESCROW:,} due timers drained by {WORKERS} workers, each fired once", rate, "/s", floor=floor,
        target=">= 0.10", met=rate >= 0.1 * floor,
    )  # fmt: skip
    report.add("escrows released by them, with ledger, audit and event", escrows / taken, "/s", floor=floor)
    report.add("until the last had fired", taken, "s")


def _fill(escrows: int) -> None:
    """Rows by statement; the money through the ledger, from the bank, in batches."""
    from compliance.enums import PartyStatus
    from ledger import chart
    from ledger.services import journal
    from ledger.services.journal import Leg

    now = clock.now()
    values = {
        "funded": now - timedelta(hours=400), "payees": PAYEES, "escrows": escrows, "amount": AMOUNT,
        "document": json.dumps(TERMS), "status": PartyStatus.ACTIVE,
    }  # fmt: skip
    for first in range(1, escrows + 1, AT_ONCE):
        with transaction.atomic():
            journal.post_many(
                [
                    journal.Request(
                        book="test",
                        kind="escrow.funded_by_bank",
                        legs=[
                            Leg.debit(chart.BANK_TRUST, Money(AMOUNT)),
                            Leg.credit(chart.escrow_held(f"ESC_bench_{number}"), Money(AMOUNT)),
                        ],
                        reference=f"ESC_bench_{number}",
                        idempotency_key=f"escrow.fund:ESC_bench_{number}",
                        effective_at=now,
                    )
                    for number in range(first, min(first + AT_ONCE, escrows + 1))
                ],
                now=now,
            )
    with connection.cursor() as cursor:
        cursor.execute(PARTIES, values)
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(FILL, values)
        cursor.execute("RESET statement_timeout")
        cursor.execute("ANALYZE escrow_escrow, escrow_timer, escrow_terms, escrow_condition, escrow_part")


def _floor() -> float:
    """The least that firing one timer could be: it is marked, and one row says so."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_timer (id bigserial PRIMARY KEY, body text)")
        cursor.execute("INSERT INTO bench_timer (body) SELECT 'waits' FROM generate_series(1, %s)", [FLOOR])
        began = time.perf_counter()
        for number in range(1, FLOOR + 1):
            with transaction.atomic():
                cursor.execute("UPDATE bench_timer SET body = 'fired' WHERE id = %s", [number])
                cursor.execute("INSERT INTO bench_timer (body) VALUES ('an audit row, about as long as one')")
        taken = time.perf_counter() - began
        cursor.execute("DROP TABLE bench_timer")
    return FLOOR / taken


def _require_each_once(escrows: int, fired: list[int]) -> None:
    """By the workers' own counts, the rows, the audit record, and the ledger."""
    from django.db.models import Sum

    from core.audit.models import AuditEntry
    from escrow.enums import TimerState
    from escrow.models import Escrow, Movement, Setback, Timer

    timers = Timer.objects.filter(escrow__public_id__startswith="ESC_bench_")
    found = {
        "fired": sum(fired),
        "rows": timers.filter(state=TimerState.FIRED).count(),
        "audited": AuditEntry.objects.filter(
            action="escrow.escrow.timer_fired", subject__startswith="ESC_bench_"
        ).count(),
    }
    if set(found.values()) != {escrows * PER_ESCROW} or Setback.objects.exists():
        raise RuntimeError(f"not each once: {found}, {Setback.objects.count()} setbacks")
    own = Escrow.objects.filter(public_id__startswith="ESC_bench_")
    moved = Movement.objects.filter(escrow__in=own).aggregate(number=Sum("amount_minor"))["number"]
    if moved != escrows * AMOUNT or own.exclude(status="RELEASED").exists():
        raise RuntimeError(f"{moved} moved instead of {escrows * AMOUNT}")
    if min(fired) == 0:
        raise RuntimeError("one worker had nothing to do")


def work() -> None:
    """What a worker does; its count is the last line."""
    import django

    django.setup()
    from escrow.services import firing

    print("ready", flush=True)
    sys.stdin.readline()
    total, now = 0, clock.now()
    while fired := firing.fire_due(now=now).count:
        total += fired
    print(json.dumps({"fired": total}))


if __name__ == "__main__":
    work()
