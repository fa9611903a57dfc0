"""GET /v1/fraud/analytics says what the dashboards say."""

from datetime import timedelta

import pytest

from fraud.enums import Outcome
from fraud.selectors import analytics
from fraud.selectors.analytics import Period
from fraud.services import figures, patterns
from tests.factories import api
from tests.factories.fraud import attempt, decision, hit
from tests.integration.fraud.conftest import NOON

pytestmark = pytest.mark.django_db
OLD = NOON - timedelta(days=10)


@pytest.fixture
def client(now):
    return api.client("fraud:read")


@pytest.fixture
def month():
    decision(OLD, Outcome.REVIEW, is_fraud=True, hits=[hit("high_value_rule", 325)], amount_minor=120_000)
    decision(OLD, Outcome.REVIEW, is_fraud=False)
    for _ in range(8):
        decision(OLD, is_fraud=False)
    decision(NOON, Outcome.NO_ADVICE)
    figures.count_recent(now=NOON)


def test_the_numbers_are_those_of_the_dashboards(client, month):
    answer = client.get("/v1/fraud/analytics").json()
    shown = analytics.get(Period(NOON.date() - timedelta(days=29), NOON.date(), livemode=False), now=NOON)
    totals = answer["totals"]
    assert (answer["since"], answer["until"], answer["maturedUntil"]) == ("2026-10-20", "2026-11-18", "2026-11-10")
    assert totals["decisions"] == shown.totals.decisions == 11
    assert totals["quality"]["precision"] == shown.totals.matured.precision == 0.5
    assert totals["quality"]["falsePositiveRate"] == pytest.approx(1 / 9)
    assert totals["quality"]["falseDiscoveryRate"] == 0.5
    assert totals["blocking"]["precision"] is None
    assert totals["flaggedAmounts"] == [{"currency": "USD", "amount": 130_000}]
    assert answer["rules"][0] | {"amounts": []} == {
        "code": "high_value_rule", "hits": 1, "amounts": [], "fraud": 1, "genuine": 0, "precision": 1.0, "alone": 1,
        "alonePrecision": 1.0, "heldBack": 0,
    }  # fmt: skip


def test_the_period_is_cut_as_asked(client, month):
    answer = client.get("/v1/fraud/analytics?from=2026-11-02&to=2026-11-15&granularity=WEEK").json()
    assert [(one["since"], one["until"], one["decisions"]) for one in answer["series"]] == [
        ("2026-11-02", "2026-11-08", 10),
        ("2026-11-09", "2026-11-15", 0),
    ]


def test_what_should_be_looked_at_is_named(client, month):
    for number in range(40):
        attempt(NOON - timedelta(seconds=number), card_bin="424242")
    patterns.watch(now=NOON)
    answer = client.get("/v1/fraud/analytics").json()
    assert answer["recommendations"] == [
        "FALSE_POSITIVE_RATE_ABOVE_TARGET",
        "FALSE_DISCOVERY_RATE_ABOVE_ALARM",
        "UNUSUAL_PATTERNS",
        "DECISIONS_WITHOUT_ADVICE",
    ]
    (pattern,) = answer["fraudPatterns"]
    assert (pattern["pattern"], pattern["subject"], pattern["count"], pattern["riskLevel"]) == (
        "BIN",
        "424242",
        40,
        "HIGH",
    )


def test_nothing_is_told_of_the_other_mode(now, month):
    answer = api.client("fraud:read", livemode=True).get("/v1/fraud/analytics").json()
    assert (answer["totals"]["decisions"], answer["totals"]["quality"]["recall"], answer["recommendations"]) == (
        0,
        None,
        [],
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-11-18&to=2026-11-17", "INVALID_PERIOD"),
        ("from=2020-01-01&to=2026-11-17", "INVALID_PERIOD"),
        ("from=yesterday", "INVALID_REQUEST"),
        ("granularity=HOUR", "INVALID_REQUEST"),
        ("since=2026-11-18", "INVALID_REQUEST"),
    ],
)
def test_what_is_no_period_is_refused(client, query, code):
    answer = client.get(f"/v1/fraud/analytics?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_it_costs_the_same_for_two_years(client, month, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        client.get("/v1/fraud/analytics?from=2025-01-01&to=2026-11-18")


def test_a_score_names_the_model_and_the_rules_that_made_it(client):
    row = decision(NOON, Outcome.REVIEW, model_version="gbm_2026_11_01", model_raw=0.1, model_score=450)
    answer = client.get(f"/v1/fraud/scores/{row.transaction_id}").json()
    assert answer["modelVersion"] == "gbm_2026_11_01+marketplace_rules_v1"
