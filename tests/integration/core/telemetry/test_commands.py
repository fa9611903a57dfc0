"""`manage.py redact`, `manage.py clock`, `manage.py rotate_keys`."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from core import clock
from core.vault import envelope
from core.vault.models import DataKey

ROOT = Path(__file__).resolve().parents[4]


def redact(data: bytes, *arguments: str) -> bytes:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    done = subprocess.run(
        [sys.executable, "manage.py", "redact", *arguments],
        input=data,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_redact_copies_standard_input_without_card_numbers():
    filler = b"trace 091000012930258 ok\n"
    # A block of the pipe ends inside the card number; a number at the very end has no line break after it.
    lead = filler * (65_536 // len(filler))
    data = (
        lead
        + b"x" * (65_536 - len(lead) - 10)
        + b" 4111111111111111\nlatin-1 caf\xe9 4111\xa01111\xa01111\xa01111\r\ncvv=123"
    )
    expected = data.replace(b"4111111111111111", b"411111******1111").replace(b"cvv=123", b"cvv=***")
    expected = expected.replace(b"4111\xa01111\xa01111\xa01111", b"4111\xa011**\xa0****\xa01111")
    assert redact(data) == expected


def test_redact_also_hides_tax_numbers_when_asked():
    assert redact(b"ssn 123-45-6789\n") == b"ssn 123-45-6789\n"
    assert redact(b"ssn 123-45-6789\n", "--identifiers") == b"ssn ***-**-6789\n"


class TestClock:
    def test_moves_in_a_demo(self, settings, tmp_path, capsys):
        settings.HOLDFAST_MOVABLE_CLOCK, settings.HOLDFAST_STATE_DIR = True, tmp_path
        moved = clock.OffsetClock(tmp_path / "clock-offset")
        call_command("clock", "--advance", "3d")
        call_command("clock", "--advance", "12h")
        assert moved.offset() == timedelta(days=3, hours=12)
        call_command("clock", "show")
        assert "offset 3 days, 12:00:00" in capsys.readouterr().out
        call_command("clock", "--reset")
        assert moved.offset() == timedelta()

    def test_stands_still_everywhere_else(self, settings, tmp_path):
        settings.HOLDFAST_MOVABLE_CLOCK, settings.HOLDFAST_STATE_DIR = False, tmp_path
        with pytest.raises(CommandError, match="only in a demo"):
            call_command("clock", "--advance", "3d")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("span", ["3", "d", "-3d", "3 days", "３d"])
    def test_takes_spans_only(self, settings, tmp_path, span):
        settings.HOLDFAST_MOVABLE_CLOCK, settings.HOLDFAST_STATE_DIR = True, tmp_path
        with pytest.raises(CommandError):
            call_command("clock", f"--advance={span}")


@pytest.mark.django_db(transaction=True)
def test_rotate_keys_wraps_every_data_key_anew(settings, tmp_path, capsys):
    DataKey.objects.all().delete()
    settings.HOLDFAST_MASTER_KEY_FILE = str(tmp_path / "master.json")
    envelope.keys.forget()
    envelope.warm(envelope.Purpose.PAYMENT, envelope.Purpose.ACH)
    call_command("rotate_keys", "--purpose", "PAYMENT")
    assert capsys.readouterr().out == "2 data keys wrapped anew\n"
    rewrapped = {key.purpose: key.rewrapped_at is not None for key in DataKey.objects.exclude(purpose="AUDIT")}
    assert rewrapped == {"PAYMENT": True, "ACH": False}
    call_command("rotate_keys", "--due")
    assert capsys.readouterr().out == "0 data keys wrapped anew\n"
