"""Charts along time: geometry that says what the numbers say, and words for who cannot see it."""

import re

from core.console import charts


def rects(drawn):
    """(tone, y, height) of each bar."""
    found = re.findall(r'<rect class="fill-(\w+)" x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    return [(tone, float(y), float(height)) for tone, y, height in found]


def test_series_pile_up_from_the_foot():
    drawn = charts.stacks(
        ["1 Nov", "2 Nov"], [("review", "careful", [3, 0]), ("block", "bad", [1, 2])], title="Flagged"
    )
    (first, low, high), (second, above, less), (third, _, _) = rects(drawn)
    assert (first, second, third) == ("careful", "bad", "bad")
    assert low + high == 160
    assert above + less == low
    assert high == 3 * less
    assert 'aria-label="Flagged: review 3, block 3"' in drawn


def test_the_highest_column_fills_the_room_and_the_scale_names_it():
    drawn = charts.stacks(["a"], [("x", "good", [1_500])], title="t")
    ((_, top, height),) = rects(drawn)
    assert (top, height) == (12, 148)
    assert ">1,500<" in drawn
    assert ">750<" in drawn


def test_a_line_is_not_drawn_over_what_is_unknown():
    drawn = charts.lines(["a", "b", "c", "d"], [("recall", "good", [0.5, None, 1.0, 0.0])], title="t")
    (line,) = re.findall(r'<polyline class="line-good dash-0" points="([^"]*)"', drawn)
    assert [float(point.split(",")[1]) for point in line.split()] == [12, 160]
    assert drawn.count("<circle") == 3
    assert "recall last 0.0%" in drawn


def test_at_most_eight_labels_are_written_for_a_hundred_days():
    drawn = charts.stacks([f"day {n}" for n in range(100)], [("x", "good", [1] * 100)], title="t")
    assert len(re.findall(r">day \d+<", drawn)) <= 8


def test_nothing_is_said_to_be_nothing():
    assert "no data" in charts.stacks(["a"], [("x", "good", [0])], title="t")
    assert "no data" in charts.stacks([], [], title="t")
    assert "no data" in charts.lines(["a"], [("x", "good", [None])], title="t")


def test_logarithmic_bars_keep_the_order_and_show_the_small_ones():
    drawn = charts.bars([("a", 999_999, "good"), ("b", 9, "bad"), ("c", 0, "quiet")], title="t", logarithmic=True)
    heights = [height for _, _, height in rects(drawn)]
    assert round(heights[0] / heights[1], 1) == 6
    assert heights[2] == 1
    assert ">999,999<" in drawn


def test_names_are_escaped():
    assert "<b>" not in charts.stacks(["<b>"], [("<b>", "good", [1])], title="<b>")


def test_millions_are_written_out():
    assert ">1,234,567<" in charts.bars([("a", 1_234_567, "good")], title="t")
