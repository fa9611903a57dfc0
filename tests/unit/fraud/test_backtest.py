"""Backtests in numbers small enough to work out by hand, and what holds for any numbers."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.rules import backtest, scoring
from fraud.rules.backtest import Backtest, Decision, Label, Terms, pack, unpack, week
from fraud.rules.backtest_result import LABELS, Watch, band, summarise
from fraud.rules.compiled import compile_rules
from fraud.rules.definitions import Rule
from fraud.rules.scoring import Bands

BANDS = Bands(300, 700, 900)
TERMS = Terms({"high_value_minor": 100_000}, BANDS)
WATCH = Watch(sample=1_000, deviations=3.0)
FRAUD, GENUINE, YOUNG, SILENT = Label.FRAUD, Label.GENUINE, Label.IMMATURE, Label.UNLABELLED


def rule(code, expression, points=0, floor=None):
    return Rule(code=code, expression=expression, points=points, floor=floor, description=code)


def compiled(*rules, version=1):
    return compile_rules(version=version, rules=rules, threshold_types={"high_value_minor": int})


ACTIVE = compiled(rule("high", "amount_minor >= high_value_minor", 200))
CANDIDATE = compiled(
    rule("high", "amount_minor >= high_value_minor", 200),
    rule("prepaid", "card_funding == 'PREPAID'", 200),
    rule("tested", "customer_declines_24h >= 5", 600, "BLOCK"),
    version=2,
)

# day, amount, label, card_funding, declines. 2026-11-02 is the Monday of week 45.
TWELVE = [
    ("2026-11-02", 150_000, FRAUD, "CREDIT", 0),  # high
    ("2026-11-02", 120_000, GENUINE, "CREDIT", 0),  # high
    ("2026-11-02", 20_000, FRAUD, "PREPAID", 0),  # prepaid
    ("2026-11-03", 1_000, FRAUD, "PREPAID", 7),  # prepaid, tested
    ("2026-11-03", 2_000, FRAUD, "CREDIT", 6),  # tested
    ("2026-11-03", 3_000, GENUINE, "PREPAID", 0),  # prepaid
    ("2026-11-09", 100_000, GENUINE, "PREPAID", 0),  # high, prepaid
    ("2026-11-09", 4_000, GENUINE, "CREDIT", 0),
    ("2026-11-09", 5_000, GENUINE, "CREDIT", 0),
    ("2026-11-10", 6_000, SILENT, None, None),  # prepaid and tested are not known
    ("2026-11-10", 7_000, GENUINE, "CREDIT", 0),
    ("2026-11-10", 200_000, YOUNG, "PREPAID", 9),  # all three
]


def decisions(stories=TWELVE, *, base=125):
    for day, amount, label, funding, declines in stories:
        known = {"amount_minor": amount, "card_funding": funding, "customer_declines_24h": declines}
        yield Decision(day, "USD", amount, label, "APPROVE", base, base, json.dumps(known), None, True)


@pytest.fixture
def result():
    run = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS)
    run.add(decisions())
    return summarise(run.counts, codes=["high", "prepaid", "tested"], watch=WATCH)


class TestTwelvePayments:
    def test_each_rule_counts_its_hits_and_their_money(self, result):
        rules = result["rules"]
        assert {code: rules[code]["hits"] for code in rules} == {"high": 4, "prepaid": 5, "tested": 3}
        assert rules["high"]["amount"] == {"USD": 150_000 + 120_000 + 100_000 + 200_000}
        assert rules["prepaid"]["fraud_amount"] == {"USD": 20_000 + 1_000}
        assert rules["prepaid"]["unknown"] == rules["tested"]["unknown"] == 1
        assert rules["high"]["only"] == 2

    def test_precision_recall_and_false_positives_are_of_final_labels_only(self, result):
        # Four frauds and six genuine payments are final; the young and the silent one are apart.
        assert result["labels"] == {"fraud": 4, "genuine": 6, "immature": 1, "unlabelled": 1}
        prepaid = result["rules"]["prepaid"]
        assert prepaid["labels"] == {"fraud": 2, "genuine": 2, "immature": 1, "unlabelled": 0}
        assert (prepaid["precision"], prepaid["recall"]) == (0.5, 0.5)
        assert prepaid["false_positive_rate"] == pytest.approx(2 / 6, abs=1e-6)
        assert result["rules"]["tested"]["precision"] == 1.0

    def test_what_is_new_is_what_the_active_version_approves(self, result):
        # 125 + 200 = 325 is a review, so the active version flags every payment of 1,000.00 and more.
        new = result["rules"]["prepaid"]["new"]
        assert (new["hits"], new["labels"]["fraud"], new["labels"]["genuine"]) == (3, 2, 1)
        assert new["amount"] == {"USD": 20_000 + 1_000 + 3_000}
        assert result["rules"]["high"]["new"]["hits"] == 0

    def test_overlap_names_how_often_two_rules_agree(self, result):
        assert result["overlap"]["codes"] == ["high", "prepaid", "tested"]
        assert result["overlap"]["together"] == [[4, 2, 1], [2, 5, 2], [1, 2, 3]]

    def test_the_set_moves_payments_between_outcomes(self, result):
        sides = result["sides"]
        assert {name: of["decisions"] for name, of in sides["before"]["outcomes"].items()} == {
            "APPROVE": 8,
            "REVIEW": 4,
        }
        # Points: 125 + 200 + 600 = 925 investigates; 725 blocks; 325 reviews.
        assert {name: of["decisions"] for name, of in sides["after"]["outcomes"].items()} == {
            "APPROVE": 4,
            "REVIEW": 5,
            "BLOCK": 1,
            "INVESTIGATE": 2,
        }
        assert sides["then"]["flagged"] == 0
        moves = {(move["before"], move["after"]): move for move in result["moves"]}
        assert moves["APPROVE", "REVIEW"]["decisions"] == 2
        assert moves["APPROVE", "REVIEW"]["amount_by_label"]["fraud"] == {"USD": 20_000}
        assert moves["REVIEW", "INVESTIGATE"]["labels"]["immature"] == 1
        assert sides["after"]["recall"] == 1.0
        assert sides["before"]["recall"] == 0.25

    def test_weeks_begin_on_monday(self, result):
        assert [(line["week"], line["decisions"]) for line in result["weeks"]] == [("2026-W45", 6), ("2026-W46", 6)]
        first = result["weeks"][0]
        assert (first["before"]["fraud"], first["after"]["fraud"], first["labels"]["fraud"]) == (1, 4, 4)
        assert [line["labels"]["fraud"] for line in result["rules"]["tested"]["weeks"]] == [2, 0]

    def test_what_was_never_judged_is_apart(self):
        run = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS)
        run.add(row._replace(base_score=None) for row in decisions())
        assert summarise(run.counts, codes=["high"], watch=WATCH)["unjudged"] == 12
        assert summarise(run.counts, codes=["high"], watch=WATCH)["decisions"] == 0

    def test_a_candidate_may_start_from_another_models_score(self):
        run = Backtest(active=ACTIVE, candidate=ACTIVE, terms=TERMS)
        run.add(row._replace(candidate_base=701) for row in decisions(TWELVE[7:8]))
        (move,) = summarise(run.counts, codes=["high"], watch=WATCH)["moves"]
        assert (move["before"], move["after"]) == ("APPROVE", "BLOCK")

    def test_a_score_that_was_not_stored_is_asked_for_where_the_history_was_whole(self):
        run = Backtest(
            active=ACTIVE, candidate=ACTIVE, terms=TERMS, rescore=lambda values: 300 + values["amount_minor"] // 5_000
        )
        stored, unseen, blind, unjudged = decisions(TWELVE[7:11])
        run.add(
            [
                stored._replace(amount_minor=5_000, candidate_base=701),
                unseen._replace(candidate_base=None),
                blind._replace(candidate_base=None, whole_history=False),
                unjudged._replace(base_score=None, candidate_base=None),
            ]
        )
        found = summarise(run.counts, codes=["high"], watch=WATCH)
        assert (found["decisions"], found["degraded"], found["unjudged"]) == (2, 1, 1)
        # The version in force approves both at 125. The model says 701 of one, 300 + 5,000 / 5,000 of the other.
        assert {(move["after"], move["decisions"]) for move in found["moves"]} == {("BLOCK", 1), ("REVIEW", 1)}

    def test_what_one_slice_worked_out_is_not_worked_out_again(self, monkeypatch):
        active, candidate = compiled(*ACTIVE.rules), compiled(*CANDIDATE.rules, version=2)
        settled = []
        judge = scoring.judge
        monkeypatch.setattr(scoring, "judge", lambda *args, **more: settled.append(1) or judge(*args, **more))
        for terms in (TERMS, Terms({"high_value_minor": 100_000}, BANDS)):
            Backtest(active=active, candidate=candidate, terms=terms).add(decisions())
        once = len(settled)
        Backtest(active=active, candidate=candidate, terms=Terms({"high_value_minor": 9}, BANDS)).add(decisions())
        assert 0 < once < len(settled)
        said = {(amount >= 100_000, funding, declines and declines >= 5) for _, amount, _, funding, declines in TWELVE}
        assert once == 2 * len(said)

    def test_lists_hold_what_they_held_when_the_payment_was_judged(self):
        listed = compiled(rule("listed", "customer_id in list_blocked", 600, "BLOCK"))
        run = Backtest(active=ACTIVE, candidate=listed, terms=TERMS)
        assert run.lists == ("list_blocked",)
        (row,) = decisions(TWELVE[7:8])
        known = row._replace(values='{"customer_id": "cus_1"}')
        run.add([known._replace(entries='{"list_blocked": ["cus_1"]}'), known._replace(entries='{"list_blocked": []}')])
        run.add([known._replace(entries='{"list_blocked": null}')])
        found = summarise(run.counts, codes=["listed"], watch=WATCH)["rules"]["listed"]
        assert (found["hits"], found["unknown"]) == (1, 1)

    def test_money_of_two_currencies_is_never_added(self):
        run = Backtest(active=ACTIVE, candidate=ACTIVE, terms=TERMS)
        rows = list(decisions(TWELVE[:2]))
        run.add([rows[0], rows[1]._replace(currency="EUR")])
        figures = summarise(run.counts, codes=["high"], watch=WATCH)
        assert figures["amount"] == figures["rules"]["high"]["amount"] == {"USD": 150_000, "EUR": 120_000}


def forecast(hits, decisions, *, sample=1_000):
    return band(hits, decisions, deviations=3, sample=sample)


class TestForecast:
    def test_two_even_days_leave_what_chance_does(self):
        # 10 of 1,000 on both days. Chance: sqrt(21/2002 * (1 - 21/2002) / 1000) = 0.00322, three times 9.67 per 1,000;
        # the upper end is lifted by (3² - 1) / 6 hits.
        found = forecast({"a": 10, "b": 10}, {"a": 1_000, "b": 1_000})
        assert found == {"mean": 10.0, "low": pytest.approx(0.335, abs=0.01), "high": pytest.approx(20.999, abs=0.01)}

    def test_days_that_differ_widen_it(self):
        even = forecast({"a": 100, "b": 100}, {"a": 10_000, "b": 10_000}, sample=10_000)
        uneven = forecast({"a": 50, "b": 150}, {"a": 10_000, "b": 10_000}, sample=10_000)
        assert even["mean"] == uneven["mean"] == 10.0
        # sqrt(2 * 0.005²) = 0.00707 a day.
        assert uneven["high"] == pytest.approx(10 + 3 * 7.071 + 0.133, abs=0.01)
        assert even["high"] < uneven["high"]

    def test_a_small_sample_may_lie_further_away_than_a_day(self):
        hits, decisions = {"a": 1_000, "b": 1_000}, {"a": 100_000, "b": 100_000}
        assert forecast(hits, decisions, sample=1_000)["high"] == pytest.approx(10 + 9.44 + 1.333, abs=0.01)
        assert forecast(hits, decisions, sample=100_000)["high"] == pytest.approx(10 + 0.944 + 0.013, abs=0.01)

    def test_a_rule_that_never_hit_may_hit_once(self):
        found = forecast({}, {"a": 500, "b": 500})
        assert found["low"] == found["mean"] == 0
        assert 1000 / 500 < found["high"] < 10

    def test_without_a_decision_nothing_is_forecast(self):
        assert forecast({}, {}) is None

    @given(st.integers(1, 999), st.integers(20, 5_000), st.integers(1, 20))
    def test_the_mean_lies_within(self, rate, size, days):
        decisions = {str(day): size for day in range(days)}
        found = forecast(dict.fromkeys(decisions, size * rate // 1000), decisions)
        assert 0 <= found["low"] <= found["mean"] <= found["high"] <= 1000


ANY_DECISION = st.tuples(
    st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-09"]),
    st.integers(1, 200_000),
    st.sampled_from(LABELS),
    st.sampled_from(["CREDIT", "PREPAID", None]),
    st.one_of(st.none(), st.integers(0, 9)),
)
CODES = ["high", "prepaid", "tested"]


class TestWhateverWasDecided:
    @given(st.lists(ANY_DECISION, max_size=40), st.integers(0, 1_000))
    def test_it_is_what_judging_one_by_one_gives(self, stories, base):
        run = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS)
        run.add(decisions(stories, base=base))
        outcomes, hits = Counter(), Counter()
        for _, amount, _, funding, declines in stories:
            judgement = scoring.judge(
                CANDIDATE,
                features={"amount_minor": amount, "card_funding": funding, "customer_declines_24h": declines},
                thresholds=TERMS.thresholds,
                base_score=base,
                bands=BANDS,
            )
            outcomes[judgement.outcome.value] += 1
            hits.update(hit.code for hit in judgement.hits)
        found = summarise(run.counts, codes=CODES, watch=WATCH)
        assert {name: of["decisions"] for name, of in found["sides"]["after"]["outcomes"].items()} == dict(outcomes)
        assert {code: found["rules"][code]["hits"] for code in CODES if found["rules"][code]["hits"]} == dict(hits)

    @given(st.lists(ANY_DECISION, max_size=40))
    def test_new_hits_and_overlaps_never_exceed_what_they_are_part_of(self, stories):
        run = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS)
        run.add(decisions(stories))
        found = summarise(run.counts, codes=CODES, watch=WATCH)
        together = found["overlap"]["together"]
        approved = found["sides"]["before"]["outcomes"].get("APPROVE", {"decisions": 0})["decisions"]
        for i, code in enumerate(CODES):
            figures = found["rules"][code]
            assert together[i][i] == figures["hits"] == sum(figures["labels"].values())
            assert figures["new"]["hits"] <= min(figures["hits"], approved)
            assert figures["only"] + max(together[i][j] for j in range(3) if j != i) <= figures["hits"]
            assert sum(sum(line["labels"].values()) for line in figures["weeks"]) == figures["hits"]
            for j in range(3):
                assert together[i][j] == together[j][i] <= together[i][i]
        moved_out = sum(move["decisions"] for move in found["moves"] if move["before"] == "APPROVE")
        assert moved_out <= sum(found["rules"][code]["new"]["hits"] for code in CODES)

    @given(st.lists(ANY_DECISION, max_size=40), st.lists(st.integers(0, 40), max_size=3))
    def test_interrupted_anywhere_and_kept_as_json_it_counts_the_same(self, stories, stops):
        whole = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS)
        whole.add(decisions(stories))
        counts = Counter()
        for start, end in pairwise([0, *sorted(stops), len(stories)]):
            part = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS, counts=counts)
            part.add(decisions(stories[start:end]))
            counts = unpack(json.loads(json.dumps(pack(part.counts))))
        assert +counts == +whole.counts

    def test_more_patterns_than_are_kept_change_nothing(self, monkeypatch):
        monkeypatch.setattr(backtest, "PATTERNS_KEPT", 1)
        few = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS)
        few.add(decisions())
        monkeypatch.undo()
        all_kept = Backtest(active=ACTIVE, candidate=CANDIDATE, terms=TERMS)
        all_kept.add(decisions())
        assert few.counts == all_kept.counts


def test_the_last_days_of_december_belong_to_the_week_they_are_in():
    assert week("2026-12-31") == week("2027-01-03") == "2026-W53"
