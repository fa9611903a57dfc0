"""What Prometheus sees of transfers and of the rail: states come to, what waits and how long, what was uploaded."""

from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from ach.enums import FileState
from ach.services import acknowledgements
from core import clock
from core.clock import FixedClock
from core.telemetry import metrics
from payments.services import payout_schedules, transfer_bookings
from payments.services.payout_schedules import NewSchedule
from payments.transfer_enums import Interval
from tests.factories import ach_console
from tests.factories import ach_transfers as ach
from tests.factories.ach_outbound import CUTOFF
from tests.factories.ach_transfers import BACKEND, SELLER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"holdfast_{name}_total", {"mode": "test", **labels}) or 0.0


def scraped(at: timedelta) -> str:
    with clock.use(FixedClock(NOW + at)):
        return metrics.render().decode()


def test_each_state_is_counted_once_it_is_kept(django_capture_on_commit_callbacks) -> None:
    """460.00 is accepted, sent and comes back as R01."""
    ach.balance()

    def states() -> list[float]:
        return [
            counted("ach_transfers", purpose="TRANSFER", state=state, code=code)
            for state, code in (("SUBMITTED", ""), ("PROCESSING", ""), ("RETURNED", "R01"))
        ]

    before = states()
    with django_capture_on_commit_callbacks(execute=True):
        transfer = ach.made()
    entry = ach.entry_of(transfer)
    for step in (ach.sent, ach.returned):
        step(entry)
        with django_capture_on_commit_callbacks(execute=True):
            transfer_bookings.follow([entry.public_id], now=NOW)
    assert [after - then for after, then in zip(states(), before, strict=True)] == [1, 1, 1]


def test_what_waits_and_since_when() -> None:
    ach.balance()
    ach.made()
    ach.made(ach.order(amount_minor=100), now=NOW + HOUR)
    payout_schedules.put(new=NewSchedule(SELLER, Interval.DAILY), livemode=False, actor=BACKEND, now=NOW)
    text = scraped(2 * HOUR)
    for line in (
        'holdfast_ach_transfers_open{mode="test",state="SUBMITTED"} 2.0',
        'holdfast_ach_transfers_oldest_seconds{mode="test",state="SUBMITTED"} 7200.0',
        'holdfast_ach_transfers_open{mode="live",state="SUBMITTED"} 0.0',
        'holdfast_ach_entries{state="WAITING"} 2.0',
        'holdfast_ach_entries_oldest_seconds{state="WAITING"} 7200.0',
        "holdfast_payouts_overdue_seconds 0.0",
        'holdfast_payouts_paused{mode="test"} 0.0',
    ):
        assert line in text, line
    # The payout of Tuesday at nine in New York has not been made by ten.
    assert "holdfast_payouts_overdue_seconds 3600.0" in scraped(timedelta(days=1))
    payout_schedules.pause(party_id=SELLER, livemode=False, why="login taken over", actor=BACKEND, now=NOW)
    text = scraped(timedelta(days=1))
    assert 'holdfast_payouts_paused{mode="test"} 1.0' in text
    assert "holdfast_payouts_overdue_seconds 0.0" in text


def test_what_was_uploaded_and_what_the_bank_said(tmp_path: Path, django_capture_on_commit_callbacks) -> None:
    """Two payouts in one file."""
    names = [("ach_file_steps", "delivered"), ("ach_entry_steps", "delivered"), ("ach_entry_steps", "acknowledged")]
    before = [counted(name, step=step) for name, step in names]
    with django_capture_on_commit_callbacks(execute=True):
        file = ach_console.delivered(tmp_path)
    late = CUTOFF - NOW + HOUR
    assert 'holdfast_ach_files{state="DELIVERED"} 1.0' in scraped(late)
    assert 'holdfast_ach_files_oldest_seconds{state="DELIVERED"} 3600.0' in scraped(late)
    assert 'holdfast_ach_cutoffs_open{state="BUILT"} 0.0' in scraped(late)
    with django_capture_on_commit_callbacks(execute=True):
        assert acknowledgements.apply(file=file, accepted=True, why="", now=CUTOFF).state == FileState.ACKNOWLEDGED
    after = [counted(name, step=step) for name, step in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 2, 2]
