"""The result of a backtest as its page draws it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from core.console.components import Fact
from fraud import amounts
from fraud.models import Backtest
from fraud.selectors.analytics import Period
from fraud.views.analytics import decisions_url

LABELS = ("fraud", "genuine", "immature", "unlabelled")
OUTCOMES = ("APPROVE", "REVIEW", "BLOCK", "INVESTIGATE", "NO_ADVICE")
Bars = list[tuple[str, float, str]]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule with everything the page says of it."""

    number: int
    code: str
    figures: Mapping[str, Any]
    amount: str
    fraud_amount: str
    new_amount: str
    precision: str
    recall: str
    false_positives: str
    band: str
    weeks: Bars


@dataclass(frozen=True, slots=True)
class Move:
    """From one outcome to another; the amounts are of the four labels, in the order of LABELS."""

    before: str
    after: str
    decisions: int
    amount: str
    labels: list[tuple[int, str]]


def window(backtest: Backtest) -> str:
    return f"{backtest.from_at:%-d %b %Y} to {backtest.to_at:%-d %b %Y %H:%M} UTC"


def of(backtest: Backtest) -> dict[str, Any]:
    """Context of a finished backtest's page."""
    result: dict[str, Any] = backtest.result or {}
    before, after, labels = result["sides"]["before"], result["sides"]["after"], result["labels"]
    return {
        "result": result,
        "labels": [(label, labels[label]) for label in LABELS],
        "amount": amounts.text(result["amount"]),
        "decisions_url": decisions_url(_days(backtest)),
        "comparison": [
            ("Held or refused", f"{before['flagged']:,}", f"{after['flagged']:,}"),
            ("Fraud among it", f"{before['labels']['fraud']:,}", f"{after['labels']['fraud']:,}"),
            ("Genuine among it", f"{before['labels']['genuine']:,}", f"{after['labels']['genuine']:,}"),
            *(
                (title, percent(before[name]), percent(after[name]))
                for title, name in (
                    ("Precision", "precision"),
                    ("Recall", "recall"),
                    ("False positive rate", "false_positive_rate"),
                )
            ),
        ],
        "outcomes": _outcomes(result["sides"]),
        "moves": [_move(move) for move in result["moves"]],
        "rules": _rules(result),
        "quiet": _quiet(result),
        "overlap": _overlap(result),
        "weeks": [
            ("Held or refused by the active version", _weeks(result["weeks"], "before")),
            (f"Held or refused by version {backtest.rule_set_version}", _weeks(result["weeks"], "after")),
            ("Of it fraud, as known now", _weeks(result["weeks"], "after", "fraud")),
        ],
        "facts": _facts(backtest),
    }


def _days(backtest: Backtest) -> Period:
    """Every day the window touches: the list of decisions knows whole days."""
    last = backtest.to_at - timedelta(microseconds=1)
    return Period(backtest.from_at.astimezone(UTC).date(), last.astimezone(UTC).date(), backtest.livemode)


def percent(rate: float | None) -> str:
    return "not known" if rate is None else f"{rate:.2%}"


def _facts(backtest: Backtest) -> list[Fact]:
    bands = backtest.terms["bands"]
    return [
        Fact("Asked by", backtest.asked_by),
        Fact("Asked", backtest.asked_at, "stamp"),
        Fact("Finished", backtest.finished_at, "stamp"),
        Fact("Labels as known by", backtest.as_of, "stamp"),
        Fact("Labels final for payments before", backtest.mature_before, "stamp"),
        Fact("Bands", f"approve to {bands[0]}, review to {bands[1]}, block to {bands[2]}"),
        Fact("Content", backtest.digest[:16], "code"),
    ]


def _outcomes(sides: Mapping[str, Any]) -> list[tuple[str, list[tuple[int, str]]]]:
    """Outcome, then for each side decisions and amount."""
    lines = []
    for outcome in OUTCOMES:
        found = [sides[side]["outcomes"].get(outcome) for side in ("then", "before", "after")]
        if any(found):
            lines.append((outcome, [(of["decisions"], amounts.text(of["amount"])) if of else (0, "") for of in found]))
    return lines


def _move(move: Mapping[str, Any]) -> Move:
    labels = [(move["labels"][label], amounts.text(move["amount_by_label"][label])) for label in LABELS]
    return Move(move["before"], move["after"], move["decisions"], amounts.text(move["amount"]), labels)


def _rules(result: Mapping[str, Any]) -> list[RuleLine]:
    """Those that were true at least once, in the order of the version."""
    lines = []
    for number, code in enumerate(_true(result), start=1):
        found = result["rules"][code]
        band = found["band"]
        weeks = {line["week"]: sum(line["labels"].values()) for line in found["weeks"]}
        lines.append(
            RuleLine(
                number=number,
                code=code,
                figures=found,
                amount=amounts.text(found["amount"]),
                fraud_amount=amounts.text(found["fraud_amount"]),
                new_amount=amounts.text(found["new"]["amount"]),
                precision=percent(found["precision"]),
                recall=percent(found["recall"]),
                false_positives=percent(found["false_positive_rate"]),
                band=f"{band['low']:.1f} to {band['high']:.1f}" if band else "",
                weeks=[(line["week"][5:], weeks.get(line["week"], 0), "") for line in result["weeks"]],
            )
        )
    return lines


def _true(result: Mapping[str, Any]) -> list[str]:
    return [code for code in result["overlap"]["codes"] if result["rules"][code]["hits"]]


def _quiet(result: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Rules that were never true: code, on how many decisions they lacked a value, and the forecast."""
    rules = result["rules"]
    codes = (code for code in result["overlap"]["codes"] if not rules[code]["hits"])
    return [(code, rules[code]["unknown"], _upper(rules[code]["band"])) for code in codes]


def _upper(band: Mapping[str, float] | None) -> str:
    return f"up to {band['high']:.1f}" if band else "none"


def _overlap(result: Mapping[str, Any]) -> list[tuple[str, list[tuple[int, bool]]]]:
    """Of rules that were true: code, then each cell and whether it is the rule with itself."""
    codes, together, true = result["overlap"]["codes"], result["overlap"]["together"], set(_true(result))
    places = [place for place, code in enumerate(codes) if code in true]
    return [(codes[row], [(together[row][column], row == column) for column in places]) for row in places]


def _weeks(weeks: Sequence[Mapping[str, Any]], side: str, label: str = "") -> Bars:
    tone = "bad" if label else ""
    return [(line["week"][5:], line[side][label] if label else sum(line[side].values()), tone) for line in weeks]
