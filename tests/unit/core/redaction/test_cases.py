"""The shared cases: every number found, nothing else touched."""

import csv
import os
import re
from pathlib import Path

import pytest

from core.telemetry import redaction

CASES = Path(
    os.environ.get("HOLDFAST_PAN_CASES", Path(__file__).parents[5] / "shared/data/pci/pan_redaction_cases.csv")
)
SEPARATORS = re.compile("[ .\u00a0-]")

pytestmark = pytest.mark.skipif(not CASES.exists(), reason=f"the shared card-number cases are not here ({CASES})")


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_they_are_all_here():
    assert len(cases()) == 71


def test_every_card_number_loses_its_middle():
    for case in cases():
        if case["contains_pan"] == "1":
            number = case["pan"]
            masked = number[:6] + "*" * (len(number) - 10) + number[-4:]
            assert masked in SEPARATORS.sub("", redaction.redact(case["text"])), case["kind"]


def test_everything_else_stays_as_it_is():
    for case in cases():
        if case["contains_pan"] == "0":
            assert redaction.redact(case["text"]) == case["text"]
