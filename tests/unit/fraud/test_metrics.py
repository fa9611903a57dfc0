"""Metrics against examples worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud.learning.metrics import auc, average_precision, card_precision, recall_at_false_positive_rate

# From the highest score: fraud, genuine, fraud, genuine, genuine.
LABELS, SCORES = [1, 0, 1, 0, 0], [0.9, 0.8, 0.7, 0.4, 0.1]


def test_auc_counts_the_pairs_in_the_right_order():
    # The first fraud is above all three genuine payments, the second above two: 5 of 6.
    assert auc(LABELS, SCORES) == pytest.approx(5 / 6)


def test_a_tie_is_half_a_pair():
    assert auc([1, 0], [0.5, 0.5]) == 0.5
    # Above one of two, level with the other.
    assert auc([1, 0, 0], [0.5, 0.5, 0.1]) == 0.75


def test_average_precision_adds_precision_where_recall_grows():
    # Half the fraud at precision 1, the other half at 2 of 3.
    assert average_precision(LABELS, SCORES) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_level_scores_are_one_threshold_for_average_precision():
    assert average_precision([1, 0, 0, 0], [0.5] * 4) == 0.25
    assert average_precision([0, 0, 0, 1], [0.5] * 4) == 0.25
    assert average_precision([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1]) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


@pytest.mark.parametrize(("rate", "recall"), [(0.0, 0.5), (0.33, 0.5), (0.34, 1.0), (1.0, 1.0)])
def test_recall_at_a_false_positive_rate(rate, recall):
    # One of three genuine payments stands above the second fraud.
    assert recall_at_false_positive_rate(LABELS, SCORES, rate) == recall


def test_a_threshold_among_level_scores_takes_all_or_none():
    assert recall_at_false_positive_rate([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.4) == 0.5
    assert recall_at_false_positive_rate([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5) == 1.0


def test_card_precision_ranks_customers_by_their_highest_score_of_the_day():
    days = [0, 0, 0, 0]
    customers = ["ann", "ann", "bob", "cleo"]
    # Ann's best is 0.9, though it was her other payment that was fraud; Bob comes second.
    assert card_precision(days, customers, [1, 0, 0, 1], [0.2, 0.9, 0.8, 0.7], top=2) == 0.5
    assert card_precision(days, customers, [1, 0, 0, 1], [0.2, 0.9, 0.8, 0.7], top=3) == pytest.approx(2 / 3)


def test_a_customer_found_stays_out_of_later_days():
    days = [0, 0, 1, 1]
    customers = ["ann", "bob", "ann", "bob"]
    # Day 0 finds Ann; day 1 looks at Bob, though Ann scores higher, and finds him.
    assert card_precision(days, customers, [1, 0, 1, 1], [0.9, 0.1, 0.9, 0.1], top=1) == 1.0
    # A customer looked at in vain is looked at again.
    assert card_precision(days, customers, [0, 1, 1, 0], [0.9, 0.1, 0.9, 0.1], top=1) == 0.5


def test_card_precision_is_a_share_of_all_looked_at_even_where_fewer_paid():
    assert card_precision([0], ["ann"], [1], [0.9], top=100) == 0.01


@pytest.mark.parametrize("labels", [[0, 0], [1, 1]])
def test_without_both_kinds_there_is_nothing_to_tell_apart(labels):
    with pytest.raises(ValueError, match="both kinds"):
        auc(labels, [0.1, 0.2])
    with pytest.raises(ValueError, match="both kinds"):
        recall_at_false_positive_rate(labels, [0.1, 0.2], 0.01)


def test_without_fraud_or_days_there_is_no_precision():
    with pytest.raises(ValueError, match="no fraud"):
        average_precision([0], [0.1])
    with pytest.raises(ValueError, match="no day"):
        card_precision([], [], [], [])


ROWS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=40).filter(
    lambda rows: 0 < sum(label for label, _ in rows) < len(rows)
)


@given(ROWS)
def test_auc_and_recall_by_looking_at_every_pair_and_threshold(rows):
    labels, scores = [label for label, _ in rows], [float(score) for _, score in rows]
    frauds = [score for label, score in rows if label]
    genuine = [score for label, score in rows if not label]
    pairs = [1.0 if f > g else 0.5 if f == g else 0.0 for f in frauds for g in genuine]
    assert auc(labels, scores) == pytest.approx(sum(pairs) / len(pairs))
    allowed = [
        sum(f >= limit for f in frauds) / len(frauds)
        for limit in [*scores, 9]
        if sum(g >= limit for g in genuine) <= 0.3 * len(genuine)
    ]
    assert recall_at_false_positive_rate(labels, scores, 0.3) == pytest.approx(max(allowed))


@given(ROWS)
def test_the_order_of_rows_changes_no_metric(rows):
    labels, scores = [label for label, _ in rows], [float(score) for _, score in rows]
    back = labels[::-1], scores[::-1]
    assert auc(*back) == pytest.approx(auc(labels, scores))
    assert average_precision(*back) == pytest.approx(average_precision(labels, scores))
