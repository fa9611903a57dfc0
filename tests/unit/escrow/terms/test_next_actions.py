"""If nobody acts: one sentence for every situation an escrow can be in."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from escrow.terms.timeline import ApprovalNow, ConditionNow, DisputeNow, Situation, next_action
from escrow.terms.words import Outcome, State
from tests.unit.escrow.terms.examples import BUILD, FUNDED, condition, terms

NAME = "cond_service_completion"
DONE = {NAME: ConditionNow(State.MET, met_at=FUNDED + timedelta(hours=20))}
LAPSED = {NAME: ConditionNow(State.LAPSED)}


def hour(hours: float) -> datetime:
    return FUNDED + timedelta(hours=hours)


def told(
    now: datetime = FUNDED, changes: dict[str, Any] | None = None, **said: Any
) -> tuple[str, datetime | None, str]:
    situation = Situation(terms(changes), **{"status": "FUNDED", "funded_at": FUNDED, **said})
    answer = next_action(situation, now)
    return answer.action.value, answer.at, answer.why


def test_before_and_after_the_money() -> None:
    assert told(status="CREATED", funded_at=None) == (
        "FUND", None, "Nothing happens until the payer funds it; no money is held yet.",
    )  # fmt: skip
    for status in ("RELEASED", "REFUNDED"):
        assert told(status=status, locks=frozenset({"FRAUD"}))[:2] == ("NONE", None)


def test_the_documented_example_is_refunded_if_nobody_does_anything() -> None:
    assert told(hour(1)) == (
        "REFUND",
        hour(720),
        "What is still held goes back to the payer on 14 February 2024 at 10:30 UTC: the conditions are not met "
        "by then, and without them the payee is owed nothing.",
    )
    assert told(hour(200), conditions=LAPSED)[:2] == ("REFUND", hour(720))


def test_the_documented_example_is_released_at_its_hour_once_the_service_is_done() -> None:
    assert told(hour(21), conditions=DONE) == (
        "RELEASE",
        hour(336),
        "The money goes to the payee on 29 January 2024 at 10:30 UTC, the agreed hour: the conditions are met by then, "
        "and the payer has had the time to object.",
    )


def test_what_is_overdue_happens_at_once() -> None:
    late = told(hour(400), conditions=DONE)
    assert late[:2] == ("RELEASE", hour(400))
    assert "at once" in late[2]
    assert told(hour(800))[:2] == ("REFUND", hour(800))


def test_met_in_the_hour_of_the_refund_is_met_too_late() -> None:
    """The timer is late, and somebody satisfied the condition meanwhile."""
    in_time, too_late = (ConditionNow(State.MET, met_at=hour(at)) for at in (719.99, 720))
    assert told(hour(721), conditions={NAME: in_time})[0] == "RELEASE"
    assert told(hour(721), conditions={NAME: too_late})[0] == "REFUND"


def test_a_time_lock_of_the_rail_delays_the_release_but_not_the_refund() -> None:
    locked = {"available_at": hour(1_000), "locks": frozenset({"TIME_LOCK"}), "status": "LOCKED"}
    released = told(hour(21), conditions=DONE, **locked)
    assert released[:2] == ("RELEASE", hour(1_000))
    assert "can no longer be called back" in released[2]
    assert told(hour(21), **locked)[:2] == ("REFUND", hour(720))
    endless = {**locked, "available_at": None}
    assert told(hour(21), conditions=DONE, **endless)[:2] == ("ESCALATE", None)


def test_the_last_inspection_of_a_build_decides() -> None:
    """The release is agreed for hour 100; the roof is reached in hour 90 and looked at for 48 hours."""
    reached = {
        "foundation": ConditionNow(State.MET, met_at=hour(10), inspection_ends_at=hour(58)),
        "walls": ConditionNow(State.MET, met_at=hour(40)),  # the payer has accepted
        "roof": ConditionNow(State.MET, met_at=hour(90), inspection_ends_at=hour(138)),
    }
    early = {**BUILD, "/timeoutPolicy/autoReleaseAfterHours": 100}
    waits = told(hour(95), early, conditions=reached)
    assert waits[:2] == ("RELEASE", hour(138))
    assert "time to inspect" in waits[2]
    accepted = {**reached, "roof": ConditionNow(State.MET, met_at=hour(90))}
    assert told(hour(95), early, conditions=accepted)[:2] == ("RELEASE", hour(100))
    assert told(hour(95), BUILD, conditions=reached)[:2] == ("RELEASE", hour(2_400))


def test_a_refund_of_a_build_warns_of_what_a_milestone_has_freed() -> None:
    reached = {"foundation": ConditionNow(State.MET, met_at=hour(10))}
    action, at, why = told(hour(90), BUILD, conditions=reached)
    assert (action, at) == ("REFUND", hour(2_400))
    assert why.endswith("and what milestones have freed must be released before.")
    assert "owed nothing" in told(hour(90), BUILD)[2]


def test_silence_that_counts_as_consent_starts_the_inspection_too() -> None:
    silent = condition("a", timeoutHours=200, onTimeout="SATISFY", milestoneData={"inspectionHours": 48})
    changes = {"/escrowConditions": [silent], "/timeoutPolicy/autoRefundAfterHours": None,
               "/timeoutPolicy/autoReleaseAfterHours": 168}  # fmt: skip
    assert told(hour(1), changes)[:2] == ("RELEASE", hour(248))
    # The row decides: an hour that was moved, a condition that had lapsed under earlier terms.
    assert told(hour(1), changes, conditions={"a": ConditionNow(due_at=hour(210))})[:2] == ("RELEASE", hour(258))
    assert told(hour(1), changes, conditions={"a": ConditionNow(State.LAPSED)})[:2] == ("ESCALATE", None)


def test_a_release_that_takes_signatures_asks_and_waits() -> None:
    asked = told(hour(21), conditions=DONE, signatures_needed=2)
    assert asked[:2] == ("ASK_SIGNATURES", hour(336))
    assert asked[2].startswith("2 signatures are asked for on 29 January 2024 at 10:30 UTC")
    waiting = {"conditions": DONE, "status": "LOCKED", "locks": frozenset({"APPROVALS"}), "signatures_needed": 2}
    once = told(hour(340), approval=ApprovalNow(2, 1, hour(408)), **waiting)
    assert once == (
        "WAIT_FOR_SIGNATURES",
        hour(408),
        "1 of 2 have signed; the question lapses on 1 February 2024 at 10:30 UTC, and unsigned the money stays held.",
    )
    assert told(hour(340), approval=ApprovalNow(2, 2, hour(408)), **waiting)[:2] == ("RELEASE", hour(340))
    lapsed = told(hour(408), approval=ApprovalNow(2, 1, hour(408)), **waiting)
    assert lapsed[:2] == ("ASK_SIGNATURES", hour(408))


def test_a_question_that_outlives_the_refund_does_not_stop_it() -> None:
    """Signatures for a part, while the conditions of the whole are not met."""
    assert told(hour(700), approval=ApprovalNow(2, 0, hour(721)))[:2] == ("REFUND", hour(720))
    assert told(hour(700), approval=ApprovalNow(2, 0, hour(720)))[:2] == ("REFUND", hour(720))
    assert told(hour(600), approval=ApprovalNow(2, 0, hour(672)))[:2] == ("WAIT_FOR_SIGNATURES", hour(672))


@pytest.mark.parametrize(
    ("outcome", "words"), [(Outcome.REFUND, "a refund to the payer"), (Outcome.RELEASE, "a release to the payee")]
)
def test_a_dispute_stops_everything_and_ends_as_agreed(outcome: Outcome, words: str) -> None:
    dispute = DisputeNow(hour(760), outcome)
    action, at, why = told(hour(750), status="DISPUTED", dispute=dispute, locks=frozenset({"FRAUD"}))
    assert (action, at) == ("RESOLVE_DISPUTE", hour(760))
    assert words in why
    assert told(hour(750), status="DISPUTED")[:2] == ("RESOLVE_DISPUTE", None)


@pytest.mark.parametrize("reason", ["COMPLIANCE", "FRAUD", "RECONCILIATION"])
def test_a_hold_waits_for_a_person_and_tips_nobody_off(reason: str) -> None:
    held = told(hour(800), conditions=DONE, status="LOCKED", locks=frozenset({reason, "APPROVALS"}))
    assert held == ("ESCALATE", None, "Held for checks: no timer moves the money until a person lifts the hold.")


def test_terms_that_release_nothing_by_themselves_wait_for_somebody_to_ask() -> None:
    by_hand = {"/timeoutPolicy/autoReleaseAfterHours": None}
    assert told(hour(21), by_hand, conditions=DONE)[:2] == ("ESCALATE", hour(21))
    assert told(hour(21), by_hand)[:2] == ("REFUND", hour(720))


def test_without_disputes_nobody_is_said_to_have_had_time_to_object() -> None:
    _, _, why = told(hour(21), {"/disputePolicy/allowDisputes": False}, conditions=DONE)
    assert "object" not in why
