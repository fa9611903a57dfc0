"""Terms nobody should hold money under, each refused at its place; and terms that look alike and are accepted."""

from typing import Any

import pytest

from escrow.terms import checker
from escrow.terms.checker import Limits
from escrow.terms.document import InvalidTerms
from tests.unit.escrow.terms.examples import AMOUNT, BUILD, condition, milestone, terms, waiting

CONDITIONS, RELEASE, TIMEOUTS, DISPUTES = "/escrowConditions", "/releaseConditions", "/timeoutPolicy", "/disputePolicy"
ALL, MANUAL, LEAST = (
    f"{RELEASE}/allConditionsMet",
    f"{RELEASE}/requiresManualApproval",
    "/releaseConditions/minimumApprovalsRequired",
)
AUTO_RELEASE, AUTO_REFUND = f"{TIMEOUTS}/autoReleaseAfterHours", f"{TIMEOUTS}/autoRefundAfterHours"
WINDOW, WARNINGS = f"{DISPUTES}/disputeWindowHours", f"{TIMEOUTS}/warningNotificationHours"
HOURS, DATA = f"{CONDITIONS}/0/timeoutHours", f"{CONDITIONS}/0/milestoneData"
SECOND, THRESHOLD = f"{CONDITIONS}/1", f"{DISPUTES}/escalationThresholdAmount"
INSPECTION = f"{DATA}/inspectionHours"

Changes = dict[str, Any]


def faults(changes: Changes, *, eligible: int = 3, limits: Limits | None = None) -> set[tuple[str, str]]:
    found = checker.check(terms(changes), amount_minor=AMOUNT, eligible_count=eligible, limits=limits or Limits())
    assert all(fault.message for fault in found)
    return {(fault.path, fault.code.value) for fault in found}


def stages(*shares: Any, field: str = "percentage") -> list[dict[str, Any]]:
    return [milestone(f"stage-{number}", **{field: share}) for number, share in enumerate(shares)]


def test_the_documented_example_is_accepted_as_it_stands() -> None:
    """Its only approver is the payee, who never signs: nobody is eligible, and no manual approval is asked."""
    assert faults({}, eligible=0) == set()


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({HOURS: 0}, HOURS, "NOT_POSITIVE"),
        ({HOURS: -168}, HOURS, "NOT_POSITIVE"),
        ({DATA: {"inspectionHours": 0}}, INSPECTION, "NOT_POSITIVE"),
        ({f"{RELEASE}/approvalTimeoutHours": 0}, f"{RELEASE}/approvalTimeoutHours", "NOT_POSITIVE"),
        ({AUTO_RELEASE: 0}, AUTO_RELEASE, "NOT_POSITIVE"),
        ({AUTO_REFUND: -1}, AUTO_REFUND, "NOT_POSITIVE"),
        ({WARNINGS: [72, 0]}, f"{WARNINGS}/1", "NOT_POSITIVE"),
        ({WINDOW: 0}, WINDOW, "NOT_POSITIVE"),
        ({f"{DISPUTES}/autoResolutionDays": 0}, f"{DISPUTES}/autoResolutionDays", "NOT_POSITIVE"),
        (
            {f"{DISPUTES}/allowDisputes": False, WINDOW: -1},
            WINDOW,
            "NOT_POSITIVE",
        ),
        ({THRESHOLD: -1}, THRESHOLD, "NEGATIVE"),
        ({CONDITIONS: [condition("a"), condition("a")]}, f"{SECOND}/conditionId", "DUPLICATE_CONDITION"),
        ({CONDITIONS: [condition("a"), condition("b", type="TIME_ELAPSED")]}, f"{SECOND}/timeoutHours", "HOURS_NEEDED"),
        ({CONDITIONS: [condition("a", onTimeout="SATISFY")]}, HOURS, "HOURS_NEEDED"),
        ({CONDITIONS: [waiting("a", 9, onTimeout="LAPSE")]}, f"{CONDITIONS}/0/onTimeout", "TIME_CANNOT_LAPSE"),
        ({CONDITIONS: [condition(f"c{number}") for number in range(51)]}, CONDITIONS, "TOO_MANY_CONDITIONS"),
    ],
)  # fmt: skip
def test_numbers_and_names_that_make_no_sense(changes: Changes, path: str, code: str) -> None:
    assert faults(changes) == {(path, code)}


@pytest.mark.parametrize(
    ("changes", "eligible", "code"),
    [
        ({MANUAL: True}, 0, "QUORUM_TOO_LARGE"),  # the documented approver is the payee
        ({MANUAL: True, LEAST: 3}, 2, "QUORUM_TOO_LARGE"),
        ({MANUAL: True, LEAST: 0}, 2, "NO_SIGNATURES"),
        ({MANUAL: True, LEAST: 6}, 9, "TOO_MANY_SIGNATURES"),
        ({LEAST: 6}, 9, "TOO_MANY_SIGNATURES"),
        ({LEAST: -1}, 9, "NEGATIVE"),
    ],
)
def test_signatures_nobody_can_give(changes: Changes, eligible: int, code: str) -> None:
    assert faults(changes, eligible=eligible) == {(LEAST, code)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # All of: something that comes only with the refund, or after it.
        (
            {CONDITIONS: [condition("a"), waiting("b", 720)]},
            {(f"{SECOND}/timeoutHours", "RELEASE_UNREACHABLE"), (AUTO_RELEASE, "AUTO_RELEASE_NEVER_FIRES")},
        ),
        ({DATA: {"inspectionHours": 720}}, {(INSPECTION, "RELEASE_UNREACHABLE")}),
        (
            {CONDITIONS: [condition("a"), waiting("b", 700, milestoneData={"inspectionHours": 20})], WINDOW: 336},
            {(f"{SECOND}/milestoneData/inspectionHours", "RELEASE_UNREACHABLE")},
        ),
        # One of: the nearest is too late as well.
        (
            {ALL: False, CONDITIONS: [waiting("a", 720), waiting("b", 800)]},
            {
                (HOURS, "RELEASE_UNREACHABLE"),
                (f"{SECOND}/timeoutHours", "RELEASE_UNREACHABLE"),
                (AUTO_RELEASE, "AUTO_RELEASE_NEVER_FIRES"),
            },
        ),
        # An hour that is promised, and the money is gone before it.
        ({HOURS: 721}, {(HOURS, "CONDITION_AFTER_REFUND")}),
        ({HOURS: 720, f"{CONDITIONS}/0/onTimeout": "SATISFY"}, {(HOURS, "CONDITION_AFTER_REFUND")}),
        (
            {ALL: False, CONDITIONS: [condition("a"), waiting("b", 720)]},
            {(f"{SECOND}/timeoutHours", "CONDITION_AFTER_REFUND")},
        ),
        # Time alone meets the conditions: a refund that never comes.
        ({CONDITIONS: []}, {(AUTO_REFUND, "AUTO_REFUND_NEVER_FIRES")}),
        ({CONDITIONS: [waiting("a", 719)]}, {(AUTO_REFUND, "AUTO_REFUND_NEVER_FIRES")}),
        ({f"{CONDITIONS}/0/onTimeout": "SATISFY"}, {(AUTO_REFUND, "AUTO_REFUND_NEVER_FIRES")}),
        ({ALL: False, CONDITIONS: [condition("a"), waiting("b", 99)]}, {(AUTO_REFUND, "AUTO_REFUND_NEVER_FIRES")}),
        ({ALL: False, CONDITIONS: [waiting("a", 99), waiting("b", 800)]}, {(AUTO_REFUND, "AUTO_REFUND_NEVER_FIRES")}),
        (
            {CONDITIONS: [waiting("a", 99)], AUTO_RELEASE: None},
            {(AUTO_REFUND, "AUTO_REFUND_NEVER_FIRES"), (AUTO_RELEASE, "NOTHING_ENDS_IT")},
        ),
        # Money that nobody asks about.
        ({AUTO_RELEASE: None, AUTO_REFUND: None}, {(TIMEOUTS, "NO_AUTOMATIC_END")}),
        ({AUTO_RELEASE: None, AUTO_REFUND: None, CONDITIONS: []}, {(TIMEOUTS, "NO_AUTOMATIC_END")}),
        ({AUTO_REFUND: None}, {(AUTO_REFUND, "NOTHING_ENDS_IT")}),
        ({AUTO_REFUND: None, CONDITIONS: [condition("a"), waiting("b", 99)]}, {(AUTO_REFUND, "NOTHING_ENDS_IT")}),
        ({AUTO_REFUND: None, ALL: False, HOURS: 9}, {(AUTO_REFUND, "NOTHING_ENDS_IT")}),
    ],
)  # fmt: skip
def test_ends_that_cannot_be_reached_or_never_come(changes: Changes, expected: set[tuple[str, str]]) -> None:
    assert faults(changes) == expected


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({WINDOW: 337}, WINDOW, "DISPUTE_WINDOW_TOO_LONG"),
        ({AUTO_RELEASE: None, WINDOW: 721}, WINDOW, "DISPUTE_WINDOW_TOO_LONG"),
        ({AUTO_REFUND: 168, WINDOW: 169}, WINDOW, "DISPUTE_WINDOW_TOO_LONG"),
        ({DATA: {"inspectionHours": 48}, f"{DISPUTES}/allowDisputes": False}, INSPECTION, "INSPECTION_WITHOUT_DISPUTE"),
        (
            {CONDITIONS: [waiting("a", 168, milestoneData={"inspectionHours": 48})], AUTO_REFUND: None},
            INSPECTION,
            "INSPECTION_WITHOUT_DISPUTE",
        ),
        ({WARNINGS: [720]}, f"{WARNINGS}/0", "WARNING_TOO_EARLY"),
        ({WARNINGS: [24, 336], AUTO_REFUND: None, CONDITIONS: []}, f"{WARNINGS}/1", "WARNING_TOO_EARLY"),
        ({WARNINGS: [72, 24, 72]}, f"{WARNINGS}/2", "WARNING_TWICE"),
        ({AUTO_REFUND: 17_521}, AUTO_REFUND, "HOLD_TOO_LONG"),
        ({AUTO_RELEASE: 17_521}, AUTO_RELEASE, "HOLD_TOO_LONG"),
        ({f"{RELEASE}/approvalTimeoutHours": 17_521}, f"{RELEASE}/approvalTimeoutHours", "HOLD_TOO_LONG"),
        ({f"{DISPUTES}/autoResolutionDays": 724}, f"{DISPUTES}/autoResolutionDays", "HOLD_TOO_LONG"),
        (
            {AUTO_REFUND: 17_520, HOURS: 17_000, DATA: {"inspectionHours": 521}},
            INSPECTION,
            "HOLD_TOO_LONG",
        ),
        (
            {AUTO_REFUND: 17_500, CONDITIONS: [condition("a", milestoneData={"inspectionHours": 21})]},
            INSPECTION,
            "HOLD_TOO_LONG",
        ),
    ],
)  # fmt: skip
def test_windows_warnings_and_holds(changes: Changes, path: str, code: str) -> None:
    assert faults(changes) == {(path, code)}


PARTS = {f"{RELEASE}/partialReleaseAllowed": True}


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({CONDITIONS: stages("30", "50", "19.99")}, f"{CONDITIONS}/2/milestoneData/percentage", "SHARES_DO_NOT_SUM"),
        ({CONDITIONS: stages("60", "40.01")}, f"{SECOND}/milestoneData/percentage", "SHARES_DO_NOT_SUM"),
        (
            {CONDITIONS: stages(300_000, 199_999, field="amount")},
            f"{SECOND}/milestoneData/amount",
            "SHARES_DO_NOT_SUM",
        ),
        (
            {CONDITIONS: stages(300_000, 200_001, field="amount")},
            f"{SECOND}/milestoneData/amount",
            "SHARES_DO_NOT_SUM",
        ),
        ({CONDITIONS: stages(500_001, -1, field="amount")}, f"{SECOND}/milestoneData/amount", "NOT_POSITIVE"),
        ({CONDITIONS: stages("100", "0")}, f"{SECOND}/milestoneData/percentage", "NOT_POSITIVE"),
        (
            {CONDITIONS: [*stages("100"), condition("b", type="MILESTONE_REACHED")]},
            f"{SECOND}/milestoneData",
            "SHARE_MISSING",
        ),
        ({CONDITIONS: [*stages("100"), milestone("b", note="later")]}, f"{SECOND}/milestoneData", "SHARE_MISSING"),
        (
            {CONDITIONS: [milestone("a", amount=250_000), milestone("b", percentage="50")]},
            f"{SECOND}/milestoneData",
            "SHARES_MIXED",
        ),
        ({CONDITIONS: [milestone("a", amount=AMOUNT, percentage="100")]}, DATA, "SHARE_TWICE"),
        ({CONDITIONS: stages("100"), f"{RELEASE}/partialReleaseAllowed": False}, f"{RELEASE}/partialReleaseAllowed",
         "SHARES_NEED_PARTIAL_RELEASE"),
        ({CONDITIONS: stages("50", "50"), ALL: False}, ALL, "SHARES_NEED_ALL_CONDITIONS"),
    ],
)  # fmt: skip
def test_milestones_that_do_not_divide_the_amount(changes: Changes, path: str, code: str) -> None:
    assert faults({**PARTS, **changes}) == {(path, code)}


def test_a_percentage_of_less_than_a_cent_is_no_share() -> None:
    """0.01 % of 99.99 is 0.9999 of a cent."""
    agreed = terms({**PARTS, CONDITIONS: stages("99.99", "0.01")})
    found = checker.check(agreed, amount_minor=9_999, eligible_count=0, limits=Limits())
    assert [(fault.path, fault.code.value) for fault in found] == [
        (f"{SECOND}/milestoneData/percentage", "SHARE_TOO_SMALL")
    ]
    assert checker.check(agreed, amount_minor=10_000, eligible_count=0, limits=Limits()) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({AUTO_REFUND: None, CONDITIONS: [waiting("a", 300)]}, id="time alone, and no refund"),
        pytest.param({AUTO_REFUND: None, CONDITIONS: []}, id="a hold and nothing else"),
        pytest.param({AUTO_REFUND: None, f"{CONDITIONS}/0/onTimeout": "SATISFY"}, id="silence is consent"),
        pytest.param({AUTO_REFUND: None, ALL: False, CONDITIONS: [condition("a"), waiting("b", 99)]}, id="either"),
        pytest.param({AUTO_RELEASE: None}, id="released only by people"),
        pytest.param({AUTO_RELEASE: 720, AUTO_REFUND: 336}, id="what was met before the refund is released later"),
        pytest.param({AUTO_REFUND: 336}, id="both in one hour"),
        pytest.param({HOURS: 720}, id="a condition may be met until the refund"),
        pytest.param({CONDITIONS: [condition("a"), waiting("b", 719)]}, id="an hour before the refund"),
        pytest.param({DATA: {"inspectionHours": 719}}, id="an inspection that ends an hour before the refund"),
        pytest.param({WINDOW: 336}, id="disputes until the release"),
        pytest.param({WINDOW: 9_000, f"{DISPUTES}/allowDisputes": False}, id="a window of no disputes"),
        pytest.param({WARNINGS: [719]}, id="a warning of the refund alone"),
        pytest.param({MANUAL: True, LEAST: 3}, id="as many sign as may"),
        pytest.param({f"{DISPUTES}/autoResolutionDays": 723}, id="two years at most"),
        pytest.param(
            {
                AUTO_REFUND: None,
                ALL: False,
                CONDITIONS: [
                    condition("a", timeoutHours=17_000, milestoneData={"inspectionHours": 1_000}),
                    waiting("b", 300),
                ],
            },
            id="what would be looked at for too long is over by then",
        ),
        pytest.param(BUILD, id="a house in three stages"),
        pytest.param({**PARTS, CONDITIONS: stages(1, 499_999, field="amount")}, id="a milestone of one cent"),
        pytest.param({**PARTS, CONDITIONS: [*stages("100"), condition("b")]}, id="a milestone beside a condition"),
    ],
)
def test_terms_that_are_safe_are_accepted(changes: Changes) -> None:
    assert faults(changes) == set()


def test_every_fault_is_told_at_once_and_each_place_once() -> None:
    changes = {MANUAL: True, HOURS: 721, WINDOW: 337, WARNINGS: [800, 800]}
    assert faults(changes, eligible=0) == {
        (LEAST, "QUORUM_TOO_LARGE"),
        (HOURS, "CONDITION_AFTER_REFUND"),
        (WINDOW, "DISPUTE_WINDOW_TOO_LONG"),
        (f"{WARNINGS}/0", "WARNING_TOO_EARLY"),
        (f"{WARNINGS}/1", "WARNING_TOO_EARLY"),
    }


def test_the_house_may_hold_shorter_and_ask_less() -> None:
    limits = Limits(longest_hold_hours=700, most_conditions=0, most_signatures=0)
    assert faults({}, limits=limits) == {
        (CONDITIONS, "TOO_MANY_CONDITIONS"),
        (LEAST, "TOO_MANY_SIGNATURES"),
        (AUTO_REFUND, "HOLD_TOO_LONG"),
        (f"{DISPUTES}/autoResolutionDays", "HOLD_TOO_LONG"),
    }


def test_a_refusal_points_at_each_place_in_words() -> None:
    found = checker.check(terms({HOURS: 721}), amount_minor=AMOUNT, eligible_count=3, limits=Limits())
    with pytest.raises(InvalidTerms) as refused:
        checker.refuse(found)
    assert [(error.pointer, error.reason) for error in refused.value.errors] == [
        (HOURS, "hour 721 comes too late: the refund is in hour 720")
    ]
    checker.refuse([])
