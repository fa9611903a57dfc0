"""The pages: what each shows, who may act, and that no list asks a row at a time."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.audit.models import AuditEntry
from core.work import services as work
from escrow.models import BankStatement, Break, Certificate, ReconciliationRun, StateExport
from tests.factories import staff
from tests.factories.payments import NOW
from tests.factories.reconciliation import held, imported, only, run, tamper
from tests.unit.escrow.test_csv_statements import FILE as CSV

pytestmark = pytest.mark.django_db


def count(client: Client, url: str) -> int:
    """Statements about tables of ours; what the shell remembers for some seconds is not counted."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len([query for query in captured if '"escrow_' in query["sql"]])


def broken() -> Break:
    escrow = held()
    tamper("UPDATE ledger_balance SET posted_minor = posted_minor - 100 WHERE account_id ="
           " (SELECT id FROM ledger_account WHERE code = 'escrow_held:' || %s)", escrow.account)  # fmt: skip
    run(nightly=True)
    return only("BALANCE_DIFFERS")


def text(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_says_what_is_open_and_halted_and_the_run_what_it_compared() -> None:
    row = broken()
    client = staff.signed_in("TREASURY")
    shown = text(client, "reconciliations")
    assert f"Movements are halted: escrow:{row.scope.removeprefix('escrow:')}" in shown
    assert "Reconcile now" in shown
    page = text(client, "reconciliation", row.first_run.public_id)
    assert "every escrow holds what its ledger account holds" in page
    assert "Escrow and ledger hold different amounts" in page
    assert f"/admin/escrow/breaks/{row.public_id}/" in page
    assert f"/admin/escrow/certificates/{row.first_run.certificate.public_id}/" in page


def test_the_break_says_what_to_do_and_takes_the_question() -> None:
    row = broken()
    staff.person("CONTROLLER")
    client = staff.signed_in("TREASURY")
    page = text(client, "escrow_break", row.public_id)
    assert "write the difference off against suspense" in page
    assert "460.00" in page
    assert "459.00" in page
    url = reverse("admin:escrow_break_write_off", args=[row.public_id])
    assert client.post(url, {"against": "fees:platform", "reason": "x"}).status_code == 400
    asked = client.post(url, {"against": "costs:writeoff", "reason": "counted"})
    assert asked.status_code == 302
    assert asked["Location"].startswith("/admin/approvals/")
    page = text(client, "escrow_break", row.public_id)
    assert "waits for signatures" in page
    assert "Ask for a signature" not in page


@pytest.mark.parametrize("role", ["CONTROLLER", "AUDITOR", "ON_CALL", "FRAUD_ANALYST"])
def test_readers_see_and_do_not_act(role: str) -> None:
    row = broken()
    client = staff.signed_in(role)
    assert "Reconcile now" not in text(client, "reconciliations")
    assert "Ask to write off" not in text(client, "escrow_break", row.public_id)
    assert "Import" not in text(client, "bank_statements").split("<main")[1].split("list-bar")[0]
    for name, args in (
        ("reconciliation_run", []), ("bank_statement_import", []), ("escrow_break_write_off", [row.public_id]),
    ):  # fmt: skip
        assert client.post(reverse(f"admin:{name}", args=args), {}).status_code == 403


def test_the_button_orders_a_run_and_a_second_one_waits() -> None:
    client = staff.signed_in("TREASURY")
    answer = client.post(reverse("admin:reconciliation_run"), {"scope": "full"}, follow=True)
    assert "A worker takes it in a moment." in answer.content.decode()
    made = ReconciliationRun.objects.get()
    assert (made.origin, made.is_full, made.requested_by[:6]) == ("PAGE", True, "STAFF:")
    again = client.post(reverse("admin:reconciliation_run"), {"scope": "usual"}, follow=True)
    assert "is being reconciled already" in again.content.decode()
    work.drain(now=clock.now())
    assert "Everything agreed." in text(client, "reconciliation", made.public_id)
    fragment = client.get(reverse("admin:reconciliation", args=[made.public_id]), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "hx-get" not in fragment.content.decode(), "it has its answer"


def test_a_statement_is_uploaded_read_and_shown_with_its_matches() -> None:
    client = staff.signed_in("TREASURY")
    url = reverse("admin:bank_statement_import")
    answer = client.post(url, {"file": SimpleUploadedFile("march.csv", CSV.encode())}, follow=True)
    assert "march.csv is in." in answer.content.decode()
    page = text(client, "bank_statement", BankStatement.objects.get().public_id)
    assert "11,210.01" in page
    assert "PAYOUT, STUDIO NORTH" in page
    bad = client.post(url, {"file": SimpleUploadedFile("bad.bai", b"01,nothing/")}, follow=True)
    assert "bad.bai is kept, and cannot be read: line 1: record 01 has no" in bad.content.decode()
    assert client.post(url, {}).status_code == 400


def test_the_state_at_a_halt_is_taken_by_those_who_may_and_that_is_recorded() -> None:
    row = broken()
    export = StateExport.objects.get()
    url = reverse("admin:reconciliation_export", args=[export.public_id])
    assert staff.signed_in("ON_CALL").get(url).status_code == 403
    answer = staff.signed_in("TREASURY").get(url)
    assert answer["Content-Disposition"] == f'attachment; filename="holdfast-{export.public_id}.json"'
    assert json.loads(answer.content)["escrows"][0]["escrowId"] == row.subject
    entry = AuditEntry.objects.get(action="escrow.state_export.taken")
    assert (entry.actor_kind, entry.facts["sha256"]) == ("STAFF", export.sha256)


def test_a_certificate_is_verified_as_it_is_read() -> None:
    run(nightly=True)
    made = Certificate.objects.get()
    client = staff.signed_in("AUDITOR")
    assert "signed by our key" in text(client, "escrow_certificate", made.public_id)
    tamper("UPDATE escrow_certificate SET digest = 'x'")
    page = text(client, "escrow_certificate", made.public_id)
    assert "the digest is not that of the document" in page


def test_lists_ask_as_often_for_many_rows_as_for_one() -> None:
    client = staff.signed_in("TREASURY")
    names = ("reconciliations", "escrow_breaks", "bank_statements", "escrow_certificates")
    broken()
    imported((100, "a"))
    first = {name: count(client, reverse(f"admin:{name}")) for name in names}
    statement = reverse("admin:bank_statement", args=[BankStatement.objects.get().public_id])
    lines = count(client, statement)
    for day in range(1, 6):
        held()
        run(nightly=True, now=NOW + timedelta(days=day))
        imported(*((100, "a") for _ in range(day)), opening=100, day=(NOW + timedelta(days=day)).date())
    tamper("UPDATE escrow_part SET amount_minor = amount_minor - 1")
    run(now=NOW + timedelta(days=9))
    assert Break.objects.count() > 5
    for name in names:
        assert count(client, reverse(f"admin:{name}")) <= first[name], name
    newest = BankStatement.objects.order_by("-id")[0]
    assert count(client, reverse("admin:bank_statement", args=[newest.public_id])) <= lines
    assert first == {"reconciliations": 6, "escrow_breaks": 2, "bank_statements": 2, "escrow_certificates": 1}


@pytest.mark.parametrize(
    "name", ["reconciliation", "escrow_break", "bank_statement", "escrow_certificate", "reconciliation_export"]
)
def test_what_is_not_there_is_a_404(name: str) -> None:
    assert staff.signed_in("TREASURY").get(reverse(f"admin:{name}", args=["no_such"])).status_code == 404
