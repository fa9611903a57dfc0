"""Pages of transfers, payouts and verifications: what each says comes next and when, and where its figures lead."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.clock import FixedClock
from core.console import jumps
from core.outbox import services as outbox
from fraud.models import ReviewCase
from payments.models import AccountVerification, Payout, PayoutSchedule, Transfer
from payments.services import payout_schedules, payouts, transfer_bookings, verifications
from payments.services.payout_schedules import NewSchedule
from payments.services.payouts import PayoutOrder
from payments.services.verifications import NewVerification
from payments.transfer_enums import Interval, VerificationMethod
from tests.factories import ach_transfers as ach
from tests.factories import bank_accounts, staff
from tests.factories.ach_transfers import BACKEND, SELLER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with clock.use(FixedClock(NOW + timedelta(hours=1))):
        yield


@pytest.fixture
def treasurer() -> Client:
    return staff.signed_in("TREASURY")


def text(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return str(answer.content.decode().split("<main")[1])


def statements(client: Client, url: str) -> int:
    """About tables of payments: what else a page asks is remembered for a while."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([query for query in captured if "payments_" in (query["sql"] or "")])


def says(html: str) -> str:
    """What the page says happens next."""
    return html.split("What happens next: ")[1].split("</p>")[0]


def follow(transfer: Transfer) -> None:
    transfer_bookings.follow([ach.entry_of(transfer).public_id], now=NOW)


def paid_out(**different: object) -> Payout:
    ach.balance()
    ach.account(SELLER)
    order = PayoutOrder(SELLER, **{"amount_minor": 46_000, **different})
    return payouts.create(order, livemode=False, actor=BACKEND, now=NOW)


class TestTransfer:
    def test_it_waits_for_its_cutoff(self, treasurer: Client) -> None:
        """460.00 of the seller's balance, set aside, to leave on Monday at ten to five in New York."""
        ach.balance()
        transfer = ach.made()
        entry = ach.entry_of(transfer)
        html = text(treasurer, "transfer", transfer.public_id)
        assert "It leaves with its cutoff" in says(html)
        assert "2 Mar 2026" in says(html)
        assert "21:50:00 UTC" in says(html)
        for said in (
            "460.00", jumps.address(entry.public_id), f"/admin/accounts/provider_payable:{SELLER}/", "Payout of March",
            "OFAC sanctions screening", "Sent, pending",
        ):  # fmt: skip
            assert said.lower() in html.lower(), said
        account = transfer.to_account
        assert account is not None
        assert account.masked in html
        assert account.fingerprint not in html

    def test_it_settles_and_comes_back(self, treasurer: Client) -> None:
        """Each booking leads to the entries of the ledger that made it."""
        ach.balance()
        transfer = ach.made()
        entry = ach.entry_of(transfer)
        ach.sent(entry)
        follow(transfer)
        transfer.refresh_from_db()
        html = text(treasurer, "transfer", transfer.public_id)
        assert "It settles" in says(html)
        assert f"TR{transfer.trace}" in html
        assert "ach_clearing:out" in html
        ach.settled(entry)
        follow(transfer)
        assert "Nothing: it has settled" in says(text(treasurer, "transfer", transfer.public_id))
        ach.returned(entry, "R03")
        follow(transfer)
        html = text(treasurer, "transfer", transfer.public_id)
        assert "it came back as R03" in says(html)
        assert "No account, or unable to locate it" in html
        assert html.count("/admin/entries/ent_") >= 3

    def test_a_debit_is_held_before_it_is_the_payees(self, treasurer: Client) -> None:
        transfer = ach.made(ach.debit())
        entry = ach.entry_of(transfer)
        ach.sent(entry)
        follow(transfer)
        ach.settled(entry)
        follow(transfer)
        html = text(treasurer, "transfer", transfer.public_id)
        assert "Its money is held, then it is the payee" in says(html)
        assert f"reserve:{SELLER}" in html

    def test_it_waits_for_a_person_until_it_is_declined(self, treasurer: Client) -> None:
        """25,000.00 is judged by somebody, or declined after 72 hours."""
        ach.balance(minor=9_000_000)
        transfer = ach.made(ach.order(amount_minor=2_500_000))
        case = ReviewCase.objects.get()
        html = text(treasurer, "transfer", transfer.public_id)
        assert "without a judgement it is declined" in says(html)
        assert reverse("admin:review", args=[case.case_id]) in says(html)

    def test_it_is_found_by_its_id_its_tracking_id_and_its_trace(self, treasurer: Client) -> None:
        ach.balance()
        transfer = ach.made()
        ach.sent(ach.entry_of(transfer))
        follow(transfer)
        transfer.refresh_from_db()
        page = reverse("admin:transfer", args=[transfer.public_id])
        assert jumps.address(transfer.public_id) == page
        tracking = f"TR{transfer.trace}"
        assert treasurer.get("/admin/search/", {"q": transfer.public_id})["Location"] == page
        assert treasurer.get(jumps.address(tracking))["Location"] == page
        found = treasurer.get("/admin/search/", {"q": transfer.trace}).content.decode()
        assert page in found
        assert jumps.address(ach.entry_of(transfer).public_id) in found
        # Words that begin alike are no ids.
        assert jumps.address("ACH cutoffs") == jumps.address("TRUSTED") == jumps.address("TR12") == ""
        assert treasurer.get(reverse("admin:transfer_tracked", args=["TR000000000000000"])).status_code == 404

    def test_what_somebody_judges_again_is_not_shown(self, monkeypatch: pytest.MonkeyPatch, treasurer: Client) -> None:
        from fraud.selectors import agreement
        from fraud.selectors.agreement import Hidden

        ach.balance()
        transfer = ach.made()
        monkeypatch.setattr(agreement, "hidden_from", lambda actor: Hidden([], [transfer.public_id], []))
        html = text(treasurer, "transfers")
        assert transfer.public_id not in html
        assert "You are judging a case again" in html


class TestTransferList:
    def test_it_narrows(self, treasurer: Client) -> None:
        ach.balance()
        out, come = ach.made(), ach.made(ach.debit())
        for query, shown, hidden in (
            ({"type": "CREDIT"}, out, come), ({"type": "DEBIT"}, come, out), ({"payer": SELLER}, out, come),
            ({"payee": SELLER, "state": come.state, "type": "DEBIT"}, come, out),
        ):  # fmt: skip
            html = text(treasurer, "transfers", **query)
            assert shown.public_id in html, query
            assert hidden.public_id not in html, query
        assert "No transfer fits" in text(treasurer, "transfers", until="2026-03-01")
        assert out.public_id in text(treasurer, "transfers", since="2026-03-02", until="2026-03-02")

    def test_it_costs_the_same_for_one_and_for_many(self, treasurer: Client) -> None:
        ach.balance()
        ach.made()
        url = reverse("admin:transfers")
        treasurer.get(url)
        one = statements(treasurer, url)
        for _ in range(4):
            ach.made(ach.order(amount_minor=100))
        assert statements(treasurer, url) == one <= 4

    def test_it_is_taken_out_with_people_masked(self, treasurer: Client) -> None:
        ach.balance()
        transfer = ach.made()
        answer = treasurer.get(reverse("admin:transfers"), {"format": "csv"})
        lines = b"".join(answer.streaming_content).decode()
        assert transfer.public_id in lines
        assert "460.00,USD" in lines
        assert SELLER not in lines

    def test_live_data_shows_nothing_of_test_data(self, treasurer: Client) -> None:
        ach.balance()
        transfer = ach.made()
        treasurer.post("/admin/data-mode/", {"mode": "live"})
        assert transfer.public_id not in text(treasurer, "transfers")
        assert treasurer.get(reverse("admin:transfer", args=[transfer.public_id])).status_code == 404


class TestPayout:
    def test_what_was_paid_what_stays_and_when_the_next_one_is(self, treasurer: Client) -> None:
        """1,000.00 is owed, 100.00 stays, 460.00 is on its way: 440.00 could be paid out."""
        ach.known(SELLER)
        new = NewSchedule(SELLER, Interval.WEEKLY, 5, 2_500, 10_000)
        payout_schedules.put(new=new, livemode=False, actor=BACKEND, now=NOW)
        payout = paid_out()
        html = text(treasurer, "payout", payout.public_id)
        assert "It leaves with its cutoff" in says(html)
        for said in (
            "1,000.00", "540.00", "440.00", "100.00", "every Friday", "6 Mar 2026", payout.transfer.public_id,
        ):  # fmt: skip
            assert said in html, said
        assert jumps.address(payout.public_id) == reverse("admin:payout", args=[payout.public_id])
        assert payout.public_id in text(treasurer, "transfer", payout.transfer.public_id)

    def test_a_pause_says_who_paused_why_and_what_it_holds(self, treasurer: Client) -> None:
        ach.known(SELLER)
        payout_schedules.put(new=NewSchedule(SELLER, Interval.DAILY), livemode=False, actor=BACKEND, now=NOW)
        payout = paid_out()
        payout_schedules.pause(party_id=SELLER, livemode=False, why="login taken over", actor=BACKEND, now=NOW)
        html = text(treasurer, "payout", payout.public_id)
        assert "It is held: payouts of the party are paused" in says(html)
        assert "login taken over" in html
        assert ">Paused</span>" in html

    def test_the_list_narrows_and_costs_the_same_for_one_and_for_many(self, treasurer: Client) -> None:
        first = paid_out()
        url = reverse("admin:payouts")
        assert first.public_id in text(treasurer, "payouts", state="SUBMITTED", trigger="ON_DEMAND", party=SELLER)
        assert "No payout fits" in text(treasurer, "payouts", state="RETURNED")
        assert "No payout fits" in text(treasurer, "payouts", party="prov_nobody")
        one = statements(treasurer, url)
        for _ in range(3):
            paid_out(amount_minor=100)
        assert statements(treasurer, url) == one <= 4


class TestVerification:
    def test_micro_entries_never_show_their_amounts(self, treasurer: Client) -> None:
        new = NewVerification(ach.account(SELLER), VerificationMethod.MICRO_ENTRIES)
        verification = verifications.start(new=new, livemode=False, actor=BACKEND, now=NOW)
        assert "Micro-entries" in text(treasurer, "account_verifications", method="MICRO_ENTRIES", state="PENDING")
        html = text(treasurer, "account_verification", verification.public_id)
        assert "The micro-entries settle; then their amounts can be confirmed" in says(html)
        assert html.count("Micro-entry") == 3
        assert "0.32" not in html
        AccountVerification.objects.update(settled_at=NOW)
        html = text(treasurer, "account_verification", verification.public_id)
        assert "else it expires" in says(html)
        assert "12 Mar 2026" in says(html)
        assert verification.public_id.startswith("bav_")
        page = reverse("admin:account_verification", args=[verification.public_id])
        assert treasurer.get("/admin/search/", {"q": verification.public_id})["Location"] == page


def test_what_is_told_outside_stands_in_the_timeline(treasurer: Client) -> None:
    ach.balance()
    transfer = ach.made()
    outbox.drain(now=NOW)
    assert "Told: ach_transfer.created" in text(treasurer, "transfer", transfer.public_id)


class TestSchedule:
    def test_the_page_pauses_and_lets_go_on(self, treasurer: Client) -> None:
        """460.00 waits for its cutoff: the pause holds it, and it waits again afterwards."""
        ach.known(SELLER)
        new = NewSchedule(SELLER, Interval.WEEKLY, 5, 2_500, 10_000)
        payout_schedules.put(new=new, livemode=False, actor=BACKEND, now=NOW)
        entry = ach.entry_of(paid_out().transfer)
        html = text(treasurer, "payout_schedule", SELLER)
        assert "What is owed above the reserve is paid out, if it is 25.00 USD or more" in says(html)
        for said in ("1,000.00", "540.00", "440.00", "every Friday, from 25.00 USD on, less a reserve of 100.00 USD"):
            assert said in html, said
        pause, resume = (reverse(f"admin:payout_schedule_{verb}", args=[SELLER]) for verb in ("pause", "resume"))
        assert treasurer.post(pause, {"why": " "}).status_code == 400
        assert PayoutSchedule.objects.get().paused_at is None
        treasurer.post(pause, {"why": "login taken over"})
        entry.refresh_from_db()
        assert entry.state == "HELD"
        html = text(treasurer, "payout_schedule", SELLER)
        assert "Nothing is paid until somebody lets payouts go on" in says(html)
        assert "login taken over (1 held)" in html
        treasurer.post(resume)
        entry.refresh_from_db()
        assert entry.state == "WAITING"
        assert "1 freed" in text(treasurer, "payout_schedule", SELLER)

    def test_payouts_on_demand_are_paused_without_a_schedule(self, treasurer: Client) -> None:
        paid_out()
        assert "the party is paid when somebody asks" in says(text(treasurer, "payout_schedule", SELLER))
        treasurer.post(reverse("admin:payout_schedule_pause", args=[SELLER]), {"why": "drill"})
        assert "Paused" in text(treasurer, "payout_schedules", state="PAUSED", party=SELLER)
        treasurer.post(reverse("admin:payout_schedule_resume", args=[SELLER]))
        assert "when somebody asks" in text(treasurer, "payout_schedules", state="STOPPED")

    def test_who_may_not_pause_sees_no_way_to(self) -> None:
        ach.known(SELLER)
        auditor = staff.signed_in("AUDITOR")
        assert "What can be done" not in text(auditor, "payout_schedule", SELLER)
        for verb in ("pause", "resume"):
            answer = auditor.post(reverse(f"admin:payout_schedule_{verb}", args=[SELLER]), {"why": "x"})
            assert answer.status_code == 403

    def test_who_is_no_seller_of_this_mode_has_no_page(self, treasurer: Client) -> None:
        bank_accounts.party("prov_live_only", livemode=True)
        bank_accounts.party("cus_known")
        for name in ("prov_live_only", "prov_nobody", "cus_known"):
            assert treasurer.get(reverse("admin:payout_schedule", args=[name])).status_code == 404
            assert treasurer.post(reverse("admin:payout_schedule_pause", args=[name]), {"why": "x"}).status_code == 404

    def test_the_list_narrows_and_costs_the_same_for_one_and_for_many(self, treasurer: Client) -> None:
        url = reverse("admin:payout_schedules")

        def scheduled(party: str) -> None:
            ach.known(party)
            payout_schedules.put(new=NewSchedule(party, Interval.DAILY), livemode=False, actor=BACKEND, now=NOW)

        scheduled(SELLER)
        assert SELLER in text(treasurer, "payout_schedules", state="ACTIVE", party=SELLER)
        assert "No schedule fits" in text(treasurer, "payout_schedules", state="PAUSED")
        assert "No schedule fits" in text(treasurer, "payout_schedules", party="prov_nobody")
        one = statements(treasurer, url)
        for number in range(3):
            scheduled(f"prov_more_00{number}")
        assert statements(treasurer, url) == one == 1


@pytest.mark.parametrize("name", ["transfers", "payouts", "account_verifications", "payout_schedules"])
def test_who_may_see_payments_sees_these(name: str) -> None:
    assert staff.signed_in("AUDITOR").get(reverse(f"admin:{name}")).status_code == 200
