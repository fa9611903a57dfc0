"""Corrections by hand: treasury writes an entry down, the controller signs, from 5,000.00 compliance too."""

from datetime import timedelta

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from core.actors import SYSTEM, Actor
from core.approvals import selectors
from core.approvals.models import ApprovalRequest
from core.approvals.refusals import ApprovalClosed, AskedAlready, NobodyCanSign, NotAllowedToAsk, NotAllowedToSign
from core.approvals.services import affiliations
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.money import Money
from ledger import chart
from ledger.models import Entry
from ledger.selectors import balances, entries
from ledger.services import adjustments, journal, reversals
from ledger.services.refusals import (
    CurrencyMismatch,
    EntryAlreadyReversed,
    EntryNotReversible,
    MalformedEntry,
    UnbalancedEntry,
    UnknownAccount,
)
from ledger.services.writer import Leg
from tests.factories import staff
from tests.factories.approvals import signed

pytestmark = pytest.mark.django_db
TREASURER = Actor("STAFF", "treasury@holdfast.example", frozenset({"TREASURY"}))
PAYABLE = chart.provider_payable("prov_1")


@pytest.fixture
def controller(db):
    return staff.person("CONTROLLER")


@pytest.fixture
def compliance(db):
    return staff.person("COMPLIANCE")


def legs(minor=12_500, *, debit=chart.SUSPENSE, credit=chart.FEES_PLATFORM):
    return [Leg.debit(debit, Money(minor)), Leg.credit(credit, Money(minor))]


def asked(minor=12_500, *, reference="pay_1", **sides) -> ApprovalRequest:
    return adjustments.ask(
        book="test", reference=reference, legs=legs(minor, **sides), reason="Fee booked twice", actor=TREASURER,
        now=timezone.now(),
    )  # fmt: skip


def reversal_of(entry_id: str) -> ApprovalRequest:
    return adjustments.ask_reversal(
        entry_id=entry_id, reason="Posted to the wrong seller", actor=TREASURER, now=timezone.now()
    )


def test_what_was_signed_is_posted_under_the_approval(controller):
    """125.00 from suspense to the fees: nothing before the signature, one entry after it."""
    request = asked()
    assert request.summary == "Adjust pay_1 by 125.00 USD in the test book"
    assert balances.get("test", chart.FEES_PLATFORM).posted == Money(0)
    assert signed(request, controller).state == "EXECUTED"
    entry_id = entries.find_by_key(request.request_id, kind="ledger.adjusted")
    entry = entries.get(entry_id)
    assert (entry.kind, entry.reference, entry.book) == ("ledger.adjusted", "pay_1", "test")
    assert (entry.description, entry.approval) == ("Fee booked twice", request.request_id)
    assert balances.get("test", chart.FEES_PLATFORM).posted == Money(12_500)
    assert balances.get("test", chart.SUSPENSE).posted == Money(-12_500)
    row = AuditEntry.objects.get(action="ledger.entry.adjusted")
    assert (row.subject, row.facts["approval"]) == (entry_id, request.request_id)


def test_it_is_posted_once(controller):
    request = signed(asked(), controller)
    with pytest.raises(ApprovalClosed):
        signed(request, controller)
    with transaction.atomic():
        again = adjustments.post(
            request_id=request.request_id, reference="pay_1", given=request.given, reason=request.reason, actor=SYSTEM,
            now=timezone.now() + timedelta(hours=1),
        )  # fmt: skip
    assert again.replayed
    assert Entry.objects.count() == 1


def test_from_five_thousand_a_second_department_signs(controller, compliance):
    assert asked(499_999, reference="pay_small").needed == 1
    request = asked(500_000)
    assert request.needed == 2
    assert signed(request, controller).state == "PENDING"
    assert Entry.objects.count() == 0
    assert signed(request, compliance).state == "EXECUTED"
    assert balances.get("test", chart.FEES_PLATFORM).posted == Money(500_000)


def test_two_controllers_are_not_two_departments(controller):
    with pytest.raises(NobodyCanSign, match="Compliance officer"):
        asked(500_000)


def test_money_that_is_gone_meanwhile_is_said_and_the_signature_stays(controller):
    """Nobody's payable goes below zero: the entry waits until the money is there, or until somebody takes it back."""
    request = asked(12_500, debit=PAYABLE, credit=chart.BANK_OPERATING)
    request = signed(request, controller)
    assert (request.state, request.failure) == ("PENDING", "The available balance is too small")
    assert Entry.objects.count() == 0
    assert request.signatures.count() == 1


def test_an_owner_of_the_account_does_not_sign(controller):
    staff.person("CONTROLLER")
    affiliations.declare(
        email=controller.user.email, party_id="prov_1", nature="director", since=timezone.now().date(), actor=SYSTEM,
        now=timezone.now(),
    )  # fmt: skip
    with pytest.raises(NotAllowedToSign, match="director"):
        signed(asked(debit=chart.BANK_OPERATING, credit=PAYABLE), controller)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ([Leg.debit(chart.SUSPENSE, Money(2)), Leg.credit(chart.FEES_PLATFORM, Money(1))], UnbalancedEntry),
        ([Leg.debit(chart.SUSPENSE, Money(2))], MalformedEntry),
        ([], MalformedEntry),
        ([Leg("nobody", 1, "USD"), Leg("fees:platform", -1, "USD")], UnknownAccount),
        ([Leg("suspense", 1, "USD"), Leg("fees:platform", -1, "EUR")], CurrencyMismatch),
        ([Leg("suspense", 1, "XXX"), Leg("fees:platform", -1, "XXX")], MalformedEntry),
    ],
)
def test_what_is_no_entry_is_not_asked_for(controller, wrong, refusal):
    with pytest.raises(refusal):
        adjustments.ask(book="test", reference="pay_1", legs=wrong, reason="x", actor=TREASURER, now=timezone.now())
    assert not ApprovalRequest.objects.exists()


def test_one_question_a_reference_and_only_by_treasury(controller):
    asked()
    with pytest.raises(AskedAlready):
        asked(minor=1)
    with pytest.raises(NotAllowedToAsk):
        adjustments.ask(
            book="test", reference="pay_2", legs=legs(), reason="x", actor=controller.user.actor(), now=timezone.now()
        )


class TestReversals:
    def test_a_signed_reversal_mirrors_the_entry(self, controller, move):
        entry_id = move(12_500, debit=chart.BANK_TRUST, credit=PAYABLE).entry_id
        request = reversal_of(entry_id)
        assert request.content["facts"]["amountMinor"] == 12_500
        assert signed(request, controller).state == "EXECUTED"
        mirror = entries.get(entries.get(entry_id).reversed_by)
        assert (mirror.kind, mirror.approval, mirror.reference) == ("ledger.adjusted", request.request_id, "pay_1")
        assert balances.get("test", PAYABLE).posted == Money(0)

    def test_reversed_by_somebody_else_meanwhile_it_ends(self, controller, move):
        entry_id = move(12_500, debit=chart.BANK_TRUST, credit=PAYABLE).entry_id
        request = reversal_of(entry_id)
        reversals.reverse(entry_id=entry_id, reason="Returned", idempotency_key="other", now=timezone.now())
        with pytest.raises(ApprovalClosed, match="has reversed it"):
            signed(request, controller)
        assert selectors.get(request.request_id).state == "VOIDED"
        assert Entry.objects.count() == 2

    def test_a_reversal_is_final_and_an_entry_is_reversed_once(self, controller, move):
        entry_id = move(12_500, debit=chart.BANK_TRUST, credit=PAYABLE).entry_id
        signed(reversal_of(entry_id), controller)
        with pytest.raises(EntryAlreadyReversed):
            reversal_of(entry_id)
        with pytest.raises(EntryNotReversible):
            reversal_of(entries.get(entry_id).reversed_by)


class TestTheDatabase:
    """Past every service, an entry of this kind still needs the signatures."""

    def post(self, key, *, reference="pay_1", book="test"):
        journal.post(
            book=book, kind="ledger.adjusted", legs=legs(), reference=reference, idempotency_key=key,
            effective_at=timezone.now(), now=timezone.now(),
        )  # fmt: skip

    def refused(self, key, **other):
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            self.post(key, **other)
        return refusal_name(error.value)

    def test_without_an_approval_there_is_no_adjustment(self, controller):
        assert self.refused("no-approval") == "act_is_approved"

    def test_an_open_approval_is_none(self, controller):
        assert self.refused(asked().request_id) == "act_is_approved"

    def test_an_approval_is_of_one_reference_and_one_book(self, controller):
        request = signed(asked(), controller)
        assert self.refused(request.request_id, reference="pay_2", book="live") == "act_is_approved"
        assert self.refused(request.request_id, book="live") == "adjustment_is_of_the_book_approved"

    def test_an_approval_of_one_reversal_reverses_nothing_else(self, controller, move):
        first = move(1, debit=chart.BANK_TRUST, credit=PAYABLE).entry_id
        second = move(2, debit=chart.BANK_TRUST, credit=PAYABLE).entry_id
        request = signed(reversal_of(first), controller)
        with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ledger_entry (public_id, book, phase, kind, reference, description, idempotency_key,"
                " request_hash, effective_at, posted_at, reverses_id) SELECT 'ent_x', 'live', 'POSTED',"
                " 'ledger.adjusted', 'pay_1', '', %s, '', now(), now(), id FROM ledger_entry WHERE public_id = %s",
                [request.request_id, second],
            )
        assert refusal_name(error.value) == "act_is_approved"


class TestThePages:
    FORM = {
        "form-TOTAL_FORMS": "4", "form-INITIAL_FORMS": "0",
        "form-0-account": "suspense", "form-0-side": "DEBIT", "form-0-amount": "1,125.00",
        "form-1-account": "fees:platform", "form-1-side": "CREDIT", "form-1-amount": "1125",
        "form-2-side": "DEBIT", "form-3-side": "DEBIT",
        "reference": "pay_1", "currency": "USD", "reason": "Fee booked twice",
    }  # fmt: skip

    @pytest.fixture
    def desk(self, controller) -> Client:
        client = staff.signed_in("TREASURY", email=TREASURER.id)
        client.post("/admin/data-mode/", {"mode": "test"})
        return client

    def test_balances_are_shown_before_anything_is_asked(self, desk, move):
        move(20_000, debit=chart.BANK_TRUST, credit=chart.FEES_PLATFORM)
        shown = desk.post("/admin/adjustments/", {**self.FORM, "preview": "1"}).content.decode()
        assert "200.00" in shown
        assert "1,325.00" in shown
        assert "−1,125.00" in shown
        assert not ApprovalRequest.objects.exists()

    def test_asking_leads_to_the_approval_and_from_there_to_the_entry_and_back(self, desk, controller):
        answer = desk.post("/admin/adjustments/", {**self.FORM, "ask": "1"})
        request = ApprovalRequest.objects.get()
        assert answer["Location"] == f"/admin/approvals/{request.request_id}/"
        assert "1,125.00" in desk.get(answer["Location"]).content.decode()
        signed(request, controller)
        entry_id = Entry.objects.get().public_id
        assert f"/admin/entries/{entry_id}/" in desk.get(answer["Location"]).content.decode()
        assert f"/admin/approvals/{request.request_id}/" in desk.get(f"/admin/entries/{entry_id}/").content.decode()

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"form-1-amount": "1124"}, "Debits and credits differ"),
            ({"form-0-amount": "1.005"}, "at most 2 decimals"),
            ({"form-0-amount": "-5"}, "above zero"),
            ({"form-0-amount": "NaN"}, "above zero"),
            ({"form-0-account": "nobody"}, "No such account in the chart"),
            ({"form-2-account": "suspense"}, "an account and an amount"),
        ],
    )
    def test_what_is_wrong_is_said(self, desk, changes, said):
        answer = desk.post("/admin/adjustments/", {**self.FORM, **changes, "ask": "1"})
        assert answer.status_code in (400, 422)
        assert said in answer.content.decode()
        assert not ApprovalRequest.objects.exists()

    def test_an_entry_is_reversed_from_its_page(self, desk, controller, move):
        entry_id = move(12_500, debit=chart.BANK_TRUST, credit=PAYABLE).entry_id
        assert "Ask to reverse" in desk.get(f"/admin/entries/{entry_id}/").content.decode()
        desk.post(f"/admin/entries/{entry_id}/reverse/", {"reason": "Wrong seller"})
        assert selectors.find_open(action="ledger.reverse", subject=entry_id)

    def test_who_only_looks_cannot_ask(self, controller, move):
        entry_id = move(12_500, debit=chart.BANK_TRUST, credit=PAYABLE).entry_id
        auditor = staff.signed_in("AUDITOR")
        assert auditor.get("/admin/adjustments/").status_code == 403
        assert auditor.post(f"/admin/entries/{entry_id}/reverse/", {"reason": "x"}).status_code == 403
