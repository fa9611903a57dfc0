"""What commands that judge a window of decisions have in common: its arguments, and its figures as lines of text."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fraud import amounts

LABELS = ("fraud", "genuine", "immature", "unlabelled")
BAR = 30


def add_window(parser: ArgumentParser) -> None:
    parser.add_argument("--from", dest="from_at", type=moment, required=True, help="first moment, as 2026-11-01")
    parser.add_argument("--to", dest="to_at", type=moment, required=True, help="first moment no longer in it")
    parser.add_argument("--live", action="store_true", help="live payments instead of test payments")
    parser.add_argument("--json", dest="as_json", action="store_true", help="everything, as JSON")


def moment(text: str) -> datetime:
    """A day or a moment in ISO 8601; UTC unless it says otherwise."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is not a date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def bar(total: int, write: Callable[[str], object]) -> Callable[[int], None]:
    """Draws how far it is, over what it drew before."""

    def draw(done: int) -> None:
        filled = BAR * done // max(total, done, 1)
        write(f"\r[{'#' * filled}{'.' * (BAR - filled)}] {done:,} of {total:,} decisions")

    return draw


def lines(result: Mapping[str, Any]) -> Iterator[str]:
    """The figures of a backtest for a terminal."""
    labels = result["labels"]
    degraded = f", {result['degraded']} degraded" if result["degraded"] else ""
    yield (
        f"{result['decisions']} decisions over {amounts.text(result['amount'])}; "
        f"{result['unjudged']} without a score{degraded}"
    )
    yield "labels: " + ", ".join(f"{labels[label]} {label}" for label in LABELS)
    for side, title in (("then", "decided then"), ("before", "active version"), ("after", "this version")):
        found = result["sides"][side]
        mix = ", ".join(f"{name} {of['decisions']}" for name, of in sorted(found["outcomes"].items()))
        yield f"{title:15} {mix}; {_rates(found)}"
    for move in result["moves"]:
        told = ", ".join(
            f"{move['labels'][label]} {label} {amounts.text(move['amount_by_label'][label])}"
            for label in LABELS
            if move["labels"][label]
        )
        what = f"{move['before']} -> {move['after']}"
        yield f"{what:24} {move['decisions']} decisions, {amounts.text(move['amount'])} ({told})"
    for code in result["overlap"]["codes"]:
        found = result["rules"][code]
        band = found["band"]
        expected = f"{band['low']:g} to {band['high']:g} per 1,000 a day" if band else "no forecast"
        yield (
            f"{code:32} {found['hits']:>8} hits, {amounts.text(found['amount'])}; {_rates(found)}; "
            f"new {found['new']['hits']} ({found['new']['labels']['fraud']} fraud); "
            f"{expected}"
        )


def _rates(found: Mapping[str, Any]) -> str:
    shown = {"precision": "precision", "recall": "recall", "false_positive_rate": "false positives"}
    return ", ".join(
        f"{title} {'unknown' if found[name] is None else format(found[name], '.2%')}" for name, title in shown.items()
    )
