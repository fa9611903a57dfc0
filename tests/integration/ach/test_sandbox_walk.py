"""The rail from end to end against the sandbox bank: asked, cut, delivered, acknowledged, settled, and what comes back.

Nothing is told but in files. The clock is moved as a demo moves it.
"""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from ach.enums import CaseKind, ChangeState, Direction, EntryState, FileState, InboundState
from ach.models import Case, Change, Entry, File, InboundFile, Originator
from ach.sandbox import bank, statements
from ach.services import cutoffs, delivery, inbound, settling
from ach.services.originators import SHIPPED_ID
from core import clock
from tests.factories import ach_outbound as factory
from tests.factories.ach_calendar import new_york
from tests.factories.ach_outbound import CUTOFF

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 3, 2)


def pass_time(now: datetime) -> None:
    """What the jobs of bank and rail do at that moment."""
    with clock.use(clock.FixedClock(now)):
        cutoffs.run_due(now=now)
        for file_id in ready():
            delivery.deliver(file_id=file_id, now=now)
        bank.tick(now=now)
        inbound.fetch_all(now=now)
        for file in InboundFile.objects.filter(state=InboundState.STORED).order_by("id"):
            inbound.process(file_id=file.public_id, now=now)
        settling.settle_due(now=now)


def ready() -> list[str]:
    return list(File.objects.filter(state=FileState.READY).values_list("public_id", flat=True))


def asked(number: str = "", **different: object) -> Entry:
    to = factory.account(number=number) if number else factory.account()
    return factory.submitted(to, **different)


def state(entry: Entry) -> tuple[str, str]:
    entry.refresh_from_db()
    return entry.state, entry.return_code


def test_payouts_and_a_debit_through_a_week_at_the_bank() -> None:
    """460.00 stays, 100.00 comes back, 200.00 arrives with a correction, 300.00 is drawn without cover."""
    stays, closed = asked(), asked("7000002", amount_minor=10_000)
    corrected = asked("7000101", amount_minor=20_000)
    drawn = asked("7000001", amount_minor=30_000, direction=Direction.DEBIT)
    every = (stays, closed, corrected, drawn)

    pass_time(CUTOFF)
    assert {state(each)[0] for each in every} == {EntryState.SENT}
    pass_time(CUTOFF + timedelta(minutes=5))
    assert {state(each)[0] for each in every} == {EntryState.ACKNOWLEDGED}
    pass_time(new_york("2026-03-03 08:30"))
    assert {state(each)[0] for each in every} == {EntryState.SETTLED}
    pass_time(new_york("2026-03-04 07:01"))
    assert [state(each) for each in every] == [
        ("SETTLED", ""), ("RETURNED", "R02"), ("SETTLED", ""), ("RETURNED", "R01"),
    ]  # fmt: skip
    pass_time(new_york("2026-03-05 07:01"))
    change = Change.objects.get()
    assert (change.account, change.code, change.state) == (corrected.account, "C01", ChangeState.OPEN)
    assert not Case.objects.filter(kind__in=(CaseKind.UNMATCHED_ITEM, CaseKind.UNREADABLE_FILE)).exists()
    assert set(InboundFile.objects.values_list("state", flat=True)) == {InboundState.DONE}

    row = Originator.objects.get(public_id=SHIPPED_ID)
    text = statements.statement(MONDAY, date(2026, 3, 6), originator=row)
    amounts = Counter(tuple(line.split(",")[:2]) for line in text.splitlines()[1:])
    assert amounts == Counter([
        ("2026-03-03", "-460.00"), ("2026-03-03", "-100.00"), ("2026-03-03", "-200.00"), ("2026-03-03", "300.00"),
        ("2026-03-04", "100.00"), ("2026-03-04", "-300.00"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("digits", "after", "cases"),
    [
        ("210", {InboundState.UNREADABLE: 1, InboundState.DONE: 2}, {CaseKind.UNREADABLE_FILE: 1}),
        ("213", {InboundState.DUPLICATE: 1, InboundState.DONE: 2}, {}),
        ("211", {InboundState.DONE: 2}, {}),
        ("215", {InboundState.DONE: 2}, {CaseKind.UNMATCHED_ITEM: 1}),
        ("216", {InboundState.DONE: 2}, {CaseKind.UNMATCHED_ITEM: 1}),
        ("217", {InboundState.DONE: 2}, {CaseKind.UNKNOWN_CODE: 1}),
        ("219", {InboundState.DONE: 2}, {}),
    ],
)
def test_what_banks_do_wrong_ends_where_a_person_sees_it(
    digits: str, after: dict[str, int], cases: dict[str, int]
) -> None:
    entry = asked(f"7000{digits}")
    for moment in (CUTOFF, CUTOFF + timedelta(minutes=5), new_york("2026-03-03 08:30"), new_york("2026-03-05 07:01")):
        pass_time(moment)
    assert Counter(InboundFile.objects.values_list("state", flat=True)) == after
    assert Counter(Case.objects.values_list("kind", flat=True)) == cases
    assert state(entry)[0] == (EntryState.RETURNED if digits in ("210", "213", "217") else EntryState.SETTLED)


def test_a_file_that_the_bank_rejects_settles_nothing() -> None:
    entry, other = asked("7000207"), asked()
    for moment in (CUTOFF, CUTOFF + timedelta(minutes=5), new_york("2026-03-03 08:30")):
        pass_time(moment)
    assert {state(entry)[0], state(other)[0]} == {EntryState.FILED}
    assert Case.objects.get().kind == CaseKind.REJECTED_FILE
