"""Whom the terms name, and who of them may sign."""

import pytest

from escrow.terms import names
from escrow.terms.agreed import Agreed
from tests.unit.escrow.terms.examples import PAYEE, PAYER, terms

APPROVERS, MANUAL = "/releaseConditions/approverUserIds", "/releaseConditions/requiresManualApproval"
LEAST = "/releaseConditions/minimumApprovalsRequired"
STAFF = {"ines@holdfast.example": True, "Omar@holdfast.example": True, "tom@holdfast.example": False}


def flags(agreed: Agreed) -> list[str]:
    return names.flags(agreed, payer_id=PAYER, payee_id=PAYEE, staff=STAFF)


def eligible(agreed: Agreed, **more: int) -> frozenset[str] | None:
    return names.eligible(agreed, payer_id=PAYER, payee_id=PAYEE, staff=STAFF, **more)


def test_the_documented_example_is_flagged_and_stays_open_to_whoever_may_sign() -> None:
    assert flags(terms()) == [
        "PAYEE_CANNOT_APPROVE:prov_provider456",
        "MEDIATOR_UNKNOWN:admin_mediator001",
        "ESCALATION_CONTACT_UNKNOWN:admin_support001",
    ]
    assert eligible(terms()) is None


def test_where_manual_approval_is_required_a_payee_alone_leaves_nobody() -> None:
    assert eligible(terms({MANUAL: True})) == frozenset()


@pytest.mark.parametrize(
    ("approvers", "expected"),
    [
        ([], []),
        (["ines@holdfast.example", "INES@Holdfast.example", "omar@holdfast.example"], []),
        ([PAYER, "nobody", PAYEE, PAYER],
         [f"PAYER_CANNOT_APPROVE:{PAYER}", "APPROVER_UNKNOWN:nobody", f"PAYEE_CANNOT_APPROVE:{PAYEE}"]),
        (["tom@holdfast.example", "prov_other"],
         ["APPROVER_MAY_NOT_SIGN:tom@holdfast.example", "APPROVER_UNKNOWN:prov_other"]),
    ],
)  # fmt: skip
def test_approvers(approvers: list[str], expected: list[str]) -> None:
    known = {"/disputePolicy/mediatorUserIds": [], "/timeoutPolicy/escalationUserIds": []}
    assert flags(terms({APPROVERS: approvers, **known})) == expected


def test_a_party_does_not_mediate_its_own_dispute_but_may_be_told_that_it_escalates() -> None:
    said = {
        APPROVERS: [],
        "/disputePolicy/mediatorUserIds": [PAYEE, "tom@holdfast.example", PAYER],
        "/timeoutPolicy/escalationUserIds": [PAYER, "ines@holdfast.example"],
    }
    assert flags(terms(said)) == [f"PAYEE_CANNOT_MEDIATE:{PAYEE}", f"PAYER_CANNOT_MEDIATE:{PAYER}"]


@pytest.mark.parametrize("manual", [True, False])
def test_who_is_named_signs_under_the_spelling_of_the_staff(manual: bool) -> None:
    named = ["INES@holdfast.example", "omar@holdfast.example", "tom@holdfast.example", PAYEE, "nobody"]
    agreed = terms({APPROVERS: named, MANUAL: manual})
    assert eligible(agreed) == {"ines@holdfast.example", "Omar@holdfast.example"}


def test_names_too_few_for_the_house_bind_only_where_the_terms_ask_for_signatures() -> None:
    """5,000.00 takes two signatures whatever the terms say; one name would hold the money for ever."""
    one = {APPROVERS: ["ines@holdfast.example"]}
    assert eligible(terms(one)) == {"ines@holdfast.example"}
    assert eligible(terms(one), at_least=2) is None
    assert eligible(terms({**one, MANUAL: True}), at_least=2) == {"ines@holdfast.example"}
    assert eligible(terms({**one, LEAST: 2})) is None


def test_nobody_named_is_whoever_has_the_permission() -> None:
    assert eligible(terms({APPROVERS: [], MANUAL: True})) is None


def test_a_staff_address_that_is_a_party_does_not_sign() -> None:
    agreed = terms({APPROVERS: ["ines@holdfast.example"], MANUAL: True})
    assert names.eligible(agreed, payer_id="ines@holdfast.example", payee_id=PAYEE, staff=STAFF) == frozenset()
