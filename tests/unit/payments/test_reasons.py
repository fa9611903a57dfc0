"""Reason codes of four networks, and what they mean here."""

import pytest

from payments import reasons


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("10.4", "FRAUD"),
        ("4837", "FRAUD"),
        ("F29", "FRAUD"),
        ("ua02", "FRAUD"),
        ("13.1", "NOT_RECEIVED"),
        ("C08", "NOT_RECEIVED"),
        ("4853", "NOT_AS_DESCRIBED"),
        ("13.6", "NOT_REFUNDED"),
        ("12.6.1", "DUPLICATE"),
        ("99.9", "OTHER"),
        ("", "OTHER"),
    ],
)
def test_a_code_has_a_kind(code: str, kind: str) -> None:
    assert reasons.kind_of(code) == kind


def test_no_code_has_two_kinds() -> None:
    codes = [code for each in reasons._CODES.values() for code in each]
    assert len(codes) == len(set(codes))
