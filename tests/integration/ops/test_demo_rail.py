"""What `make run` shows of the rail: a settled file with answers, one that waits for signatures, payouts to come.

And every cent of it is at the sandbox bank too.
"""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest

from ach.enums import ChangeState, EntryState, FileState
from ach.models import Change, Entry, File, Originator
from ach.sandbox import statements
from ach.services import watching
from ach.services.originators import SHIPPED_ID
from core import clock
from core.approvals.services import policies
from core.outbox import services as outbox
from core.outbox.models import Event
from core.work import services as work
from escrow.models import BankStatement
from escrow.services import bank_statements
from ledger.selectors import balances
from ops.marketplace import simulation
from ops.marketplace.rail import CLOSED, Rail
from payments.models import PayoutSchedule
from tests.factories import reconciliation as books
from tests.factories import staff
from tests.factories.approvals import ASKER
from tests.factories.marketplace import Marketplace

pytestmark = pytest.mark.django_db

# A Friday after Thanksgiving: four banking days before are the Friday before.
UNTIL = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)


@pytest.fixture
def _played() -> None:
    policies.install()
    for role in ("TREASURY", "CONTROLLER"):
        staff.person(role)
    for number in range(2):
        staff.person("COMPLIANCE", full_name=f"Officer {number}")
    with clock.use(clock.FixedClock(UNTIL - timedelta(days=10))) as moving:
        moves: list[datetime] = []

        def move_to(moment: datetime) -> None:
            moving.at = moment
            moves.append(moment)

        rail = Rail(UNTIL, move_to)
        simulation.introduce_parties(Marketplace("parties:write"), 7)
        for days in range(9, 0, -1):
            moving.at = datetime.combine((UNTIL - timedelta(days=days)).date(), time(23, 30), UTC)
            rail.end_of_day(moving.at)
            assert late(moving.at) == [], "everything was done before the clock goes on"
        assert moves == [datetime(2026, 11, 21, 0, 51, tzinfo=UTC), datetime(2026, 11, 21, 1, 10, tzinfo=UTC)]
        moving.at = UNTIL
        rail.finish(UNTIL)
        settle(UNTIL)
        rail.finish(UNTIL)


def late(now: datetime) -> list[object]:
    """What watches the rail and reconciles the books finds at that moment."""
    watching.watch(now=now)
    books.run(now=now)
    troubles = Event.objects.filter(name="ach.rail_troubled").values_list("payload__summary", flat=True)
    return [*troubles, *(each for each in books.found() if each[0].startswith("ACH_"))]


def settle(now: datetime) -> None:
    outbox.drain(now=now)
    work.drain(now=now)


@pytest.mark.usefixtures("_played")
def test_the_rail_is_alive_and_agrees_with_the_bank() -> None:
    settled, waiting = File.objects.order_by("pk")
    assert (settled.state, settled.entry_count) == (FileState.ACKNOWLEDGED, 8)
    assert Counter(Entry.objects.filter(file=settled).values_list("state", "return_code")) == Counter(
        {(EntryState.SETTLED, ""): 6, (EntryState.RETURNED, "R02"): 1, (EntryState.RETURNED, "R03"): 1}
    )
    change = Change.objects.get()
    assert (change.code, change.state) == ("C01", ChangeState.ASKED)
    # 18,125.00, 18,250.50 and 18,376.00: none so large that a person judges it, together more than leaves unsigned.
    assert (waiting.state, waiting.entry_count, waiting.credit_minor) == (FileState.UNSIGNED, 3, 5_475_150)
    assert Entry.objects.filter(state=EntryState.WAITING).count() == 2
    scheduled = PayoutSchedule.objects.filter(paused_at=None, next_at__gt=UNTIL)
    assert (scheduled.count(), PayoutSchedule.objects.exclude(paused_at=None).get().party.party_id) == (3, CLOSED)

    bank = Originator.objects.get(public_id=SHIPPED_ID)
    text = statements.statement(date(2026, 11, 18), date(2026, 11, 27), originator=bank)
    bank_statements.import_file(name="bank.csv", content=text.encode(), book="test", actor=ASKER, now=UNTIL)
    assert BankStatement.objects.get().closing_minor == balances.get("test", "bank:trust").posted.minor
    books.run(is_full=True, now=UNTIL + timedelta(hours=1))
    assert books.found() == []
