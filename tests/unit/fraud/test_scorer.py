"""The generated text says what the Booster says, to the last bits, and nothing else runs."""

import math
import random
from typing import Any

import numpy
import pytest

from fraud.model import parity, scorer
from fraud.model.branches import UnscorableModel, condition
from fraud.model.scorer import NotOurSource
from tests.factories import boosters

NAN = float("nan")


@pytest.fixture(scope="module")
def learned() -> tuple[Any, list[list[float]]]:
    rows, labels = boosters.payments(4_000)
    return boosters.booster(rows, labels, trees=70), rows


def loaded(booster: Any) -> scorer.Scorer:
    source = scorer.generate(booster.dump_model())
    return scorer.load(source, scorer.digest(source))


def split(**changes: Any) -> dict[str, Any]:
    return {
        "split_feature": 0,
        "threshold": 2.5,
        "decision_type": "<=",
        "default_left": True,
        "missing_type": "NaN",
    } | changes


@pytest.mark.parametrize(
    ("missing_type", "default_left", "threshold", "goes_left"),
    [
        # value: below, above, missing, zero
        ("NaN", True, 2.5, (True, False, True, True)),
        ("NaN", False, 2.5, (True, False, False, True)),
        ("None", True, 2.5, (True, False, True, True)),
        ("None", True, -1.0, (False, False, False, False)),
        ("Zero", True, -1.0, (False, False, True, True)),
        ("Zero", False, 2.5, (True, False, False, False)),
    ],
)
def test_where_a_value_goes_at_a_split(
    missing_type: str, default_left: bool, threshold: float, goes_left: tuple[bool, ...]
) -> None:
    said = condition(split(missing_type=missing_type, default_left=default_left, threshold=threshold))
    assert tuple(eval(said, {"x0": value}) for value in (1.0, 3.0, NAN, 0.0)) == goes_left


def test_a_category_is_a_whole_number_and_an_unknown_one_goes_right() -> None:
    said = condition(split(decision_type="==", threshold="0||3"))
    values = [0.0, -0.5, 3.0, 3.9, 1.0, 4.0, -3.0, NAN]
    assert [eval(said, {"x0": value}) for value in values] == [True, True, True, True, False, False, False, False]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"zero_as_missing": True},
        {"use_missing": False},
        {"num_leaves": 31, "min_data_in_leaf": 5},
        {"boost_from_average": False},
        {"sigmoid": 2.0},
    ],
)
def test_the_text_and_the_booster_agree_on_a_thousand_rows_with_every_variable_missing(changes: dict[str, Any]) -> None:
    rows, labels = boosters.payments(3_000, seed=3)
    booster = boosters.booster(rows, labels, **changes)
    found = parity.compare(booster.model_to_string(), loaded(booster), rows)
    assert (found.rows, found.columns) == (1_005, 4)
    assert found.difference == 0.0  # not only within the tolerance
    assert found.unexplained < 1e-12
    assert found.passed(4)


def test_categories_agree_too() -> None:
    chance = random.Random(5)
    rows = [[float(chance.randrange(12)), chance.random()] for _ in range(3_000)]
    labels = [chance.random() < (0.6 if row[0] in {0, 3, 7} else 0.05) for row in rows]
    booster = boosters.booster(rows, labels, categorical=[0], min_data_per_group=10)
    assert "||" in booster.model_to_string() or "num_cat=1" in booster.model_to_string()
    assert parity.compare(booster.model_to_string(), loaded(booster), [*rows, [99.0, 0.5], [-2.0, 0.5]]).passed(2)


def test_a_text_that_differs_in_one_leaf_does_not_pass(learned: tuple[Any, list[list[float]]]) -> None:
    booster, rows = learned
    dump = booster.dump_model()
    leaf = dump["tree_info"][0]["tree_structure"]
    while "split_feature" in leaf:
        leaf = leaf["left_child"]
    leaf["leaf_value"] += 1e-9
    source = scorer.generate(dump)
    found = parity.compare(booster.model_to_string(), scorer.load(source, scorer.digest(source)), rows)
    assert found.difference == pytest.approx(1e-9, rel=1e-3)
    assert not found.passed(4)


def test_too_few_rows_or_a_variable_never_missing_is_no_proof() -> None:
    assert parity.Parity(1_000, 4, 1e-12, 0.0).passed(4)
    assert not parity.Parity(999, 4, 0.0, 0.0).passed(4)
    assert not parity.Parity(1_000, 3, 0.0, 0.0).passed(4)


def test_contributions_and_bias_are_the_raw_score_and_the_bias_is_that_of_exact_shap(
    learned: tuple[Any, list[list[float]]],
) -> None:
    booster, rows = learned
    ours = loaded(booster)
    exact = booster.predict(numpy.array(rows[:50]), pred_contrib=True, num_threads=1)
    for row, contributions in zip(rows[:50], exact, strict=True):
        assert ours.bias + sum(ours.explain(row)) == pytest.approx(ours(row), abs=1e-12)
        assert float(sum(contributions)) == pytest.approx(ours(row), abs=1e-9)
        assert float(contributions[-1]) == pytest.approx(ours.bias, abs=1e-9)


def test_with_one_split_a_tree_the_paths_are_exact_shap() -> None:
    rows, labels = boosters.payments(3_000, seed=9)
    booster = boosters.booster(rows, labels, num_leaves=2)
    ours = loaded(booster)
    exact = booster.predict(numpy.array(rows[:100]), pred_contrib=True, num_threads=1)
    for row, contributions in zip(rows[:100], exact, strict=True):
        assert ours.explain(row) == pytest.approx([float(value) for value in contributions[:-1]], abs=1e-9)


def test_a_large_payment_is_explained_by_its_amount(learned: tuple[Any, list[list[float]]]) -> None:
    moved = loaded(learned[0]).explain([40_000.0, 0.0, 0.01, 0.0])
    assert max(range(4), key=moved.__getitem__) == 0
    assert moved[0] > 1.0


def test_a_tree_of_one_leaf_says_the_same_of_everything() -> None:
    dump = {
        "objective": "binary sigmoid:1",
        "max_feature_idx": 1,
        "tree_info": [{"tree_structure": {"leaf_value": -4.5}}],
    }
    source = scorer.generate(dump)
    ours = scorer.load(source, scorer.digest(source))
    assert (ours([1.0, NAN]), ours.explain([1.0, NAN]), ours.bias) == (-4.5, [0.0, 0.0], -4.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"objective": "regression"},
        {"average_output": True},
        {"num_tree_per_iteration": 3},
        {"tree_info": [{"tree_structure": {"leaf_value": 1.0, "leaf_coeff": [0.5]}}]},
        {
            "tree_info": [
                {
                    "tree_structure": split(
                        missing_type="Some", left_child={"leaf_value": 0}, right_child={"leaf_value": 0}
                    )
                }
            ]
        },
    ],
)
def test_what_the_text_could_not_repeat_is_refused(changes: dict[str, Any]) -> None:
    plain = {"objective": "binary", "max_feature_idx": 0, "tree_info": [{"tree_structure": {"leaf_value": 0.1}}]}
    with pytest.raises(UnscorableModel):
        scorer.generate(plain | changes)


def test_a_changed_text_is_not_loaded(learned: tuple[Any, list[list[float]]]) -> None:
    source = scorer.generate(learned[0].dump_model())
    with pytest.raises(NotOurSource):
        scorer.load(source.replace("raw", "row"), scorer.digest(source))


@pytest.mark.parametrize(
    "foreign",
    [
        "import os",
        "x = ().__class__",
        "VARIABLES = open('/etc/passwd')",
        "x = __builtins__",
        "x = [1 for _ in (1,)]",
        "x = 2 ** 9",
        "while 1: x = 1",
        "x = lambda: 1",
        "x = f'{1}'",
    ],
)
def test_a_text_with_anything_else_in_it_is_not_loaded_even_with_its_own_digest(foreign: str) -> None:
    source = f"VARIABLES = 1\nBIAS = 0.0\n{foreign}\n"
    with pytest.raises((NotOurSource, NameError)):
        scorer.load(source, scorer.digest(source))


def test_nothing_is_built_in_for_the_text() -> None:
    source = "VARIABLES = 1\nBIAS = 0.0\ndef score_0(raw, x0): return raw if len else x0\n"
    with pytest.raises(NameError):
        scorer.load(source, scorer.digest(source))([1.0])


def test_missing_is_not_zero(learned: tuple[Any, list[list[float]]]) -> None:
    ours = loaded(learned[0])
    assert not math.isnan(ours([NAN] * 4))
    assert ours([NAN] * 4) != ours([0.0] * 4)
