"""Which class an entry has, and what a batch may say it is for."""

import pytest

from ach import descriptions, sec
from ach.sec import Authorization


@pytest.mark.parametrize(
    ("direction", "receiver", "authorization", "right"),
    [
        ("CREDIT", "INDIVIDUAL", Authorization.INTERNET, "PPD"),
        ("CREDIT", "BUSINESS", Authorization.WRITTEN, "CCD"),
        ("DEBIT", "INDIVIDUAL", Authorization.WRITTEN, "PPD"),
        ("DEBIT", "INDIVIDUAL", Authorization.INTERNET, "WEB"),
        ("DEBIT", "INDIVIDUAL", Authorization.TELEPHONE, "TEL"),
        ("DEBIT", "BUSINESS", Authorization.INTERNET, "CCD"),
    ],
)
def test_the_class_follows_from_the_receiver_and_the_authorization(
    direction: str, receiver: str, authorization: Authorization, right: str
) -> None:
    assert sec.derive(direction, receiver, authorization) == right
    assert sec.check(right, direction, receiver) is None


@pytest.mark.parametrize(
    ("given", "direction", "receiver", "right"),
    [
        ("WEB", "CREDIT", "INDIVIDUAL", "PPD"),
        ("TEL", "CREDIT", "INDIVIDUAL", "PPD"),
        ("WEB", "CREDIT", "BUSINESS", "CCD"),
        ("PPD", "CREDIT", "BUSINESS", "CCD"),
        ("CCD", "DEBIT", "INDIVIDUAL", "PPD"),
        ("IAT", "CREDIT", "BUSINESS", "CCD"),
    ],
)
def test_a_wrong_class_is_refused_with_the_right_one_named(
    given: str, direction: str, receiver: str, right: str
) -> None:
    wrong = sec.check(given, direction, receiver)
    assert wrong is not None
    assert wrong.right == right
    assert right in wrong.reason


@pytest.mark.parametrize(
    ("description", "kind", "of", "direction", "allowed"),
    [
        ("PAYOUT", "PAYMENT", "PPD", "CREDIT", True),
        ("PAYROLL 07", "PAYMENT", "PPD", "CREDIT", True),
        ("PAYROLL", "PAYMENT", "CCD", "CREDIT", False),
        ("Payroll", "PAYMENT", "PPD", "CREDIT", False),
        ("PURCHASE", "PAYMENT", "WEB", "DEBIT", True),
        ("PURCHASE", "PAYMENT", "PPD", "DEBIT", False),
        ("ACCTVERIFY", "MICRO", "PPD", "CREDIT", True),
        ("ACCTVERIFY", "PAYMENT", "PPD", "CREDIT", False),
        ("AcctVerify", "PAYMENT", "PPD", "CREDIT", False),
        ("PAYOUT", "REVERSAL", "PPD", "DEBIT", False),
        ("RETRY PYMT", "RETRY", "WEB", "DEBIT", True),
        ("RETURN FEE", "PAYMENT", "PPD", "DEBIT", False),
    ],
)
def test_prescribed_descriptions_say_what_the_rules_prescribe(
    description: str, kind: str, of: str, direction: str, allowed: bool
) -> None:
    assert (descriptions.problem(description, kind=kind, sec=of, direction=direction) == "") is allowed
