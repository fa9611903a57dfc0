"""The commands: what they print, and the exit status a script looks at."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core import clock
from escrow.enums_reconciliation import RunOrigin
from escrow.models import BankStatement, Certificate
from escrow.services import reconciliation
from tests.factories.payments import NOW
from tests.factories.reconciliation import TREASURY, held, run, tamper
from tests.unit.escrow.test_bai2 import FILE as BAI2

pytestmark = pytest.mark.django_db


def call(*arguments: str) -> tuple[int, str]:
    """Exit status and what was printed."""
    out = io.StringIO()
    try:
        with clock.use(clock.FixedClock(NOW)):
            call_command("reconcile_escrow", *arguments, stdout=out, stderr=out, no_color=True)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def test_a_book_that_agrees_ends_with_0() -> None:
    held()
    status, said = call("--full-audit", "--json")
    facts: dict[str, Any] = json.loads(said)
    assert (status, facts["problems"]) == (0, [])
    assert [(each["book"], each["state"], each["breaks"]) for each in facts["runs"]] == [
        ("live", "CLEAN", []), ("test", "CLEAN", []),
    ]  # fmt: skip
    names = {check["name"] for check in facts["runs"][1]["checks"]}
    assert {"the ledger proves itself", "the audit record proves itself"} <= names
    assert facts["runs"][1]["certificateId"].startswith("crt_")


def test_breaks_end_with_1_and_are_listed() -> None:
    escrow = held()
    tamper("UPDATE escrow_escrow SET status = 'DISPUTED' WHERE id = %s", escrow.pk)
    status, said = call("--book", "test")
    assert status == 1
    assert "test: BROKEN" in said
    assert f"DISPUTE_ORPHANED {escrow.public_id} DISPUTED with no dispute" in said
    facts = json.loads(call("--book", "test", "--json")[1])
    assert [row["kind"] for row in facts["runs"][0]["breaks"]] == ["DISPUTE_ORPHANED"]


def test_what_could_not_run_ends_with_2() -> None:
    reconciliation.request(book="test", is_full=False, origin=RunOrigin.PAGE, actor=TREASURY, now=NOW)
    status, said = call("--book", "test")
    assert status == 2
    assert "is not finished" in said


def test_a_certificate_is_verified_from_the_terminal() -> None:
    run(nightly=True)
    made = Certificate.objects.get()
    assert call("--verify-certificate", made.public_id) == (
        0,
        f"{made.public_id} and every certificate before it hold\n",
    )
    tamper("UPDATE escrow_certificate SET document = replace(document, 'CLEAN', 'BROKEN')")
    status, said = call("--verify-certificate", made.public_id, "--json")
    assert (status, json.loads(said)["isGenuine"]) == (1, False)
    assert call("--verify-certificate", "crt_nothing")[0] == 2


def test_a_statement_is_imported_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "day.bai"
    file.write_text(BAI2)
    out = io.StringIO()
    call_command("import_statement", str(file), "--book", "test", stdout=out)
    assert "day.bai: READ BAI2 stf_" in out.getvalue()
    assert "USD 2026-03-02 to 2026-03-02, 3 lines, closing 1281000" in out.getvalue()
    assert BankStatement.objects.get().book == "test"
    with pytest.raises(CommandError, match="taken for the test book"):
        call_command("import_statement", str(file), "--book", "live", stdout=out)
    (tmp_path / "bad.csv").write_bytes(b"\xff")
    with pytest.raises(CommandError, match=r"bad\.csv: line 1: is not UTF-8; none\.csv: No such file"):
        call_command(
            "import_statement", str(tmp_path / "bad.csv"), str(tmp_path / "none.csv"), "--book", "test", stdout=out
        )
