"""Eighty-five files of other people: what each is, what it adds up to, and what is wrong with it, by its manifest."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ach.nacha.inspect import Verdict, inspect
from ach.nacha.problems import Mode
from tests.unit.ach.nacha import files

FOLDER = Path(__file__).resolve().parents[5] / "shared" / "data" / "ach"
MANIFEST = FOLDER / "manifest.json"
FILES: list[dict[str, Any]] = json.loads(MANIFEST.read_text())["files"] if MANIFEST.exists() else []
# Where the manifest says so: the line at which the defect stands.
LINES = {
    "bad-check-digit.ach": 3, "bad-format-code.ach": 1, "bad-non-numeric-amount.ach": 15, "bad-return-code-r97.ach": 4,
    "bad-trace-odfi.ach": 3, "entry-description-zeros.ach": 2, "iat-bad-service-class-100.ach": 2,
    "iat-bad-batch-control.ach": 11, "pos-bad-return-code-r96.ach": 4, "shifted-header-many-entries.ach": 1,
    "tel-name-blank.ach": 8, "nested-batch-headers.ach": 4, "batch-before-file-header.ach": 4,
    "return-web-r01-r03.ach": 5,
}  # fmt: skip
# Read by the manifest's script as one line; by us as what it is: one debit of 105.00.
NO_LINE_BREAKS = {"batches": 1, "entries": 1, "debit_cents": 10500, "entry_hash": "0005320001", "sec": "PPD"}

pytestmark = pytest.mark.skipif(not FILES, reason="the third-party files are not beside the repository")


@pytest.mark.parametrize("described", FILES, ids=lambda each: each["file"])
def test_a_file_is_what_its_manifest_says(described: dict[str, Any]) -> None:
    path = FOLDER / described["file"]
    with path.open("rb") as stream:
        report = inspect(stream)
    assert report.verdict == described["verdict"], report.errors + report.warnings
    told = [(each.code, each.line) for each in report.errors + report.warnings]
    # FUZZ is the manifest's word for "anything may be wrong"; something must be.
    if described["error"] not in ("", "FUZZ"):
        assert described["error"] in {code for code, _ in told}, told
        if line := LINES.get(path.name):
            assert (described["error"], line) in told
    assert bool(report.errors) is (report.verdict is Verdict.INVALID)
    if report.verdict is not Verdict.INVALID:
        expected = described | (NO_LINE_BREAKS if path.name == "ppd-debit-no-newlines.ach" else {})
        found = report.as_json()
        assert {name: found[theirs] for name, theirs in NAMES.items()} == {name: expected[name] for name in NAMES}
        assert ",".join(found["secCodes"]) == expected["sec"]
        codes = {code for code in (expected["return_codes"] + "," + expected["change_codes"]).split(",") if code}
        assert set(found["codes"]) == codes


NAMES = {
    "batches": "batches", "entries": "entries", "addenda": "addenda", "debit_cents": "debitCents",
    "credit_cents": "creditCents", "entry_hash": "entryHash",
}  # fmt: skip


def test_the_columns_add_up_as_the_manifest_says_and_as_we_say() -> None:
    """Three ways to the same sums for the files of ordinary layout: by eye, by column, by reader."""
    ordinary = [each for each in FILES if each["verdict"] == "valid" and each["sec"] not in ("ADV", "ACK", "DNE")]
    assert len(ordinary) > 40
    for described in ordinary:
        content = (FOLDER / described["file"]).read_bytes()
        content = gzip.decompress(content) if described["file"].endswith(".gz") else content
        raw = files.raw_sums(content)
        assert raw == files.sums_of(files.read(content)), described["file"]
        assert f"{raw['hash']:010d}" == described["entry_hash"]


def test_by_the_strict_rule_alone_what_is_lenient_is_invalid() -> None:
    verdicts = {}
    for described in FILES:
        with (FOLDER / described["file"]).open("rb") as stream:
            verdicts[described["file"]] = inspect(stream, Mode.STRICT).verdict
    assert verdicts == {
        each["file"]: Verdict.VALID if each["verdict"] == "valid" else Verdict.INVALID for each in FILES
    }


def test_forty_eight_ten_and_twenty_seven() -> None:
    """The catalogue is whole: nobody removed the files that are hard."""
    counts = [sum(each["verdict"] == verdict for each in FILES) for verdict in Verdict]
    assert counts == [48, 10, 27]
