"""Return rates: of the debits sent in sixty days, those that came back, against the levels of the rules."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ach.enums import Direction, EntryKind, EntryState, RateLevel
from ach.models import Entry, RateAlert
from ach.services import rates
from ach.services.rates import Rate
from compliance.models import BankAccount, Party
from core.outbox.models import Event
from tests import plans
from tests.factories import ach_inbound as ach
from tests.factories import bank_accounts
from tests.factories.ach_inbound import CAME

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 11)
SENT_AT = datetime(2026, 3, 3, 22, tzinfo=UTC)


@pytest.fixture
def account() -> BankAccount:
    return bank_accounts.active("cus_payer")


@pytest.fixture
def seller() -> Party:
    return bank_accounts.party("prov_seller")


def sent(
    account: BankAccount,
    count: int,
    *codes: str,
    seller: Party | None = None,
    at: datetime = SENT_AT,
    settled_on: date = date(2026, 3, 4),
    **more: Any,
) -> None:
    """So many debits of one moment; the first of them came back for these codes."""
    inside = ach.file(at=at + timedelta(minutes=Entry.objects.count()))
    entries = [ach.unsaved(account, on_behalf=seller, **more) for _ in range(count)]
    Entry.objects.bulk_create(entries)
    for place, entry in enumerate(entries):
        entry.file, entry.batch_number, entry.line, entry.trace = inside, 1, place, f"{place:015d}"
        entry.filed_at = entry.sent_at = at
        entry.settles_on, entry.state = settled_on, EntryState.FILED
    fields = ["file", "batch_number", "line", "trace", "filed_at", "sent_at", "settles_on", "state"]
    Entry.objects.bulk_update(entries, fields)
    Entry.objects.filter(file=inside).update(state=EntryState.SENT)
    for entry, code in zip(entries, codes, strict=False):
        Entry.objects.filter(pk=entry.pk).update(state=EntryState.RETURNED, return_code=code, returned_at=CAME)


def of(seller: Party, *, on: date = TODAY) -> dict[str, tuple[int, int]]:
    return {rate.name: (rate.returned, rate.originated) for rate in rates.of_seller(seller, on=on, now=CAME)}


def test_each_code_counts_where_the_rules_say(account: BankAccount, seller: Party) -> None:
    """Of forty debits one was not authorized, two had no account, three no funds: 2.5 %, 5 % and 15 %."""
    sent(account, 40, "R10", "R02", "R03", "R01", "R01", "R09", seller=seller)
    assert of(seller) == {"UNAUTHORIZED": (1, 40), "ADMINISTRATIVE": (2, 40), "OVERALL": (6, 40)}
    found = rates.of_seller(seller, on=TODAY, now=CAME)
    assert [rate.basis_points for rate in found] == [250, 500, 1_500]
    assert [(rate.level, rate.throttle, rate.is_passed) for rate in found] == [
        (50, 40, True), (300, 240, True), (1_500, 1_200, True),
    ]  # fmt: skip


def test_credits_and_prenotes_and_other_sellers_count_in_neither_part(account: BankAccount, seller: Party) -> None:
    sent(account, 20, seller=seller)
    sent(account, 2, "R10", seller=seller, direction=Direction.CREDIT)
    sent(account, 2, "R03", seller=seller, kind=EntryKind.PRENOTE, amount=0)
    sent(account, 2, "R10", seller=bank_accounts.party("prov_other"))
    assert of(seller) == {"UNAUTHORIZED": (0, 20), "ADMINISTRATIVE": (0, 20), "OVERALL": (0, 20)}


def test_a_return_counts_on_the_day_its_entry_was_sent(account: BankAccount, seller: Party) -> None:
    """Sixty days before 11 March begin on 10 January, in New York; today is not among them."""
    begin = datetime(2026, 1, 10, 5, tzinfo=UTC)
    end = datetime(2026, 3, 11, 4, tzinfo=UTC)
    for at, counts in (
        (begin - timedelta(seconds=1), 0), (begin, 1), (end - timedelta(seconds=1), 2), (end, 2),
    ):  # fmt: skip
        sent(account, 1, "R10", seller=seller, at=at)
        assert of(seller)["UNAUTHORIZED"] == (counts, counts)


def test_an_originator_counts_what_its_sellers_do(account: BankAccount, seller: Party) -> None:
    sent(account, 10, "R10", seller=seller)
    sent(account, 10, seller=bank_accounts.party("prov_other"))
    sent(account, 5)
    (unauthorized, *_) = rates.of_originator(ach.originator(), on=TODAY, now=CAME)
    assert (unauthorized.returned, unauthorized.originated, unauthorized.basis_points) == (1, 25, 400)


def rate(**different: object) -> Rate:
    values: dict[str, object] = {
        "name": RateLevel.OVERALL, "level": 1_500, "throttle": 1_200, "originated": 100, "returned": 10,
        "settled_in": 80, "returned_in": 8, "enough": True,
    }  # fmt: skip
    return Rate(**values | different)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("different", "now", "forecast"),
    [
        ({}, 1_000, 1_000),
        ({"returned": 8}, 800, 1_000),
        ({"returned": 13}, 1_300, 1_300),
        ({"settled_in": 0, "returned_in": 0, "returned": 3}, 300, 300),
        ({"settled_in": 100, "returned_in": 10}, 1_000, 1_000),
        ({"originated": 0, "returned": 0, "settled_in": 0, "returned_in": 0}, 0, 0),
    ],
)
def test_what_is_still_to_come_back_is_expected_at_the_trailing_rate(
    different: dict[str, object], now: int, forecast: int
) -> None:
    """Of 80 past their two banking days 8 came back: of the 20 that are not, 2 are expected, or as many as came."""
    assert (rate(**different).basis_points, rate(**different).forecast) == (now, forecast)


def test_debits_wait_for_a_person_before_the_level_is_reached(account: BankAccount, seller: Party) -> None:
    """80 % of 15 % are 12 %: 11 of 100 are not near, 12 are."""
    sent(account, 100, *["R01"] * 11, seller=seller)
    assert rates.why_held(seller, now=CAME) == ""
    rates.require_room(seller, now=CAME)
    Entry.objects.filter(return_code="", pk=Entry.objects.filter(return_code="").latest("id").pk).update(
        state=EntryState.RETURNED, return_code="R01", returned_at=CAME
    )
    why = "prov_seller: 12 of 100 debits came back (all returns), held from 12 % on"
    assert rates.why_held(seller, now=CAME) == why
    with pytest.raises(rates.NoRoom, match="12 of 100"):
        rates.require_room(seller, now=CAME)


def test_few_debits_say_nothing(account: BankAccount, seller: Party) -> None:
    """One unauthorized of nineteen is bad luck; of twenty it is 5 %."""
    sent(account, 19, "R10", seller=seller)
    assert rates.why_held(seller, now=CAME) == ""
    sent(account, 1, seller=seller)
    assert "prov_seller: 1 of 20 debits came back (unauthorized)" in rates.why_held(seller, now=CAME)


def test_a_level_is_told_once_a_day(account: BankAccount, seller: Party) -> None:
    sent(account, 20, "R10", seller=seller)
    sent(account, 100)
    assert [rates.watch(now=CAME), rates.watch(now=CAME + timedelta(hours=1))] == [2, 0]
    alerts = {(alert.seller_id, alert.level, alert.throttled) for alert in RateAlert.objects.all()}
    assert alerts == {(None, "UNAUTHORIZED", False), (seller.pk, "UNAUTHORIZED", True)}
    told = [each.payload["seller_id"] for each in Event.objects.filter(name="ach.rate_level_near").order_by("id")]
    assert sorted(told) == ["", "prov_seller"]
    assert rates.watch(now=CAME + timedelta(days=1)) == 2


def test_they_are_counted_by_index(account: BankAccount, seller: Party) -> None:
    sent(account, 20, seller=seller)
    for act in (
        lambda: rates.of_seller(seller, on=TODAY, now=CAME),
        lambda: rates.of_originator(ach.originator(), on=TODAY, now=CAME),
    ):
        with CaptureQueriesContext(connection) as captured:
            act()
        (statement,) = [query["sql"] for query in captured if "FROM ach_entry" in query["sql"]]
        reads = [node.get("Index Name") for node in plans.nodes(statement) if "Relation Name" in node]
        assert reads in (["ach_entry_for_rates"], ["ach_entry_for_seller_rates"])
