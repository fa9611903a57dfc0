"""Judging a payment against 200,000 rows of history, and what the rules alone take."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from tests.benchmarks.report import Report

HISTORY_ROWS = 200_000
CUSTOMERS, SELLERS = 5_000, 500
HOT_ROWS = 20_000
CALLS = 1_000
P50_BUDGET_MS, P99_BUDGET_MS = 3.0, 20.0

FILL = """
INSERT INTO fraud_observation (payment_id, transaction_id, livemode, payer_id, payee_id, amount_minor, currency,
    payment_method, card_fingerprint, ip_address, ip_country, device_id, outcome, at)
SELECT 'bench_' || i, 'txn_' || i, false,
       CASE WHEN i <= %(hot)s THEN 'cus_hot' ELSE 'cus_' || (i * 7919 %% %(customers)s) END,
       'prov_' || (i * 1009 %% %(sellers)s), 500 + (i * 31 %% 20000), 'USD', 'card',
       CASE WHEN i <= %(hot)s THEN 'card_hot' ELSE 'card_' || (i * 7919 %% %(customers)s) END,
       ('10.0.' || (i * 17 %% 200) || '.' || (i %% 250))::inet, NULL,
       CASE WHEN i <= %(hot)s THEN 'dev_hot' ELSE 'dev_' || (i * 7919 %% %(customers)s) END,
       CASE WHEN i %% 20 = 0 THEN 'DECLINED' ELSE 'APPROVED' END,
       %(now)s - (i::float8 / %(rows)s) * interval '30 days'
  FROM generate_series(1, %(rows)s) AS i
ON CONFLICT DO NOTHING
"""


def run(report: Report) -> None:
    from fraud.services import assessments
    from fraud.services.assessments import AssessmentRequest

    now = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    dice = random.Random(7)

    def request(customer: str) -> AssessmentRequest:
        return AssessmentRequest(
            livemode=False,
            payment_id="bench_new",
            payer_id=f"cus_{customer}",
            payee_id=f"prov_{dice.randrange(SELLERS)}",
            amount_minor=dice.randrange(500, 20_000),
            currency="USD",
            card_fingerprint=f"card_{customer}",
            card_bin="424242",
            ip_address=f"10.0.{dice.randrange(200)}.{dice.randrange(250)}",
            device_id=f"dev_{customer}",
            billing_country="US",
        )

    def ping() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def judge(customer: Callable[[], Any]) -> Callable[[], None]:
        def once() -> None:
            answer = assessments.evaluate(request(str(customer())), now=now)
            assert answer.score is not None

        return once

    with transaction.atomic():
        # Rolled back at the end: the tables are append-only, and nothing of this is history.
        fill(now)
        floor = percentiles(ping)
        ordinary = percentiles(judge(lambda: dice.randrange(CUSTOMERS)))
        hot = percentiles(judge(lambda: "hot"))
        transaction.set_rollback(True)
    report.add("one round trip, P50", floor[0], "ms")
    for name, figures in (("ordinary customer", ordinary), ("customer of 20,000 payments", hot)):
        for rank, budget in enumerate((P50_BUDGET_MS, P99_BUDGET_MS)):
            report.add(
                f"judge and store, {name}, P{(50, 99)[rank]}",
                figures[rank],
                "ms",
                floor=floor[rank],
                target=f"<= {budget:.0f} ms",
                met=figures[rank] <= budget,
            )
    report.add("the shipped rules on one payment", rules_alone(now), "us")


def fill(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '120s'")
        cursor.execute(
            FILL, {"rows": HISTORY_ROWS, "hot": HOT_ROWS, "customers": CUSTOMERS, "sellers": SELLERS, "now": now}
        )
        cursor.execute("ANALYZE fraud_observation")


def percentiles(act: Callable[[], None]) -> tuple[float, float]:
    """P50 and P99 in milliseconds after a warm-up."""
    for _ in range(50):
        act()
    taken = []
    for _ in range(CALLS):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.99)]


def rules_alone(now: datetime) -> float:
    """Microseconds for all shipped rules on one payment."""
    from fraud.parameters import threshold_types, thresholds
    from fraud.rules import scoring
    from fraud.rules.catalogue import VARIABLES, Kind
    from fraud.rules.compiled import compile_rules
    from fraud.rules.scoring import Bands
    from fraud.rules.shipped import SHIPPED

    compiled = compile_rules(version=1, rules=SHIPPED, threshold_types=threshold_types())
    blank = {Kind.NUMBER: 1, Kind.TEXT: "US", Kind.FLAG: False}
    features = {name: blank[variable.kind] for name, variable in VARIABLES.items()}
    in_force, bands = thresholds(at=now), Bands(300, 700, 900)
    started = time.perf_counter()
    for _ in range(10_000):
        scoring.judge(compiled, features=features, thresholds=in_force, base_score=125, bands=bands)
    return (time.perf_counter() - started) * 100
