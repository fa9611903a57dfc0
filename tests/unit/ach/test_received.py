"""What a line of the bank says, and what of it is not repeated."""

from datetime import UTC, date, datetime

import pytest

from ach import acknowledgement_formats as formats
from ach import received


@pytest.mark.parametrize(
    ("julian", "near", "day"),
    [
        ("070", date(2026, 3, 11), date(2026, 3, 11)),
        ("365", date(2026, 1, 2), date(2025, 12, 31)),
        ("002", date(2026, 12, 31), date(2027, 1, 2)),
        ("060", date(2028, 3, 1), date(2028, 2, 29)),
        ("   ", date(2026, 3, 11), None),
        ("000", date(2026, 3, 11), None),
        ("367", date(2026, 3, 11), None),
    ],
)
def test_the_operator_writes_the_day_of_the_year(julian: str, near: date, day: date | None) -> None:
    assert received.settlement_day(julian, near) == day


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("RETURNED PER  OFAC", "RETURNED PER OFAC"),
        ("ACCT 000123456789 CLOSED", "ACCT **** CLOSED"),
        ("SSN 123-45-6789", "SSN ****"),
        ("SEE R16 OF 2026", "SEE R16 OF ****"),
    ],
)
def test_words_stay_and_numbers_go(text: str, kept: str) -> None:
    assert received.masked(text) == kept


DIGEST = "ab" * 32


def parsed(line: str) -> formats.Answer:
    (answer,) = formats.named(None)(line.encode())
    return answer


def test_an_acknowledgement_has_a_line_a_file() -> None:
    at = datetime(2026, 3, 9, 22, tzinfo=UTC)
    accepted = parsed(f"ACK|ach_1.txt|{DIGEST}|ACCEPTED|2026-03-09T22:00:00+00:00")
    assert accepted == formats.Answer("ach_1.txt", DIGEST, True, at, "")
    rejected = parsed(f"ACK|ach_1.txt|{DIGEST}|REJECTED|2026-03-09T22:00:00Z|no |agreement")
    assert rejected == formats.Answer("ach_1.txt", DIGEST, False, at, "no |agreement")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "has no line"),
        ("ACK|a|b", "line 1: has not the fields"),
        ("NAK|a|b|c|d", "line 1: has not the fields"),
        (f"ACK|a|{DIGEST}|MAYBE|2026-03-09T22:00:00Z", "line 1: verdict is neither ACCEPTED nor REJECTED"),
        (f"ACK|a|{DIGEST}|ACCEPTED|yesterday", "line 1: moment is not ISO 8601"),
        (f"ACK|a|{DIGEST}|ACCEPTED|2026-03-09T22:00:00", "line 1: moment has no time zone"),
        ("ACK|ü|b", "holds signs that are not ASCII"),
    ],
)
def test_anything_else_is_refused_by_line_and_field(line: str, why: str) -> None:
    with pytest.raises(formats.NotAnAcknowledgement, match=why.replace("|", r"\|")):
        parsed(line)


def test_the_format_is_named_in_the_settings_of_the_originator() -> None:
    assert formats.named("lines") is formats.named(None)
    with pytest.raises(formats.NotAnAcknowledgement, match="no format is named morse"):
        formats.named("morse")


def test_an_acknowledgement_is_known_by_its_name_or_how_it_begins() -> None:
    assert formats.is_one("ACK_0311.txt", b"")
    assert formats.is_one("0311.txt", b"ACK|a")
    assert not formats.is_one("ret_0311.ach", b"101 ")
