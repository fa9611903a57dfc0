"""Thirty rules judged over a million stored payments, and what reading the same rows alone takes."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from fraud.rules.catalogue import VARIABLES, Kind
from fraud.rules.compiled import CompiledRules, compile_rules
from fraud.rules.definitions import Rule
from fraud.rules.shipped import SHIPPED
from tests.benchmarks.report import Report

SIZE = 1_000_000
RULES = 30
DAYS = 90
BUDGET_SECONDS = 60
AT_ONCE = 50_000

FILL = """
INSERT INTO fraud_assessment (assessment_id, livemode, payment_id, customer_id, amount_minor, currency, inputs,
    features, thresholds, hits, not_evaluated, reason_codes, rule_set_version, base_score, approve_up_to, review_up_to,
    block_up_to, score, outcome, failure, evaluation_us, created_at)
SELECT 'bench_' || i, true, 'bench_' || i, 'cus_' || i %% 5000, amount, 'USD', '{}',
       %(features)s::jsonb || jsonb_build_object(
           'amount_minor', amount, 'customer_payments_1h', i %% 13, 'customer_payments_24h', i %% 57,
           'customer_declines_24h', i %% 101 / 20, 'customer_cards_24h', i %% 31 / 9,
           'device_other_customers_30d', i %% 23 / 5,
           'customer_age_days', i %% 400 / 3.0, 'customer_median_minor', 900 + i %% 7000,
           'ip_country', CASE WHEN i %% 97 = 0 THEN 'FR' ELSE 'US' END,
           'card_funding', CASE WHEN i %% 19 = 0 THEN 'PREPAID' END, 'night', i %% 5 = 0),
       %(thresholds)s::jsonb, '[]', '{}', '{}', 1, i %% 290, 300, 700, 900, 100, 'APPROVE', '', 900,
       %(now)s - (1 - i::float8 / %(size)s) * %(days)s * interval '1 day'
  FROM (SELECT i, 500 + i * 31 %% 130000 AS amount FROM generate_series(1::bigint, %(size)s::bigint) AS i) AS numbers
"""
LABEL = """
INSERT INTO fraud_label (label_id, livemode, payment_id, payer_id, amount_minor, currency, is_fraud, strength, source,
    reference, event_at, known_at, recorded_by)
SELECT 'bench_' || id, livemode, payment_id, customer_id, amount_minor, currency, id %% 150 = 0, 10, 'SILENCE', '',
       created_at, created_at, 'SYSTEM:bench'
  FROM fraud_assessment WHERE assessment_id LIKE 'bench%%' AND created_at < %(now)s - interval '7 days'
"""


def run(report: Report) -> None:
    from fraud.parameters import thresholds
    from fraud.rules.backtest import Terms
    from fraud.rules.backtest_result import Watch
    from fraud.rules.scoring import Bands
    from fraud.selectors import replays
    from fraud.selectors.stored_decisions import Window

    size, now = int(os.environ.get("SIZE", SIZE)), datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    terms = Terms(thresholds(at=now), Bands(300, 700, 900))
    active, candidate = (_compiled(SHIPPED, 1), _compiled(thirty(), 2))
    window = Window(True, now - timedelta(days=DAYS + 1), now + timedelta(days=1), now, now - timedelta(days=7))
    with transaction.atomic():
        # Rolled back at the end: the tables are append-only, and nothing of this is history.
        _fill(size=size, now=now, thresholds=terms.thresholds)
        lists = replays.Backtest(active=active, candidate=candidate, terms=terms).lists
        bare = _seconds(lambda: _iterate(window, lists))
        spent = _seconds(
            lambda: replays.compare(
                active=active, candidate=candidate, window=window, terms=terms, watch=Watch(1_000, 4.0)
            )
        )
        transaction.set_rollback(True)
    report.add(f"reading {size:,} decisions", size / bare, "/s")
    report.add(
        f"backtest of {len(candidate.rules)} rules beside {len(active.rules)}, decisions",
        size / spent,
        "/s",
        floor=size / bare,
    )
    report.add(
        f"backtest of {size:,} decisions",
        spent,
        "s",
        floor=bare,
        target=f"<= {BUDGET_SECONDS} s a million",
        met=spent <= BUDGET_SECONDS * size / SIZE,
    )


def thirty() -> tuple[Rule, ...]:
    """The shipped rules, and as many more of their kind as make thirty."""
    more = (
        Rule(f"more_{number}", f"amount_minor > {number} * customer_median_minor and not night", 10, None, "More")
        for number in range(2, 2 + RULES - len(SHIPPED))
    )
    return (*SHIPPED, *more)


def _compiled(rules: tuple[Rule, ...], version: int) -> CompiledRules:
    from fraud.parameters import threshold_types

    return compile_rules(version=version, rules=rules, threshold_types=threshold_types())


def _fill(*, size: int, now: datetime, thresholds: object) -> None:
    samples = {Kind.NUMBER: 3, Kind.TEXT: "US", Kind.FLAG: False}
    facts = {
        "size": size,
        "now": now,
        "days": DAYS,
        "features": json.dumps({name: samples[variable.kind] for name, variable in VARIABLES.items()}),
        "thresholds": json.dumps(thresholds),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(FILL, facts)
        cursor.execute(LABEL, facts)
        cursor.execute("ANALYZE fraud_assessment, fraud_label")


def _iterate(window: object, lists: tuple[str, ...]) -> None:
    from fraud.selectors import stored_decisions
    from fraud.selectors.stored_decisions import Place

    place, read = None, AT_ONCE
    while read == AT_ONCE:
        read = 0
        with stored_decisions.stream(window, lists=lists, after=place, limit=AT_ONCE) as batches:  # type: ignore[arg-type]
            for rows in batches:
                read, place = read + len(rows), Place(*rows[-1][:2])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
