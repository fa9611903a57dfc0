"""Whatever somebody has in hand finds its way: ids, keys, last four digits, requests, people, files, accounts."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from core.actors import Actor
from core.audit import services as audit
from core.audit.models import AuditEntry
from core.console import jumps, shapes
from fraud.models import Assessment
from payments.models import Payment, SettlementFile
from tests import plans
from tests.factories import staff
from tests.factories.payments import pay, ticket

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def auditor() -> Client:
    return staff.signed_in("AUDITOR", email="auditor@holdfast.example")


def look(client: Client, text: str) -> tuple[str, str]:
    """Where the search leads at once, and what its page says when it stays."""
    answer = client.get("/admin/search/", {"q": text})
    return (answer.url, "") if answer.status_code == 302 else ("", answer.content.decode())


class TestFinds:
    @pytest.fixture
    def payment(self) -> Payment:
        pay(key=ticket(key="order-4711-retry"))
        return Payment.objects.get()

    def test_payment_transaction_and_escrow_by_their_prefix(self, auditor: Client, payment: Payment) -> None:
        assert look(auditor, payment.public_id)[0] == f"/admin/payments/{payment.public_id}/"
        assert look(auditor, payment.transaction_id)[0] == f"/admin/transactions/{payment.transaction_id}/"
        assert look(auditor, str(payment.escrow_id))[0] == f"/admin/escrows/{payment.escrow_id}/"

    @pytest.mark.parametrize("text", ["4242", "last4:4242", "last4: 4242"])
    def test_payments_by_the_last_four_digits(self, auditor: Client, payment: Payment, text: str) -> None:
        _, html = look(auditor, text)
        assert payment.public_id in html
        assert "card ending 4242" in html

    def test_idempotency_key_opens_its_payment_for_whoever_may_see_only_payments(self, payment: Payment) -> None:
        assert look(staff.signed_in("TREASURY"), "order-4711-retry")[0] == f"/admin/payments/{payment.public_id}/"

    def test_idempotency_key_shows_request_and_payment_to_whoever_may_see_both(
        self, auditor: Client, payment: Payment
    ) -> None:
        _, html = look(auditor, "order-4711-retry")
        assert payment.public_id in html
        assert "Idempotent requests" in html

    def test_payment_of_the_other_mode_is_not_found(self, auditor: Client, payment: Payment) -> None:
        auditor.post("/admin/data-mode/", {"mode": "live"})
        assert payment.public_id not in look(auditor, "4242")[1]

    def test_party_leads_to_its_row_and_its_payments(self, auditor: Client, payment: Payment) -> None:
        _, html = look(auditor, "cus_abc123def456")
        assert f"/admin/records/compliance/party/{payment.customer_id}/change/" in html
        assert "/admin/payments/?customer=cus_abc123def456" in html

    def test_account_by_its_code_and_by_its_owner(self, auditor: Client, payment: Payment) -> None:
        assert look(auditor, "fees:platform")[0] == "/admin/accounts/fees:platform/"
        code = f"escrow_held:{payment.escrow_id}"
        assert look(auditor, code)[0] == f"/admin/accounts/{code}/"

    def test_ids_whose_kind_has_no_page_open_what_they_belong_to(self, auditor: Client, payment: Payment) -> None:
        assessment = Assessment.objects.get()
        assert look(auditor, assessment.assessment_id)[0] == f"/admin/payments/{payment.public_id}/"

    def test_request_leads_to_what_it_did(self, auditor: Client) -> None:
        audit.record(
            actor=Actor("API_KEY", "key_1"), action="payments.payment.created", subject="pay_1", at=NOON,
            correlation_id="req_0123456789",
        )  # fmt: skip
        assert look(auditor, "req_0123456789")[0] == "/admin/audit/?correlation=req_0123456789"

    def test_audit_entry_by_its_id(self, auditor: Client) -> None:
        audit.record(actor=Actor("API_KEY", "key_1"), action="x.y", subject="pay_1", at=NOON)
        entry = AuditEntry.objects.get(action="x.y")
        assert look(auditor, str(entry.pk).upper())[0] == f"/admin/audit/{entry.pk}/"

    def test_person_by_the_whole_address_in_any_case(self) -> None:
        person = staff.person("TREASURY", email="tess@holdfast.example")
        administrator = staff.signed_in("ADMINISTRATOR")
        assert look(administrator, "Tess@Holdfast.example")[0] == f"/admin/staff/{person.user.pk}/"
        assert "Nothing found" in look(administrator, "tess@holdfast")[1]

    def test_settlement_file_by_name_and_by_hash(self, auditor: Client) -> None:
        file = SettlementFile.objects.create(
            sha256="a1" * 32, gateway="sandbox", name="sandbox-test-2026-03-02.csv", content="", status="IMPORTED",
            received_at=NOON,
        )  # fmt: skip
        row = f"/admin/records/payments/settlementfile/{file.pk}/change/"
        assert look(auditor, "sandbox-test-2026-03-02.csv")[0] == row
        assert look(auditor, "A1" * 32)[0] == row

    def test_nothing_is_found_that_the_roles_do_not_cover(self, payment: Payment) -> None:
        administrator = staff.signed_in("ADMINISTRATOR")
        for text in ("4242", "order-4711-retry", "cus_abc123def456", "fees:platform"):
            where, html = look(administrator, text)
            assert where == ""
            assert "Nothing found" in html


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("091000019000001", "looks like the trace number of an ACH entry"),
        ("9999", "looks like the last four digits of a card"),
        ("nobody@holdfast.example", "looks like the e-mail address of a person"),
        ("0" * 64, "looks like the SHA-256 of a file"),
    ],
)
def test_what_is_recognised_and_carried_by_nothing_is_said_plainly(auditor: Client, text: str, says: str) -> None:
    assert says in look(auditor, text)[1]


def test_text_of_no_shape_claims_none(auditor: Client) -> None:
    assert "This looks like" not in look(auditor, "wedding")[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4242", {"last 4": "4242"}),
        ("last4:4242", {"last 4": "4242", "request": None}),
        ("42424", {}),
        ("091000019000001", {"trace number": "091000019000001", "request": "091000019000001"}),
        ("pay_1703123456789_k2n8m9p1q", {"request": "pay_1703123456789_k2n8m9p1q"}),
        ("a b", {}),
    ],
)
def test_shapes(text: str, expected: dict[str, str | None]) -> None:
    assert {shape.name: meaning for shape, meaning in shapes.of(text)} == {k: v for k, v in expected.items() if v}


class TestRegistry:
    @pytest.fixture(autouse=True)
    def _registry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jumps, "_finders", {})
        monkeypatch.setattr(jumps, "_jumps", {})

    def test_one_declaration_is_enough_for_a_new_kind(self, auditor: Client) -> None:
        """What an ACH app will say of its trace numbers."""

        @jumps.finds("ACH entries", permission="payments.view_payment", shapes=["trace number"])
        def find_by_trace_number(request: HttpRequest, text: str) -> list[jumps.Hit]:
            return [jumps.Hit("ACH1703123456789ABCD", f"/admin/entries/{text}/", exact=True)]

        assert look(auditor, "091000019000001")[0] == "/admin/entries/091000019000001/"
        assert look(auditor, "09100001900000")[0] == ""

    def test_shape_that_does_not_exist_is_refused(self) -> None:
        with pytest.raises(ImproperlyConfigured):
            jumps.finds("X", permission="x.view_x", shapes=["colour"])

    def test_finder_that_takes_too_long_is_left_out_and_says_so(
        self, auditor: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        @jumps.finds("Slow", permission="payments.view_payment")
        def slow(request: HttpRequest, text: str) -> list[jumps.Hit]:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")
            return []

        @jumps.finds("Quick", permission="payments.view_payment")
        def quick(request: HttpRequest, text: str) -> list[jumps.Hit]:
            return [jumps.Hit("Found", "/admin/payments/", exact=True)]

        _, html = look(auditor, "anything")
        assert "took too long" in html
        assert "Found" in html  # and it did not jump: something was left out
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("15s",)

    def test_two_hits_are_a_choice_and_an_inexact_one_is_no_jump(self, auditor: Client) -> None:
        found = [jumps.Hit("One", "/admin/payments/", exact=True)]
        jumps.finds("A", permission="payments.view_payment")(lambda request, text: list(found))
        assert look(auditor, "anything")[0] == "/admin/payments/"
        found.append(jumps.Hit("Two", "/admin/reviews/", exact=True))
        assert look(auditor, "anything")[0] == ""
        found[:] = [jumps.Hit("One", "/admin/payments/")]
        assert look(auditor, "anything")[0] == ""


@pytest.mark.parametrize("text", ["4242", "order-4711", "cus_abc123def456", "req_0123456789", "a" * 64, "x@y.example"])
def test_every_finder_goes_by_index(auditor: Client, text: str) -> None:
    pay()
    tables = ("payments_payment", "idempotency_idempotentrequest", "compliance_party", "audit_entry", "staff_user")
    searched = {
        table: plans.statements(lambda: auditor.get("/admin/search/", {"q": text}), table)
        for table in (*tables, "payments_settlementfile")
    }
    for table, found in searched.items():
        for statement in found:
            if '"staff_user"."id" =' not in statement:  # whose session it is
                assert plans.reads_whole_tables(statement) == [], (table, statement)
