"""Balances are paid out: on demand, by schedule, not while they are paused, and debts first."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ach.services import entries
from core import clock
from core.actors import SYSTEM
from core.clock import FixedClock
from core.money import Currency, Money
from core.outbox import services as outbox
from escrow.models import Receivable
from escrow.services import receivables
from escrow.services.ach_door import AchDoor
from fraud.enums import CaseDecision, CaseOutcome
from fraud.selectors import cases as review_cases
from fraud.services import cases, lists
from ledger import chart
from ledger.services import journal
from ledger.services.journal import Leg
from payments import ach_door
from payments.models import Payout, Transfer
from payments.selectors import transfers as register
from payments.services import payout_runs, payout_schedules
from payments.services.payout_schedules import NewSchedule
from payments.transfer_enums import Interval
from tests.factories import ach_transfers as ach
from tests.factories import api, staff
from tests.factories.ach_transfers import SELLER
from tests.factories.api import ApiClient
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db

PAYABLE = chart.provider_payable(SELLER)
SCHEDULED = {"interval": Interval.DAILY, "minimum_minor": 5_000, "reserve_minor": 10_000}


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with clock.use(FixedClock(NOW)):
        yield


@pytest.fixture
def backend() -> ApiClient:
    return api.client("payouts:read", "payouts:write", "ach:write", "ach:read")


def schedule(**different: Any) -> datetime:
    new = NewSchedule(**{"party_id": SELLER, **SCHEDULED, **different})
    at = payout_schedules.put(new=new, livemode=False, actor=SYSTEM, now=NOW).next_at
    assert at is not None
    return at


def test_all_that_may_go_goes_to_the_sellers_own_account(backend: ApiClient) -> None:
    """460.00 at once, and nothing is left."""
    account = ach.account(SELLER)
    ach.balance(SELLER, 46_000)
    made = backend.post("/v1/payouts", {"partyId": SELLER})
    assert made.status_code == 201, made.content
    payout = made.json()
    assert (payout["amount"], payout["accountId"], payout["state"]) == (46_000, account, "SUBMITTED")
    assert ach.available(PAYABLE) == 0
    transfer = backend.get(f"/v1/ach-transfers/{payout['transferId']}").json()
    assert (transfer["purpose"], transfer["companyDescription"]) == ("PAYOUT", "PAYOUT")
    assert (transfer["fromAccountId"], transfer["toAccountId"]) == (SELLER, account)
    empty = backend.post("/v1/payouts", {"partyId": SELLER})
    assert (empty.status_code, empty.json()["code"]) == (409, "INSUFFICIENT_BALANCE")
    assert [each["payoutId"] for each in backend.get("/v1/payouts").json()["data"]] == [payout["payoutId"]]
    assert backend.get(f"/v1/payouts/{payout['payoutId']}").json() == payout


@pytest.mark.parametrize(
    ("decision", "state", "entry", "left"),
    [("APPROVE", "SUBMITTED", "WAITING", 0), ("DECLINE", "FAILED", "CANCELLED", 250_000)],
)
def test_a_doubtful_payout_waits_for_a_person(
    backend: ApiClient, decision: str, state: str, entry: str, left: int
) -> None:
    """2,500.00 of a balance that has never been paid out: held, its money set aside, until an analyst decides."""
    payout = doubtful(backend)
    transfer = register.get(payout["transferId"])
    assert (payout["state"], payout["status"], transfer.state_why) == (
        "PENDING_REVIEW", "SUBMITTED", "the fraud score asks for a person",
    )  # fmt: skip
    assert (ach.entry_of(transfer).state, ach.available(PAYABLE)) == ("HELD", 0)
    check = next(each for each in register.trail(transfer) if each.action == "fraud_risk_assessment")
    assert check.result == "REVIEW_REQUIRED"
    decide(transfer, decision)
    assert (register.get(transfer.public_id).state, ach.entry_of(transfer).state) == (state, entry)
    assert ach.available(PAYABLE) == left


def test_let_go_during_a_pause_it_stays_where_it_is(backend: ApiClient) -> None:
    """The analyst says yes, the pause says no: it leaves when the payouts go on."""
    ach.known(SELLER)
    schedule(reserve_minor=0)
    transfer = register.get(doubtful(backend)["transferId"])
    payout_schedules.pause(party_id=SELLER, livemode=False, why="login taken over", actor=SYSTEM, now=NOW)
    decide(transfer, "APPROVE")
    entry = ach.entry_of(transfer)
    assert (register.get(transfer.public_id).state, entry.state) == ("SUBMITTED", "HELD")
    assert entry.state_why == payout_schedules.PAUSED
    payout_schedules.resume(party_id=SELLER, livemode=False, actor=SYSTEM, now=NOW)
    assert ach.entry_of(transfer).state == "WAITING"


def test_what_fraud_blocks_is_refused_and_kept(backend: ApiClient) -> None:
    """The seller is on the list of blocked customers: nothing is set aside, and the payout says why."""
    ach.account(SELLER)
    ach.balance()
    until = NOW + timedelta(days=30)
    lists.add(
        name="blocked_customers", value=SELLER, reason="a mule", livemode=False, expires_at=until, actor=SYSTEM, now=NOW
    )
    payout = backend.post("/v1/payouts", {"partyId": SELLER}).json()
    assert (payout["success"], payout["status"]) == (False, "FAILED")
    assert payout["declineReason"] == "Transaction blocked due to fraud assessment"
    assert ach.available(PAYABLE) == 100_000
    assert register.get(payout["transferId"]).failure_code == "HIGH_FRAUD_RISK"


def doubtful(backend: ApiClient) -> dict[str, Any]:
    ach.account(SELLER)
    ach.balance(SELLER, 250_000)
    return dict(backend.post("/v1/payouts", {"partyId": SELLER, "amount": 250_000}).json())


def decide(transfer: Transfer, decision: str) -> None:
    case = review_cases.find_for_payment(payment_id=transfer.public_id)
    assert case is not None
    analyst = staff.person("FRAUD_ANALYST").user.actor()
    cases.claim(case_id=case.case_id, actor=analyst, now=NOW)
    cases.decide(
        case_id=case.case_id, decision=CaseDecision(decision), outcome=CaseOutcome.UNDETERMINED, reason="I called them",
        actor=analyst, now=NOW,
    )  # fmt: skip
    outbox.drain(now=NOW)


def test_a_fault_of_ours_keeps_nothing_and_may_be_tried_again(
    backend: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rail breaks while it takes the entry: the documented code, no payout, and the same key pays afterwards."""
    ach.account(SELLER)
    ach.balance()

    def broken(**_: Any) -> None:
        raise RuntimeError("prov_seller_001")

    with monkeypatch.context() as broke:
        broke.setattr(entries, "submit", broken)
        refused = backend.post("/v1/payouts", {"partyId": SELLER}, headers={"Idempotency-Key": "k-1"})
    assert (refused.status_code, refused.json()["code"]) == (502, "ACH_PROCESSING_FAILED")
    assert SELLER not in refused.content.decode()
    assert (Payout.objects.count(), ach.available(PAYABLE)) == (0, 100_000)
    assert backend.post("/v1/payouts", {"partyId": SELLER}, headers={"Idempotency-Key": "k-1"}).status_code == 201


def test_without_an_account_nothing_is_paid(backend: ApiClient) -> None:
    ach.balance()
    assert backend.post("/v1/payouts", {"partyId": SELLER}).json()["code"] == "ACCOUNT_VERIFICATION_FAILED"


def test_what_is_owed_is_taken_first(backend: ApiClient) -> None:
    """1,000.00 is there, 300.00 owed after a return: 700.00 are paid out."""
    ach.account(SELLER)
    ach.balance()
    debt = Money(30_000, Currency.USD)
    journal.post(
        book="test", kind="tests.owed",
        legs=[Leg.debit(chart.returns_receivable(SELLER), debt), Leg.credit(chart.BANK_TRUST, debt)],
        reference=SELLER, idempotency_key="owed", effective_at=NOW, now=NOW,
    )  # fmt: skip
    receivables.open_(party=ach.known(SELLER), escrow=None, cause="ent_1", amount_minor=30_000, currency="USD", now=NOW)
    payout = backend.post("/v1/payouts", {"partyId": SELLER}).json()
    assert (payout["amount"], payout["withheld"]) == (70_000, 30_000)
    assert Receivable.objects.get().state == "RECOVERED"


def test_a_schedule_pays_what_is_above_its_reserve_once_a_run() -> None:
    """Set on Monday at ten in New York, after the payout hour: the first is on Tuesday at nine."""
    ach.account(SELLER)
    ach.balance()
    due = schedule()
    assert due.isoformat() == "2026-03-03T14:00:00+00:00"
    assert payout_runs.run_due(now=due - timedelta(seconds=1)) == 0
    assert payout_runs.run_due(now=due) == 1
    assert payout_runs.run_due(now=due) == 0
    payout = Payout.objects.select_related("schedule").get()
    assert (payout.amount_minor, ach.available(PAYABLE)) == (90_000, 10_000)
    assert payout.schedule is not None
    assert payout.schedule.next_at == due + timedelta(days=1)
    # The next day there is nothing above the reserve: that is no fault, and it says so.
    assert payout_runs.run_due(now=due + timedelta(days=1)) == 0
    payout.schedule.refresh_from_db()
    assert payout.schedule.last_outcome == "50.00 USD is the least that is paid out"
    assert payout.schedule.next_at == due + timedelta(days=2)


@pytest.mark.parametrize(
    ("interval", "anchor", "first"),
    [
        (Interval.DAILY, 0, "2026-03-03T14:00:00+00:00"),
        # Friday; on Sunday the 8th New York's clocks go forward.
        (Interval.WEEKLY, 5, "2026-03-06T14:00:00+00:00"),
        # The 15th is a Sunday: Monday, an hour earlier in UTC.
        (Interval.MONTHLY, 15, "2026-03-16T13:00:00+00:00"),
    ],
)
def test_days_of_a_schedule_are_banking_days(interval: Interval, anchor: int, first: str) -> None:
    ach.known(SELLER)
    assert schedule(interval=interval, anchor=anchor).isoformat() == first


def test_a_pause_holds_what_no_file_carries_and_lets_go_what_one_does(backend: ApiClient) -> None:
    ach.account(SELLER)
    ach.balance()
    schedule(reserve_minor=0, minimum_minor=1)
    leaves, waits = (
        backend.post("/v1/payouts", {"partyId": SELLER, "amount": amount}).json()["transferId"]
        for amount in (10_000, 20_000)
    )
    first, second = ach.entry_of(register.get(leaves)), ach.entry_of(register.get(waits))
    ach.filed(first)
    paused = backend.post(f"/v1/payout-schedules/{SELLER}/pause", {"reason": "The login was taken over"}).json()
    assert (paused["isPaused"], paused["pauseReason"]) == (True, "The login was taken over")
    for entry, state in ((first, "FILED"), (second, "HELD")):
        entry.refresh_from_db()
        assert entry.state == state
    refused = backend.post("/v1/payouts", {"partyId": SELLER})
    assert (refused.status_code, refused.json()["code"]) == (409, "PAYOUTS_PAUSED")
    assert payout_runs.run_due(now=NOW + timedelta(days=3)) == 0
    backend.post(f"/v1/payout-schedules/{SELLER}/resume")
    second.refresh_from_db()
    assert second.state == "WAITING"


def test_a_party_that_is_paid_on_demand_is_paused_too(backend: ApiClient) -> None:
    ach.account(SELLER)
    ach.balance()
    address = f"/v1/payout-schedules/{SELLER}"
    assert backend.get(address).json()["code"] == "PAYOUT_SCHEDULE_NOT_FOUND"
    unexplained = backend.post(f"{address}/pause", {"reason": "  "})
    assert unexplained.status_code == 400
    assert unexplained.json()["errors"][0]["pointer"] == "/reason"
    assert backend.post(f"{address}/pause", {"reason": "drill"}).status_code == 200
    shown = backend.get(address).json()
    assert (shown["isPaused"], shown["isActive"], shown["nextAt"]) == (True, False, None)
    assert backend.post("/v1/payouts", {"partyId": SELLER}).json()["code"] == "PAYOUTS_PAUSED"
    # Let go on, it is paid on demand as before, and never by itself.
    assert backend.post(f"{address}/resume").json()["nextAt"] is None
    assert payout_runs.run_due(now=NOW + timedelta(days=40)) == 0
    assert backend.post("/v1/payouts", {"partyId": SELLER}).status_code == 201


def test_schedules_are_listed_by_party_and_interval(backend: ApiClient) -> None:
    ach.known(SELLER)
    ach.known(ach.SHOP)
    schedule(interval=Interval.WEEKLY, anchor=5)
    backend.post("/v1/payout-schedules", {"partyId": ach.SHOP, "interval": "DAILY", "isActive": False})

    def listed(query: str) -> list[str]:
        return [each["partyId"] for each in backend.get(f"/v1/payout-schedules{query}").json()["data"]]

    assert set(listed("")) == {SELLER, ach.SHOP}
    assert listed("?interval=WEEKLY") == listed("?isActive=true") == listed(f"?partyId={SELLER}") == [SELLER]
    assert listed("?isActive=false") == [ach.SHOP]


def test_a_schedule_that_makes_no_sense_is_refused(backend: ApiClient) -> None:
    ach.known(SELLER)
    refused = backend.post("/v1/payout-schedules", {"partyId": SELLER, "interval": "WEEKLY", "anchor": 6}).json()
    assert refused["errors"] == [{"pointer": "/anchor", "detail": "must be 1 to 5 where the interval is WEEKLY"}]


def test_escrow_is_behind_the_door() -> None:
    assert isinstance(ach_door.current(), AchDoor)
