"""A return we do not take: sent back by signatures, undone unless its bank insists in time."""

from datetime import UTC, datetime

import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from ach.enums import CaseKind, DishonorState, ItemState
from ach.models import Case, Dishonor, Entry, File, InboundItem, Reply
from ach.services import cutoffs, delivery, dishonors
from core.database.refusals import refusal_name
from core.outbox.models import Event
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts, staff
from tests.factories.ach_inbound import CAME, Said

pytestmark = pytest.mark.django_db

# Asked on Wednesday 11 March, it settles on Thursday; contested until the end of Monday the 16th (summer time).
CUTOFF = datetime(2026, 3, 11, 20, 50, tzinfo=UTC)
CONTESTABLE_UNTIL = datetime(2026, 3, 17, 4, tzinfo=UTC)


def late() -> tuple[Entry, InboundItem]:
    """Settled on 2 March, returned for want of funds on the 11th: five banking days late."""
    entry = ach.settled(bank_accounts.active(), on=datetime(2026, 3, 10, tzinfo=UTC).date())
    Entry.objects.filter(pk=entry.pk).update(settles_on="2026-03-03")
    ach.came(ach.answers(Said(entry, "R01")))
    return entry, InboundItem.objects.get()


def dishonored(item: InboundItem, code: str) -> Dishonor:
    controller = staff.person("CONTROLLER")
    assert ach.signed(ach.asked(dishonors.DISHONOR, item.public_id, code=code), controller).state == "EXECUTED"
    return Dishonor.objects.select_related("item").get(item=item)


def leaves(made: Dishonor) -> str:
    """Its file is sent with the day's next cutoff; the trace that it has there."""
    cutoffs.run_due(now=CUTOFF)
    delivery.deliver(file_id=File.objects.get(carries="REPLIES").public_id, now=CUTOFF)
    made.refresh_from_db()
    assert made.sent_at == CUTOFF
    return Reply.objects.get(dishonor=made).trace


def told(name: str) -> dict[str, object]:
    return Event.objects.get(name=f"ach.{name}").payload


@pytest.fixture(autouse=True)
def _afternoon() -> object:
    from core import clock
    from core.clock import FixedClock

    with clock.use(FixedClock(CAME)):
        yield


def test_a_late_return_is_sent_back_and_the_money_is_ours_again() -> None:
    entry, item = late()
    made = dishonored(item, "R68")
    assert (made.state, made.contestable_until) == (DishonorState.OPEN, CONTESTABLE_UNTIL)
    record = dishonors.record(made)
    assert (record.code, record.original_trace, record.return_trace) == ("R68", entry.trace, item.trace)
    assert (record.return_settled_on, record.return_reason) == ("070", "01")
    assert len(record.encode("021000020000009")) == 94
    assert dishonors.undo_due(now=CONTESTABLE_UNTIL) == 0, "nobody contests what was not sent"
    leaves(made)
    assert dishonors.undo_due(now=CONTESTABLE_UNTIL.replace(hour=3)) == 0
    assert [dishonors.undo_due(now=CONTESTABLE_UNTIL), dishonors.undo_due(now=CONTESTABLE_UNTIL)] == [1, 0]
    undone = told("return_undone")
    assert (undone["entry_id"], undone["amount_minor"], undone["direction"]) == (entry.public_id, 12_345, "DEBIT")
    assert Case.objects.get(kind=CaseKind.LATE_RETURN).state == "CLOSED"


def test_its_bank_insists_and_a_person_decides() -> None:
    entry, item = late()
    made = dishonored(item, "R68")
    trace = leaves(made)
    ach.came(ach.answers(Said(entry, "R73", dishonored_trace=trace)))
    made.refresh_from_db()
    assert (made.state, made.contest.code) == (DishonorState.CONTESTED, "R73")
    assert Case.objects.get(kind=CaseKind.CONTESTED).summary == "R73: the bank stands by its return"
    assert dishonors.undo_due(now=CONTESTABLE_UNTIL) == 0
    assert not Event.objects.filter(name="ach.return_undone").exists()
    ach.came(ach.answers(Said(entry, "R73"), modifier="B"))
    assert Case.objects.get(kind=CaseKind.UNMATCHED_ITEM).summary.endswith("it contests what we have not dishonored")


def test_a_second_return_leaves_suspense_when_it_is_undone() -> None:
    entry = ach.settled(bank_accounts.active())
    for modifier in "AB":
        ach.came(ach.answers(Said(entry, "R01"), modifier=modifier))
    item = InboundItem.objects.get(state=ItemState.SUSPENSE)
    leaves(dishonored(item, "R67"))
    dishonors.undo_due(now=CONTESTABLE_UNTIL)
    item.refresh_from_db()
    assert (item.state, item.entry_id) == (ItemState.RESOLVED, None)
    assert told("suspense_resolved")["entry_id"] == ""
    assert not Event.objects.filter(name="ach.return_undone").exists(), "the first return stands"


@pytest.mark.parametrize(
    ("code", "now", "why"),
    [
        ("R01", CAME, "code: is none of R61"),
        ("R67", CAME, "R67 is for a return of what was returned before"),
        ("R69", datetime(2026, 3, 19, 13, tzinfo=UTC), "it could be dishonored until 2026-03-18"),
    ],
)
def test_a_reason_has_to_be_true_and_in_time(code: str, now: datetime, why: str) -> None:
    """The return settled on Wednesday 11 March: the fifth banking day is Wednesday the 18th."""
    _, item = late()
    with pytest.raises(dishonors.UnableToDishonor, match=why):
        dishonors.require_possible(item_id=item.public_id, code=code, now=now)
    dishonors.require_possible(item_id=item.public_id, code="R69", now=datetime(2026, 3, 18, 13, tzinfo=UTC))


def test_a_return_in_time_is_not_late() -> None:
    ach.returned(ach.settled(bank_accounts.active()))
    with pytest.raises(dishonors.UnableToDishonor, match="R68 is for a return after its time frame"):
        dishonors.require_possible(item_id=InboundItem.objects.get().public_id, code="R68", now=CAME)


def test_the_database_sends_nothing_back_without_signatures() -> None:
    _, item = late()
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        dishonors.dishonor_signed(
            item_id=item.public_id, code="R68", approval_id="apr_none", actor=ach.TREASURER, now=CAME
        )
    assert refusal_name(refused.value) == "act_is_approved"
    made = dishonored(item, "R68")
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        Dishonor.objects.filter(pk=made.pk).update(code="R61")
    assert refusal_name(refused.value) == "ach_dishonor_ends_once"
