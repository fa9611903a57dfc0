"""Terms read and written: the documented example word for word, one spelling, every fault at its place."""

import json
from typing import Any

import pytest
from hypothesis import given, settings

from escrow.terms import document
from escrow.terms.agreed import Agreed, Condition, Disputes, Milestone, ReleaseRule, Timeouts
from escrow.terms.document import InvalidTerms
from escrow.terms.words import ConditionType, OnTimeout, Outcome
from tests.unit.escrow.terms.examples import BUILD, GONE, PHOTOGRAPHY, condition, terms, waiting, wire
from tests.unit.escrow.terms.strategies import any_terms

DATA = "/escrowConditions/0/milestoneData"


def test_the_documented_example_word_for_word() -> None:
    assert document.parse(PHOTOGRAPHY) == Agreed(
        conditions=(
            Condition(
                condition_id="cond_service_completion",
                type=ConditionType.SERVICE_COMPLETION,
                description="Photography service must be completed",
                on_timeout=OnTimeout.LAPSE,
                required_approvers=(),
                timeout_hours=168,
                milestone=None,
            ),
        ),
        release=ReleaseRule(
            all_conditions_met=True,
            requires_manual_approval=False,
            approver_user_ids=("prov_provider456",),
            minimum_approvals_required=1,
            approval_timeout_hours=72,
            partial_release_allowed=False,
        ),
        timeouts=Timeouts(
            auto_release_after_hours=336,
            auto_refund_after_hours=720,
            warning_notification_hours=(72, 24),
            escalation_user_ids=("admin_support001",),
        ),
        disputes=Disputes(
            allow_disputes=True,
            dispute_window_hours=168,
            auto_resolution_days=30,
            mediator_user_ids=("admin_mediator001",),
            escalation_threshold_minor=100_000,
            auto_resolution=Outcome.REFUND,
        ),
    )


def test_what_silence_means_is_written_out_and_nothing_else_is_added() -> None:
    said = {"/escrowConditions/0/onTimeout": "LAPSE", "/disputePolicy/autoResolution": "REFUND"}
    assert document.to_document(document.parse(PHOTOGRAPHY)) == wire(said)


def test_the_digest_of_the_documented_example_does_not_change_with_the_program() -> None:
    digest = "sha256:3063f9b81fb3f992fa902e3d837fe734ebd7337d1032ab732d6afae9c3f73305"
    assert document.digest(PHOTOGRAPHY) == digest


@settings(max_examples=150, deadline=None)
@given(agreed=any_terms())
def test_written_and_read_again_terms_are_the_same(agreed: Agreed) -> None:
    written = document.to_document(agreed)
    stored = json.loads(json.dumps(written))
    assert document.parse(stored) == document.parse(written) == agreed
    assert document.canonical(stored) == document.canonical(written)
    assert document.canonical(json.loads(document.canonical(written))) == document.canonical(written)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"/disputePolicy/autoResolution": "REFUND"}, {}),
        ({"/timeoutPolicy/autoRefundAfterHours": GONE}, {"/timeoutPolicy/autoRefundAfterHours": None}),
        ({"/escrowConditions/0/requiredApprovers": []}, {}),
        ({DATA: {"percentage": 33.3}}, {DATA: {"percentage": "33.30"}}),
        ({DATA: {"percentage": 50}}, {DATA: {"percentage": "50.00"}}),
        ({DATA: {"amount": None, "area": 2.0, "b": 1}}, {DATA: {"b": 1, "area": 2}}),
        ({"/escrowConditions": [waiting("a", 9)]}, {"/escrowConditions": [waiting("a", 9, onTimeout="SATISFY")]}),
    ],
)  # fmt: skip
def test_two_spellings_of_the_same_terms_have_one_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert document.digest(wire(one)) == document.digest(wire(other))


@pytest.mark.parametrize(
    "change",
    [
        {"/disputePolicy/autoResolution": "RELEASE"},
        {"/escrowConditions/0/onTimeout": "SATISFY"},
        {"/escrowConditions/0/description": "Photography service must be completed."},
        {"/timeoutPolicy/warningNotificationHours": [24, 72]},
        {DATA: {}},
    ],
)
def test_other_terms_have_another_digest(change: dict[str, Any]) -> None:
    assert document.digest(wire(change)) != document.digest(PHOTOGRAPHY)


def test_milestones_keep_what_the_parties_added() -> None:
    foundation, walls, _ = terms(BUILD).conditions
    assert foundation.milestone == Milestone(basis_points=3_000, inspection_hours=48, free={"permit": "B-17"})
    assert walls.milestone == Milestone(basis_points=5_000, inspection_hours=48)
    assert document.to_document(terms(BUILD))["escrowConditions"][0]["milestoneData"] == {
        "percentage": "30.00", "inspectionHours": 48, "permit": "B-17",
    }  # fmt: skip


CONDITION = "/escrowConditions/0"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"/escrowConditions": GONE}, "/escrowConditions"),
        ({"/escrowConditions": {}}, "/escrowConditions"),
        ({"/escrowConditions": ["a"]}, CONDITION),
        ({"/escrowConditions": [condition("c")] * 201}, "/escrowConditions"),
        ({"/releaseConditions": []}, "/releaseConditions"),
        ({"/releaseConditions": None}, "/releaseConditions"),
        ({"/amount": 500_000}, "/amount"),
        ({f"{CONDITION}/timeout": 168}, f"{CONDITION}/timeout"),
        ({"/timeoutPolicy/autoReleaseAfterDays": 14}, "/timeoutPolicy/autoReleaseAfterDays"),
        ({f"{CONDITION}/type": "SERVICE_DONE"}, f"{CONDITION}/type"),
        ({f"{CONDITION}/type": GONE}, f"{CONDITION}/type"),
        ({f"{CONDITION}/onTimeout": "satisfy"}, f"{CONDITION}/onTimeout"),
        ({f"{CONDITION}/conditionId": ""}, f"{CONDITION}/conditionId"),
        ({f"{CONDITION}/conditionId": "a/b"}, f"{CONDITION}/conditionId"),
        ({f"{CONDITION}/conditionId": "a" * 65}, f"{CONDITION}/conditionId"),
        ({f"{CONDITION}/conditionId": 7}, f"{CONDITION}/conditionId"),
        ({f"{CONDITION}/description": "  "}, f"{CONDITION}/description"),
        ({f"{CONDITION}/description": "nul \x00"}, f"{CONDITION}/description"),
        ({f"{CONDITION}/description": "d" * 1_001}, f"{CONDITION}/description"),
        ({f"{CONDITION}/timeoutHours": 168.0}, f"{CONDITION}/timeoutHours"),
        ({f"{CONDITION}/timeoutHours": "168"}, f"{CONDITION}/timeoutHours"),
        ({f"{CONDITION}/timeoutHours": True}, f"{CONDITION}/timeoutHours"),
        ({f"{CONDITION}/timeoutHours": 10**9}, f"{CONDITION}/timeoutHours"),
        ({f"{CONDITION}/requiredApprovers": "payer"}, f"{CONDITION}/requiredApprovers"),
        ({"/releaseConditions/allConditionsMet": 1}, "/releaseConditions/allConditionsMet"),
        ({"/releaseConditions/allConditionsMet": GONE}, "/releaseConditions/allConditionsMet"),
        ({"/releaseConditions/minimumApprovalsRequired": GONE}, "/releaseConditions/minimumApprovalsRequired"),
        ({"/releaseConditions/approverUserIds": ["a", 7]}, "/releaseConditions/approverUserIds/1"),
        ({"/releaseConditions/approverUserIds": ["a\nb"]}, "/releaseConditions/approverUserIds/0"),
        ({"/timeoutPolicy/warningNotificationHours": [72, "24"]}, "/timeoutPolicy/warningNotificationHours/1"),
        ({"/disputePolicy/escalationThresholdAmount": 2**63}, "/disputePolicy/escalationThresholdAmount"),
        ({"/disputePolicy/autoResolution": "SPLIT"}, "/disputePolicy/autoResolution"),
        ({DATA: "half"}, DATA),
        ({DATA: {"percentage": "33.333"}}, f"{DATA}/percentage"),
        ({DATA: {"percentage": -5}}, f"{DATA}/percentage"),
        ({DATA: {"percentage": "١٠"}}, f"{DATA}/percentage"),
        ({DATA: {"percentage": True}}, f"{DATA}/percentage"),
        ({DATA: {"amount": 10.5}}, f"{DATA}/amount"),
        ({DATA: {"note": float("nan")}}, DATA),
        ({DATA: {"note": "half a pair \ud800"}}, DATA),
        ({DATA: {"note": {"a": {"b": {"c": {"d": {}}}}}}}, DATA),
        ({DATA: {"note": "n" * 4_001}}, DATA),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_read_is_pointed_at(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidTerms) as refused:
        document.parse(wire(changes))
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert (refused.value.code, refused.value.status) == ("INVALID_TERMS", 400)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidTerms) as refused:
        document.parse({"escrowConditions": [{"type": "X", "a/b~": 1}], "releaseConditions": None})
    assert [error.pointer for error in refused.value.errors] == [
        f"{CONDITION}/a~1b~0", f"{CONDITION}/type", f"{CONDITION}/conditionId", f"{CONDITION}/description",
        "/releaseConditions", "/timeoutPolicy", "/disputePolicy",
    ]  # fmt: skip
