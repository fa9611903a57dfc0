"""What the runbooks ask about a window of any length, read from the decisions themselves by their time.

The dashboards answer from days counted beforehand; an hour under attack cannot wait for that.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.parameters import services as parameters
from fraud.enums import Outcome
from fraud.ratios import Confusion, share
from fraud.selectors.decisions import FLAGGED, GROUPS

MOST_SHOWN = 20
# A person waits for the answer; a month of decisions takes longer than a request may.
PATIENCE = "SET LOCAL statement_timeout = 0"
RANGE = "decision.livemode = %(livemode)s AND decision.created_at >= %(since)s AND decision.created_at < %(until)s"
OUTCOMES = f"""
SELECT outcome, count(*), coalesce(sum(amount_minor), 0)::bigint, count(*) FILTER (WHERE degraded <> ''),
    count(bypass_turn), percentile_cont(0.99) WITHIN GROUP (ORDER BY evaluation_us)
FROM fraud_assessment decision WHERE {RANGE} AND rescores_id IS NULL GROUP BY outcome
"""  # noqa: S608 (no input in it)
RULES = f"""
SELECT hit->>'code', count(*), count(*) FILTER (WHERE decision.outcome <> 'APPROVE')
FROM fraud_assessment decision CROSS JOIN LATERAL jsonb_array_elements(decision.hits) hit
WHERE {RANGE} AND rescores_id IS NULL GROUP BY 1
"""  # noqa: S608 (no input in it)
LABELLED = f"""
SELECT decision.created_at < %(final)s, decision.outcome, label.is_fraud, count(*)
FROM fraud_assessment decision
LEFT JOIN LATERAL (
    SELECT is_fraud FROM fraud_label
    WHERE payment_id = decision.payment_id AND livemode = decision.livemode
    ORDER BY strength DESC, known_at DESC, id DESC LIMIT 1
) label ON true
WHERE {RANGE} AND rescores_id IS NULL GROUP BY 1, 2, 3
"""  # noqa: S608 (no input in it)
SUBJECTS = """
SELECT kind, subject, count(*), count(*) FILTER (WHERE outcome <> 'APPROVED')
FROM fraud_observation
CROSS JOIN LATERAL (
    VALUES ('COUNTRY', ip_country), ('BIN', card_bin), ('DEVICE', device_id), ('SELLER', payee_id)
) AS part (kind, subject)
WHERE livemode = %(livemode)s AND at >= %(since)s AND at < %(until)s AND subject IS NOT NULL
GROUP BY kind, subject
"""


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` (included) to `until` (not included), of one mode."""

    since: datetime
    until: datetime
    livemode: bool

    @property
    def hours(self) -> float:
        return (self.until - self.since) / timedelta(hours=1)


def decisions(window: Window, *, now: datetime) -> dict[str, Any]:
    """Outcomes with their shares, rules by hits, and the errors as far as they are known."""
    outcomes = _outcomes(window)
    return {
        "window": _named(window),
        "outcomes": list(outcomes.values()),
        "flagged": sum(outcomes[word]["decisions"] for word in GROUPS[FLAGGED] if word in outcomes),
        "rules": _most(_rules(window)),
        "errors": errors(window, now=now)["early"],
    }


def errors(window: Window, *, now: datetime) -> dict[str, Any]:
    """`final` are decisions older than the delay of labels; `early` the younger ones, whose missed fraud is unknown."""
    delay = timedelta(days=parameters.read("fraud.label_delay_days", at=now))
    found = {True: Confusion(0, 0, 0, 0), False: Confusion(0, 0, 0, 0)}
    unlabelled = {True: 0, False: 0}
    for is_final, outcome, is_fraud, number in _read(LABELLED, window, final=now - delay):
        if is_fraud is None:
            unlabelled[is_final] += number
        elif outcome in GROUPS[FLAGGED]:
            found[is_final] += Confusion(number, 0, 0, 0) if is_fraud else Confusion(0, number, 0, 0)
        elif outcome == Outcome.APPROVE:
            found[is_final] += Confusion(0, 0, number, 0) if is_fraud else Confusion(0, 0, 0, number)
    return {
        "window": _named(window),
        "final": found[True].in_full() | {"unlabelled": unlabelled[True]},
        "early": found[False].in_full() | {"unlabelled": unlabelled[False]},
    }


def compare(current: Window, baseline: Window) -> dict[str, Any]:
    """What grew most against the baseline's rate an hour: outcomes, and countries, cards, devices and sellers.

    `expected` is what the window would hold at the baseline's rate; `times` is None where the baseline had none.
    """
    part = current.hours / baseline.hours
    before = _outcomes(baseline)
    grown = {(kind, subject): (number, refused) for kind, subject, number, refused in _read(SUBJECTS, baseline)}
    subjects = [
        {
            "kind": kind, "subject": subject, "attempts": number, "refused": refused,
            **_against(number, grown.get((kind, subject), (0, 0))[0] * part),
        }
        for kind, subject, number, refused in _read(SUBJECTS, current)
    ]  # fmt: skip
    return {
        "current": _named(current),
        "baseline": _named(baseline),
        "outcomes": [
            {"outcome": word, "decisions": row["decisions"],
             **_against(row["decisions"], before[word]["decisions"] * part if word in before else 0.0)}
            for word, row in _outcomes(current).items()
        ],
        "subjects": sorted(subjects, key=lambda row: (row["expected"] - row["attempts"], row["subject"]))[:MOST_SHOWN],
    }  # fmt: skip


def rule_impact(before: Window, after: Window, *, rule: str) -> dict[str, Any]:
    """Hits and flags of each rule an hour, and of all decisions, on both sides of a change."""
    hits_before, hits_after = _rules(before), _rules(after)
    codes = sorted(hits_before.keys() | hits_after.keys()) if not rule else [rule]
    flagged_before, flagged_after = (_flagged_share(window) for window in (before, after))
    return {
        "before": _named(before),
        "after": _named(after),
        "flagged_share_before": flagged_before,
        "flagged_share_after": flagged_after,
        "rules": [
            {
                "rule": code,
                "hits_before": hits_before.get(code, (0, 0))[0],
                "hits_after": hits_after.get(code, (0, 0))[0],
                "flagged_before": hits_before.get(code, (0, 0))[1],
                "flagged_after": hits_after.get(code, (0, 0))[1],
                "hourly_before": hits_before.get(code, (0, 0))[0] / before.hours,
                "hourly_after": hits_after.get(code, (0, 0))[0] / after.hours if after.hours else None,
            }
            for code in codes
        ],
    }


def _outcomes(window: Window) -> dict[str, dict[str, Any]]:
    rows = {row[0]: row[1:] for row in _read(OUTCOMES, window)}
    whole = sum(number for number, *_ in rows.values())
    return {
        word.value: {
            "outcome": word.value, "decisions": rows[word][0], "share": share(rows[word][0], whole),
            "amount_minor": rows[word][1], "degraded": rows[word][2], "bypassed": rows[word][3],
            "slowest_percent_us": rows[word][4],
        }
        for word in Outcome
        if word in rows
    }  # fmt: skip


def _rules(window: Window) -> dict[str, tuple[int, int]]:
    return {code: (hits, flagged) for code, hits, flagged in _read(RULES, window)}


def _most(rules: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    ordered = sorted(rules.items(), key=lambda item: (-item[1][0], item[0]))
    return [{"rule": code, "hits": hits, "flagged": flagged} for code, (hits, flagged) in ordered[:MOST_SHOWN]]


def _flagged_share(window: Window) -> float | None:
    outcomes = _outcomes(window)
    flagged = sum(outcomes[word]["decisions"] for word in GROUPS[FLAGGED] if word in outcomes)
    return share(flagged, sum(row["decisions"] for row in outcomes.values()))


def _against(number: int, expected: float) -> dict[str, float | None]:
    return {"expected": expected, "times": number / expected if expected else None}


def _named(window: Window) -> dict[str, Any]:
    return {"since": window.since, "until": window.until, "livemode": window.livemode}


def _read(statement: str, window: Window, **more: Any) -> list[tuple[Any, ...]]:
    values = {"livemode": window.livemode, "since": window.since, "until": window.until, **more}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PATIENCE)
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
