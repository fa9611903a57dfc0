"""`manage.py reconcile` with files that are none: a sentence each, and the readable ones are still imported."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from payments.models import SettlementFile

pytestmark = pytest.mark.django_db

EMPTY_DAY = "H,HOLDFAST-SETTLEMENT,1,sandbox,test,2026-03-02\nT,0,0,0,0\n"


def test_a_file_that_is_not_there_or_not_text_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(b"H,\xe9\n")
    (tmp_path / "good.csv").write_text(EMPTY_DAY)
    names = ("missing.csv", "latin.csv", "good.csv")
    with pytest.raises(CommandError) as refused:
        call_command("reconcile", *(str(tmp_path / name) for name in names))
    assert str(refused.value) == "missing.csv: No such file or directory; latin.csv: not UTF-8"
    assert [file.name for file in SettlementFile.objects.all()] == ["good.csv"]
