"""The sandbox bank from a delivered file to the money that stays or comes back, with the clock moved by the test."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Count, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ach.calendar.days import is_banking_day
from ach.models import Originator, SandboxInbox, SandboxMovement, SandboxOutbox, SandboxPosting
from ach.sandbox import bank, files, statements
from ach.sandbox.behaviours import TABLE
from ach.sandbox.enums import InboxState, PostingState
from ach.sandbox.files import SandboxRefuses
from ach.sandbox.transport import SandboxTransport
from ach.transport import OtherContent
from core.database.refusals import refusal_name, sqlstate
from core.money import Currency
from core.work import registry
from escrow.statements import csv_format
from tests.factories.ach_calendar import new_york
from tests.factories.ach_sandbox import (
    ACCOUNTS_AT,
    SHIFTED,
    THRIFT,
    TUESDAY,
    Company,
    Sent,
    came_back,
    company_of,
    originator,
)

pytestmark = pytest.mark.django_db

WEDNESDAY = date(2026, 3, 4)
FINAL = {PostingState.SETTLED, PostingState.RETURNED, PostingState.DISHONORED, PostingState.CONTESTED}


def deliver(row: Originator, *sent: Sent, at: datetime = TUESDAY, effective: date = WEDNESDAY, name: str = "") -> str:
    content = company_of(row).file(sent, effective=effective, at=at)
    return SandboxTransport(row, lambda: at).deliver(name or f"out_{at:%Y%m%d%H%M%S}.ach", content)


def fetched(row: Originator) -> list[tuple[str, bytes]]:
    """What waits, taken by the product at once."""
    way = SandboxTransport(row)
    found = [(each.name, each.content) for each in way.fetch()]
    for name, _ in found:
        way.done(name)
    return found


def returns(row: Originator) -> list[tuple[str, str, int]]:
    return [each for name, content in fetched(row) if name.startswith("returns_") for each in came_back(content)]


def test_a_payout_settles_and_a_debit_comes_back() -> None:
    """460.00 goes out and stays; 1,250.55 is drawn from an account without cover and comes back the day after."""
    row = originator()
    name = deliver(row, Sent(cents=46_000), Sent("7000001", -125_055))

    assert bank.tick(now=TUESDAY).read == 1
    assert fetched(row) == []
    bank.tick(now=TUESDAY + timedelta(minutes=5))
    [(acknowledgement, content)] = fetched(row)
    assert acknowledgement.startswith(f"ack_{name}")
    digest = SandboxInbox.objects.get(originator=row).sha256
    assert content.decode() == f"ACK|{name}|{digest}|ACCEPTED|2026-03-03T21:55:00+00:00\n"

    bank.tick(now=new_york("2026-03-04 08:29"))
    assert not SandboxMovement.objects.filter(posting__inbox__originator=row).exists()
    bank.tick(now=new_york("2026-03-04 08:30"))
    assert statements.statement(WEDNESDAY, originator=row, opening_minor=1_000_000) == (
        "date,amount,currency,reference,description,balance\n"
        "2026-03-04,-460.00,USD,091111110000001,ACH SETTLEMENT PPD,9540.00\n"
        "2026-03-04,1250.55,USD,091111110000002,ACH SETTLEMENT PPD,10790.55\n"
    )
    bank.tick(now=new_york("2026-03-05 06:59"))
    assert fetched(row) == []
    bank.tick(now=new_york("2026-03-05 07:00"))
    assert returns(row) == [("R01", "091111110000002", -125_055)]
    assert statements.statement(date(2026, 3, 5), originator=row, opening_minor=1_000_000).splitlines()[1:] == [
        "2026-03-05,-1250.55,USD,091111110000002,ACH RETURN R01 PPD,9540.00"
    ]
    again = bank.tick(now=new_york("2026-05-01 07:00"))
    assert (again.read, again.acknowledged, again.settled, again.answered) == (0, 0, 0, 0)


def test_a_malformed_file_never_settles_and_the_acknowledgement_says_why() -> None:
    row = originator()
    good = company_of(row).file([Sent(), Sent("7000002")], effective=WEDNESDAY)
    bad = good.replace(b"0000046000", b"0000046001", 1)
    SandboxTransport(row, lambda: TUESDAY).deliver("bad.ach", bad)
    bank.tick(now=TUESDAY + timedelta(days=90))
    [(_, said)] = fetched(row)
    kind, name, _, verdict, _, why = said.decode().rstrip("\n").split("|")
    assert (kind, name, verdict) == ("ACK", "bad.ach", "REJECTED")
    assert why.startswith("line 5, batch control, credit: says 92000, the records add up to 92001")
    assert not SandboxPosting.objects.filter(inbox__originator=row).exists()


@pytest.mark.parametrize(
    ("different", "why"),
    [
        ({"company_id": "900000000"}, "line 2, batch header: the company identification is not the one agreed"),
        ({"origin": "1999999999"}, "line 1, file header: the immediate origin is not the one agreed"),
    ],
)
def test_a_file_of_a_company_that_the_bank_does_not_know_is_rejected(different: dict[str, str], why: str) -> None:
    row = originator()
    content = Company(**{"company_id": row.company_id, "origin": row.origin} | different).file(
        [Sent()], effective=WEDNESDAY
    )
    files.receive(originator=row, name="other.ach", content=content, now=TUESDAY)
    bank.tick(now=TUESDAY)
    assert SandboxInbox.objects.get(originator=row).why == why


def test_the_same_header_is_accepted_once_and_the_same_delivery_is_one() -> None:
    row = originator()
    content = company_of(row).file([Sent()], effective=WEDNESDAY)
    way = SandboxTransport(row, lambda: TUESDAY)
    assert way.deliver("a.ach", content) == way.deliver("a.ach", content) == "a.ach"
    way.deliver("b.ach", content)
    with pytest.raises(OtherContent, match="another file of this name"):
        way.deliver("a.ach", b"other")
    bank.tick(now=TUESDAY)
    states = dict(SandboxInbox.objects.filter(originator=row).values_list("name", "state"))
    assert states == {"a.ach": InboxState.ACCEPTED, "b.ach": InboxState.REJECTED}
    assert SandboxPosting.objects.filter(inbox__originator=row).count() == 1


def test_one_account_can_refuse_a_file_and_one_can_keep_it_unanswered() -> None:
    row = originator()
    deliver(row, Sent(), Sent("7000207"), name="refused.ach")
    deliver(row, Sent(), Sent("7000206"), at=TUESDAY + timedelta(minutes=1), name="silent.ach")
    bank.tick(now=TUESDAY + timedelta(days=2))
    [(name, said)] = fetched(row)
    assert name.startswith("ack_refused.ach")
    assert said.decode().endswith("|line 4: the bank does not take this file\n")
    assert SandboxPosting.objects.filter(inbox__originator=row, state=PostingState.SETTLED).count() == 2


def test_two_returns_for_want_of_cover_and_the_third_try_settles() -> None:
    """Of one account: another one with the same ending counts for itself."""
    row = originator()
    mine, other = Sent("7000203", -5_000), Sent("17000203", -7_000)
    for number, day in enumerate((3, 10, 17)):
        at = new_york(f"2026-03-{day:02d} 16:50")
        deliver(row, *([mine, other] if number == 2 else [mine]), at=at, effective=date(2026, 3, day + 1))
        bank.tick(now=at + timedelta(days=4))
    said = returns(row)
    assert [(code, cents) for code, _, cents in said] == [("R01", -5_000), ("R01", -5_000), ("R01", -7_000)]
    states = SandboxPosting.objects.filter(inbox__originator=row, amount_minor=5_000).order_by("id")
    assert list(states.values_list("state", flat=True)) == ["RETURNED", "RETURNED", "SETTLED"]


def test_a_try_counts_for_180_days_and_only_if_its_file_was_not_refused() -> None:
    row = originator()
    days = (new_york("2026-03-03 16:50"), new_york("2026-03-10 16:50"), new_york("2026-03-17 16:50"))
    for number, at in enumerate((*days, new_york("2026-09-08 16:50"))):
        deliver(row, Sent("7000203", -5_000), at=at, effective=at.date() + timedelta(days=1))
        if number == 0:
            bank.tick(now=at)
            SandboxPosting.objects.filter(inbox__originator=row).update(state=PostingState.REFUSED, answers_at=None)
        bank.tick(now=at + timedelta(days=4))
    assert [code for code, _, _ in returns(row)] == ["R01"] * 3
    assert SandboxPosting.objects.filter(inbox__originator=row, state=PostingState.SETTLED).count() == 0


def test_a_file_is_done_with_once_and_one_that_never_was_is_unknown() -> None:
    row, other = originator(), originator()
    deliver(row, Sent())
    bank.tick(now=TUESDAY + timedelta(minutes=5))
    [(name, _)] = fetched(row)
    SandboxTransport(row).done(name)
    assert fetched(row) == []
    with pytest.raises(SandboxRefuses, match="no such file"):
        SandboxTransport(other).done(name)


def test_what_the_operator_refuses_comes_back_before_it_settles_however_late_one_looks() -> None:
    row = originator()
    deliver(row, Sent("7000013", -30_000), Sent("7000204", 20_000))
    bank.tick(now=TUESDAY + timedelta(days=7))
    assert sorted(code for code, _, _ in returns(row)) == ["R03", "R13"]
    made = SandboxOutbox.objects.filter(originator=row, kind="ANSWERS").values_list("made_at", flat=True)
    assert set(made) == {new_york("2026-03-03 17:20")}
    assert not SandboxMovement.objects.filter(posting__inbox__originator=row).exists()


def test_after_a_jump_there_is_a_file_for_each_day_in_the_order_of_the_days() -> None:
    """Friday before Presidents' Day 2027 to April: R01 and C01 on Wednesday and Thursday, R10 on day 45, a Friday."""
    row = originator()
    friday = new_york("2027-02-12 16:50")
    deliver(
        row, Sent("7000001"), Sent("7000101"), Sent("7000201"), Sent("7000010", -100),
        at=friday, effective=date(2027, 2, 15),
    )  # fmt: skip
    bank.tick(now=new_york("2027-04-10 12:00"))
    assert [each.code for each in codes_by_day(row)] == ["R01", "C01", "R10", "R10"]
    assert [f"{each.day:%m-%d}" for each in codes_by_day(row)] == ["02-17", "02-18", "02-23", "04-02"]
    assert all(is_banking_day(each.day) for each in codes_by_day(row))
    assert [code for code, _, _ in returns(row)] == ["R01", "C01", "R10", "R10"]


class Said:
    def __init__(self, row: SandboxPosting, told: dict[str, str]) -> None:
        self.code, self.day, self.pk = told["code"], date.fromisoformat(told["day"]), row.pk


def codes_by_day(row: Originator) -> list[Said]:
    found = [Said(each, told) for each in SandboxPosting.objects.filter(inbox__originator=row) for told in each.told]
    return sorted(found, key=lambda each: (each.day, each.pk))


def test_a_file_that_comes_twice_is_the_same_and_a_return_that_comes_twice_is_not() -> None:
    row = originator()
    deliver(row, Sent("7000213"), Sent("7000214", 20_000))
    bank.tick(now=TUESDAY + timedelta(days=9))
    came = [content for name, content in fetched(row) if name.startswith("returns_")]
    assert len({content.splitlines()[0] for content in came}) == 3, "no other file has the header"
    assert sorted((came.count(each) for each in set(came)), reverse=True) == [2, 1, 1]
    twice = [
        line for content in came for line in content.splitlines() if line.startswith(b"799") and b"0000002" in line
    ]
    assert len({line[79:94] for line in twice}) == 2, "each has a trace number of its own"


def test_a_live_originator_has_no_sandbox() -> None:
    row = originator(livemode=True, transport="FILESYSTEM")
    with pytest.raises(SandboxRefuses, match="for test data only"):
        SandboxTransport(row)
    with pytest.raises(SandboxRefuses, match="for test data only"):
        files.receive(originator=row, name="a.ach", content=b"x", now=TUESDAY)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        originator(livemode=True)
    assert refusal_name(refused.value) == "originator_live_has_no_sandbox"
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        SandboxInbox.objects.create(originator=row, name="a", sha256="a", size=1, content=b"", received_at=TUESDAY)
    assert (sqlstate(refused.value), refusal_name(refused.value)) == ("HF433", "sandbox_inbox_is_test_data")


def test_the_database_keeps_postings_as_filed_and_on_their_edges() -> None:
    row = originator()
    deliver(row, Sent())
    bank.tick(now=TUESDAY)
    posting = SandboxPosting.objects.filter(inbox__originator=row)
    for change, name in (
        ({"amount_minor": 1}, "sandbox_posting_stays_as_filed"),
        ({"state": PostingState.CONTESTED}, "sandbox_posting_edge_exists"),
    ):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            posting.update(**change)
        assert refusal_name(refused.value) == name


def test_no_account_number_is_kept_in_clear() -> None:
    row = originator()
    deliver(row, Sent("556677887000001"))
    bank.tick(now=TUESDAY + timedelta(days=5))
    kept = [*SandboxInbox.objects.values(), *SandboxPosting.objects.values(), *SandboxOutbox.objects.values()]
    assert "55667788" not in repr(
        [{k: bytes(v) if isinstance(v, memoryview) else v for k, v in each.items()} for each in kept]
    )


def test_what_does_not_fit_the_totals_of_one_file_comes_in_two() -> None:
    """102 returns of 99,999,999.99: twelve digits of cents hold a hundred of them."""
    row = originator()
    many = [Sent("7000008", 9_999_999_999, sec="PPD" if number % 2 else "CCD") for number in range(60)]
    deliver(row, *many)
    deliver(row, *many[:42], at=TUESDAY + timedelta(minutes=1))
    bank.tick(now=TUESDAY + timedelta(days=3))
    came = [came_back(content) for name, content in fetched(row) if name.startswith("returns_")]
    assert [len(each) for each in came] == [100, 2]


def test_the_bank_goes_by_itself() -> None:
    row = originator()
    deliver(row, Sent())
    job = registry.job("ach.sandbox_bank")
    job.function(now=TUESDAY)
    assert SandboxInbox.objects.get(originator=row).state == InboxState.ACCEPTED
    assert job.every == timedelta(seconds=15)


@pytest.mark.django_db(transaction=True)
def test_two_that_tick_at_once_say_everything_once() -> None:
    row = originator()
    deliver(row, *(Sent(f"{head}7000001", -1_000) for head in range(40)))
    later = TUESDAY + timedelta(days=5)
    ready = threading.Barrier(3)

    def tick() -> None:
        ready.wait()
        try:
            bank.tick(now=later)
            bank.tick(now=later)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(tick) for _ in range(3)]:
            done.result()
    assert len(returns(row)) == 40
    moved = SandboxMovement.objects.values_list("kind").annotate(cents=Sum("amount_minor"), lines=Count("id"))
    assert sorted(moved) == [("RETURN", -40_000, 40), ("SETTLEMENT", 40_000, 40)]


ENDINGS = ["", "", *(f"7000{digits}" for digits in TABLE if digits != "207")]
ENTRIES = st.builds(
    Sent,
    account=st.builds(lambda head, end: f"{head}{end}", st.integers(100_000, 999_999), st.sampled_from(ENDINGS)),
    cents=st.one_of(st.integers(-9_000_000, 9_000_000), st.just(0)),
    routing=st.sampled_from([ACCOUNTS_AT, THRIFT, SHIFTED]),
    description=st.sampled_from(["PAYOUT", "PAYROLL", "ACCTVERIFY"]),
    sec=st.sampled_from(["PPD", "CCD"]),
)


@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    sent=st.lists(ENTRIES, min_size=1, max_size=25),
    leaves=st.integers(0, 14 * 24 * 60),
    jumps=st.lists(st.integers(1, 30 * 24 * 60), max_size=4),
)
def test_whatever_is_delivered_settles_or_comes_back_and_the_statement_says_the_same(
    sent: list[Sent], leaves: int, jumps: list[int]
) -> None:
    """Files of any hour, looked at in any jumps of time: the account is what came back less what went out."""
    row = originator()
    start = at = new_york("2026-11-20 00:00") + timedelta(minutes=leaves)
    deliver(row, *sent, at=start, effective=start.date())
    for minutes in jumps:
        at += timedelta(minutes=minutes)
        bank.tick(now=at)
    bank.tick(now=start + timedelta(days=120))

    postings = list(SandboxPosting.objects.filter(inbox__originator=row).prefetch_related("movements"))
    assert len(postings) == len(sent)
    assert {each.state for each in postings} <= FINAL
    assert all(each.answers_at is None and is_banking_day(each.settles_on) for each in postings)
    came: dict[str, int] = defaultdict(int)
    seen = set()
    for name, content in fetched(row):
        if name.startswith("returns_") and content not in seen:
            seen.add(content)
            for code, trace, cents in came_back(content):
                came[trace] += cents if code.startswith("R") else 0
    unsettled = {each.trace for each in postings if each.told and not each.movements.exists()}
    # Raw columns of what we sent and fetched against lines of the statement, without the entries that never settled.
    went = {each.trace: each.amount_minor * (1 if each.direction == "CREDIT" else -1) for each in postings}
    expected = sum(back for trace, back in came.items() if trace not in unsettled)
    expected -= sum(cents for trace, cents in went.items() if trace not in unsettled)
    text = statements.statement(date(2026, 11, 1), date(2027, 12, 31), originator=row)
    if text:
        [read] = csv_format.read(text).statements
        assert read.currency == Currency.USD.code
        assert (read.opening_minor, read.closing_minor) == (0, expected)
        assert all(is_banking_day(line.day) for line in read.lines)
    else:
        assert expected == 0
