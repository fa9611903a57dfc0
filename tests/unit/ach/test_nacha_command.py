"""`manage.py nacha inspect`: exit 0, 1 or 2, whatever the file; no database; no account number on the screen."""

import gzip
import json
import os
import random
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ach.management.commands.nacha import Command
from tests.unit.ach.nacha.files import COMES_BACK, PAYOUTS, text_of

ROOT = Path(__file__).resolve().parents[3]


def inspected(path: Path, *options: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("nacha", "inspect", str(path), *options, stdout=out, stderr=err)
    except SystemExit as left:
        code = int(left.code or 0)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def valid(tmp_path: Path) -> Path:
    path = tmp_path / "payouts.ach"
    path.write_bytes(text_of(PAYOUTS))
    return path


def test_a_valid_file_as_json(valid: Path) -> None:
    code, out, err = inspected(valid, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "verdict": "valid", "errors": [], "warnings": [], "batches": 2, "entries": 3, "addenda": 1,
        "debitCents": 31005, "creditCents": 133999, "entryHash": "0120987654", "secCodes": ["CCD", "PPD"],
        "returns": [], "changes": [], "codes": {}, "leftOut": {},
    }  # fmt: skip


def test_a_lenient_file_leaves_with_zero_and_by_the_strict_rule_with_one(valid: Path) -> None:
    valid.write_bytes(text_of(PAYOUTS, "\r\n"))
    code, out, _ = inspected(valid, "--json")
    found = json.loads(out)
    assert (code, found["verdict"]) == (0, "lenient")
    assert found["warnings"] == [
        {"line": 1, "record": "record", "field": "record", "code": "LINE_END",
         "message": "lines end with CR LF, not LF"},
    ]  # fmt: skip
    code, out, _ = inspected(valid, "--json", "--mode", "strict")
    assert (code, json.loads(out)["verdict"]) == (1, "invalid")
    assert inspected(valid, "--mode", "inbound")[0] == 0


def test_an_invalid_file_leaves_with_one_and_says_where(valid: Path) -> None:
    valid.write_bytes(text_of(PAYOUTS).replace(b"622111111118", b"622111111119"))
    code, out, _ = inspected(valid)
    assert code == 1
    for word in ("payouts.ach: invalid", "BAD_CHECK_DIGIT", "routing", "must be 8", "1,339.99"):
        assert word in out
    assert "12345678901" not in out


def test_what_comes_back_is_listed_without_accounts(valid: Path) -> None:
    valid.write_bytes(text_of(COMES_BACK))
    code, out, _ = inspected(valid)
    assert code == 0
    for word in ("R03", "123456780000001", "1,250.00", "C01", "change (account)"):
        assert word in out
    assert "S-77" not in out


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "payouts.ach.gz"
    path.write_bytes(gzip.compress(text_of(PAYOUTS)))
    assert inspected(path)[0] == 0
    path.write_bytes(path.read_bytes()[:-9])
    assert inspected(path) == (2, "", "'payouts.ach.gz' cannot be read: the compressed data is damaged\n")


def test_an_empty_file_and_random_bytes_are_invalid(tmp_path: Path) -> None:
    path = tmp_path / "x.ach"
    path.write_bytes(b"")
    code, out, _ = inspected(path, "--json")
    assert code == 1
    assert [each["code"] for each in json.loads(out)["errors"]] == ["MISSING_FILE_HEADER", "MISSING_FILE_CONTROL"]
    path.write_bytes(b"X" + random.Random(1).randbytes(200_000))
    code, out, _ = inspected(path)
    assert code == 1
    assert "more" in out


def test_what_cannot_be_read_leaves_with_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspected(tmp_path / "none.ach")[0] == 2
    assert inspected(tmp_path)[0] == 2
    assert inspected(tmp_path / ("x" * 300))[0] == 2
    assert inspected(Path("a\0b"))[0] == 2

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert inspected(tmp_path / "secret.ach") == (2, "", "'secret.ach' cannot be read: Permission denied\n")


def test_a_verb_and_a_file_are_asked_for() -> None:
    for arguments in (["nacha"], ["nacha", "inspect"], ["nacha", "write", "x"]):
        with pytest.raises(CommandError):
            call_command(*arguments)


def test_no_database_is_needed(valid: Path) -> None:
    """In a process of its own, whose database does not exist."""
    assert Command.requires_system_checks == []
    nowhere = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "HOLDFAST_DATABASE_URL": "postgresql://nobody@/nothing?host=/nowhere",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "nacha", "inspect", str(valid), "--json"],
        cwd=ROOT, env=nowhere, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["verdict"] == "valid"
