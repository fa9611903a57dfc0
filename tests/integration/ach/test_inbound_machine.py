"""Whatever comes in whatever order: an entry comes back once, and every line is applied, in suspense, or waits."""

from collections import Counter

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ach.enums import EntryState, InboundState, ItemState
from ach.models import Entry, InboundFile, InboundItem
from core.outbox.models import Event
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts
from tests.factories.ach_inbound import CAME, Said

pytestmark = pytest.mark.django_db

ENTRIES = 3
# Which entry, which code, whether the line is of another trace.
LINES = st.tuples(st.integers(0, ENTRIES - 1), st.sampled_from(["R01", "R02", "R10", "C02"]), st.booleans())
STEPS = st.one_of(
    st.tuples(st.just("comes"), st.lists(LINES, min_size=1, max_size=3), st.sampled_from("AB")),
    st.tuples(st.just("again"), st.integers(0, 5), st.just("")),
    st.tuples(st.just("marked"), st.integers(0, ENTRIES - 1), st.just("")),
    st.tuples(st.just("resumed"), st.just(0), st.just("")),
)


class Undone(Exception):
    """Takes an example's rows back."""


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_any_sequence_of_files_returns_an_entry_at_most_once(steps: list[tuple[str, object, str]]) -> None:
    with pytest.raises(Undone), transaction.atomic():
        run(steps)
        raise Undone


def run(steps: list[tuple[str, object, str]]) -> None:
    account = bank_accounts.active()
    entries = [ach.filed(ach.waiting(account)) for _ in range(ENTRIES)]
    contents: list[bytes] = []
    for step, what, modifier in steps:
        if step == "comes":
            said = [
                Said(entries[place], code, text="011000015" if code == "C02" else "", trace="0" * 15 if lost else "")
                for place, code, lost in what  # type: ignore[attr-defined]
            ]
            contents.append(ach.answers(*said, modifier=modifier))
            ach.came(contents[-1])
        elif step == "again" and contents:
            ach.came(contents[int(str(what)) % len(contents)])
        elif step == "marked":
            entry = Entry.objects.get(pk=entries[int(str(what))].pk)
            if entry.state == EntryState.FILED:
                entry.state, entry.sent_at = EntryState.SENT, CAME
                entry.save()
        else:
            resume()
    resume()
    judge(entries)


def resume() -> None:
    for file in InboundFile.objects.filter(state=InboundState.READ).order_by("id"):
        ach.process(file_id=file.public_id)


def judge(entries: list[Entry]) -> None:
    told = Counter(each.payload["entry_id"] for each in Event.objects.filter(name="ach.entry_returned"))
    applied = Counter(
        InboundItem.objects.filter(state=ItemState.APPLIED, kind="RETURN").values_list("entry", flat=True)
    )
    for entry in Entry.objects.filter(pk__in=[each.pk for each in entries]):
        times = int(entry.state == EntryState.RETURNED)
        assert (told[entry.public_id], applied[entry.pk]) == (times, times)
    suspended = InboundItem.objects.filter(state=ItemState.SUSPENSE)
    with_money = suspended.filter(amount_minor__gt=0).count()
    assert Event.objects.filter(name="ach.item_in_suspense").count() == with_money
    for item in InboundItem.objects.filter(state=ItemState.READ):
        early = Entry.objects.filter(trace=item.original_trace, state=EntryState.FILED)
        assert early.exists(), "nothing else waits"
    for file in InboundFile.objects.exclude(state=InboundState.DUPLICATE):
        waits = file.items.filter(state=ItemState.READ).exists()
        assert file.state == (InboundState.READ if waits else InboundState.DONE)
