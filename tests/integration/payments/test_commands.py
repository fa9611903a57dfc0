"""`manage.py settle` and `manage.py reconcile`: the day's money, on demand."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core import clock
from core.clock import FixedClock
from payments.services import reconciliation
from tests.factories.payments import NOW, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "inbox", lambda: tmp_path)


def run(*arguments: str) -> str:
    out = StringIO()
    with clock.use(FixedClock(NOW)):
        call_command(*arguments, stdout=out)
    return out.getvalue()


def test_today_is_settled_and_reconciled_without_waiting_for_midnight() -> None:
    pay()
    pay("4000000000006082")
    file = run("settle").strip()
    assert file.endswith("sandbox-test-2026-03-02.csv")
    said = run("reconcile", file)
    assert "sandbox-test-2026-03-02.csv: IMPORTED, 2 lines, net 99999" in said
    assert "MATCHED 1, MISSING 0, EXTRA 0, DIFFERENT 1" in said
    assert "1 to be looked at" in said


def test_a_file_that_cannot_be_read_ends_the_command_in_failure(tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("H,SOMETHING\n")
    with pytest.raises(CommandError, match=r"broken\.csv: the file is not complete"):
        run("reconcile", str(broken))


def test_a_day_is_written_as_a_day() -> None:
    with pytest.raises(CommandError):
        run("settle", "--day", "yesterday")
