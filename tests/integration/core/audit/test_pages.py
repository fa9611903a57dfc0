"""The audit record on the screen: filtered by index, opened with its place, proved at the press of a button."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory

from core.actors import Actor
from core.audit import anchors, sealing, selectors, verifications
from core.audit import services as audit
from core.audit.models import AuditEntry, AuditVerification, VerificationScope, VerificationState
from core.audit.selectors import Filters
from core.console import paging
from core.work import services as work
from tests import plans
from tests.factories import staff

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TESS = Actor("STAFF", "tess@holdfast.example")
KEY = Actor("API_KEY", "key_1")


def record(action: str = "payments.payment.captured", subject: str = "pay_1", **different: Any) -> AuditEntry:
    wanted: dict[str, Any] = {"actor": KEY, "at": NOON, "correlation_id": "req_1", "origin": "192.0.2.7"} | different
    audit.record(action=action, subject=subject, **wanted)
    return AuditEntry.objects.get(action=action, subject=subject, recorded_at=wanted["at"])


def found(**filters: Any) -> list[str]:
    queryset, branches = selectors.list_filtered(Filters(**filters))
    page = paging.keyset(RequestFactory().get("/"), queryset, by=("id",), branches=branches)
    return [entry.action for entry in page.rows]


@pytest.fixture
def history() -> None:
    record("payments.payment.created", at=NOON)
    record("payments.payment.captured", at=NOON + timedelta(minutes=1), correlation_id="req_2")
    record("escrow.hold.funded", "ESC_1", at=NOON + timedelta(minutes=2))
    record("payments.refund.asked", "re_1", actor=TESS, at=NOON + timedelta(days=1), correlation_id="")
    record("staff.session.refused", "tess@holdfast.example", actor=TESS, result="DENIED", at=NOON + timedelta(days=2))


class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({}, ["session.refused", "refund.asked", "hold.funded", "payment.captured", "payment.created"]),
            ({"subject": "pay_1"}, ["payment.captured", "payment.created"]),
            ({"actor": "tess@holdfast.example"}, ["session.refused", "refund.asked"]),
            ({"action": "payments."}, ["refund.asked", "payment.captured", "payment.created"]),
            ({"action": "payments.payment.captured"}, ["payment.captured"]),
            ({"action": "nothing."}, []),
            ({"correlation": "req_1"}, ["session.refused", "hold.funded", "payment.created"]),
            ({"result": "DENIED"}, ["session.refused"]),
            (
                {"since": NOON + timedelta(minutes=1), "before": NOON + timedelta(days=1)},
                ["hold.funded", "payment.captured"],
            ),
            ({"action": "payments.", "since": NOON + timedelta(hours=1)}, ["refund.asked"]),
        ],
    )
    def test_narrow_to_what_was_asked(self, history: None, filters: dict[str, Any], expected: list[str]) -> None:
        assert [action.split(".", 1)[1] for action in found(**filters)] == expected

    def test_beginning_of_an_action_pages_like_one_list(self, history: None) -> None:
        queryset, branches = selectors.list_filtered(Filters(action="payments."))
        pages, address = [], "/"
        while address:
            page = paging.keyset(RequestFactory().get(address), queryset, by=("id",), branches=branches, size=1)
            pages.append(page.rows[0].action)
            address = f"/{page.older_url}" if page.older_url else ""
        assert pages == ["payments.refund.asked", "payments.payment.captured", "payments.payment.created"]

    @pytest.mark.parametrize(
        ("filters", "index"),
        [
            ({}, "audit_entry_pkey"),
            ({"subject": "pay_1"}, "audit_entry_by_subject"),
            ({"actor": "tess@holdfast.example"}, "audit_entry_by_staff"),
            ({"action": "payments.payment.captured"}, "audit_entry_by_action"),
            ({"correlation": "req_1"}, "audit_entry_by_correlation"),
            ({"result": "DENIED"}, "audit_entry_unsuccessful"),
            ({"since": NOON}, "audit_entry_pkey"),
        ],
    )
    def test_each_has_its_index(self, history: None, filters: dict[str, Any], index: str) -> None:
        statement = plans.statements(lambda: found(**filters), "audit_entry")[-1]
        assert index in {node.get("Index Name") for node in plans.nodes(statement)}
        assert plans.reads_whole_tables(statement) == []

    def test_names_of_actions_are_stepped_through_not_counted(self, history: None) -> None:
        assert len(selectors.list_actions()) == AuditEntry.objects.values("action").distinct().count() >= 5


class TestPages:
    @pytest.fixture
    def auditor(self) -> Client:
        return staff.signed_in("AUDITOR")

    def test_list_shows_and_filters(self, auditor: Client, history: None) -> None:
        html = auditor.get("/admin/audit/", {"action": "payments."}).content.decode()
        assert "payments.refund.asked" in html
        assert "escrow.hold.funded" not in html

    def test_list_costs_a_fixed_number_of_statements(
        self, auditor: Client, history: None, django_assert_max_num_queries: Any
    ) -> None:
        auditor.get("/admin/audit/")
        for number in range(60):
            record(subject=f"pay_{number + 100}")
        with django_assert_max_num_queries(7):
            auditor.get("/admin/audit/")

    def test_entry_stands_between_its_neighbours_in_the_chain(self, auditor: Client) -> None:
        first, second, third = (record(subject=f"pay_{number}") for number in (1, 2, 3))
        sealing.seal_all(now=NOON)
        html = auditor.get(f"/admin/audit/{second.pk}/").content.decode()
        for neighbour in (first, third):
            assert f'href="/admin/audit/{neighbour.pk}/"' in html
        assert "This entry is what was written" in html
        assert f'href="/admin/records/audit/auditentry/{second.pk}/change/"' in html
        assert "?correlation=req_1" in html

    def test_entry_that_somebody_changed_says_so(self, auditor: Client) -> None:
        entry = record()
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE audit_entry SET subject = 'pay_9' WHERE id = %s", [entry.pk])
            cursor.execute("SET session_replication_role = origin")
        assert "This entry is not what was written" in auditor.get(f"/admin/audit/{entry.pk}/").content.decode()

    def test_entry_that_is_not_there_is_not_found(self, auditor: Client) -> None:
        assert auditor.get("/admin/audit/00000000-0000-7000-8000-000000000000/").status_code == 404

    @pytest.mark.parametrize("role", ["TREASURY", "FRAUD_LEAD", "ON_CALL", "ADMINISTRATOR"])
    def test_record_is_not_for_everybody(self, role: str) -> None:
        assert staff.signed_in(role).get("/admin/audit/").status_code == 403


class TestVerification:
    def ask(self, scope: str = "WHOLE") -> AuditVerification:
        answer = staff.signed_in("AUDITOR").post("/admin/audit/verifications/", {"scope": scope})
        assert answer.status_code == 302
        return AuditVerification.objects.latest("id")

    def test_button_asks_a_worker_answers_and_the_page_says_so_in_green(self) -> None:
        record()
        row = self.ask()
        assert row.state == VerificationState.WAITING
        auditor = staff.signed_in("AUDITOR")
        path = f"/admin/audit/verifications/{row.public_id}/"
        assert 'hx-trigger="every 2s"' in auditor.get(path).content.decode()
        sealing.seal_all(now=NOON)
        anchors.write_if_due(now=NOON)

        work.drain(now=row.requested_at)

        row.refresh_from_db()
        assert (row.state, row.findings, row.from_seq) == (VerificationState.CLEAN, [], 1)
        assert row.links == row.to_seq == selectors.count_links()
        html = auditor.get(path).content.decode()
        assert "The record is whole" in html
        assert "hx-trigger" not in html
        finished = AuditEntry.objects.get(action="audit.verification.finished")
        assert (finished.subject, finished.result, finished.facts["state"]) == (row.public_id, "SUCCESS", "CLEAN")

    def test_quick_one_begins_where_the_last_proof_ended(self) -> None:
        record()
        sealing.seal_all(now=NOON)
        anchors.write_if_due(now=NOON)
        whole = self.ask()
        work.drain(now=whole.requested_at)
        whole.refresh_from_db()
        sealing.seal_all(now=NOON)

        quick = self.ask("QUICK")
        work.drain(now=quick.requested_at)

        quick.refresh_from_db()
        assert (quick.state, quick.from_seq) == (VerificationState.CLEAN, whole.to_seq)

    def test_changed_entry_is_found_named_and_red(self) -> None:
        entry = record()
        sealing.seal_all(now=NOON)
        anchors.write_if_due(now=NOON)
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE audit_entry SET subject = 'pay_9' WHERE id = %s", [entry.pk])
            cursor.execute("SET session_replication_role = origin")
        row = self.ask()
        work.drain(now=row.requested_at)

        row.refresh_from_db()
        assert row.state == VerificationState.BROKEN
        assert [(found["kind"], found["entry_id"]) for found in row.findings] == [("EDITED", str(entry.pk))]
        html = staff.signed_in("AUDITOR").get(f"/admin/audit/verifications/{row.public_id}/").content.decode()
        assert "The record is broken" in html
        assert f"/admin/audit/{entry.pk}/" in html
        assert AuditEntry.objects.get(action="audit.verification.finished").result == "FAILURE"

    def test_anchors_that_cannot_be_read_are_no_answer(self, settings: Any, tmp_path: Path) -> None:
        row = self.ask()
        settings.HOLDFAST_AUDIT_ANCHORS = str(tmp_path)  # a directory
        verifications.run(verification_id=row.public_id, now=NOON)
        row.refresh_from_db()
        assert row.state == VerificationState.FAILED
        assert self.ask()

    def test_one_at_a_time(self) -> None:
        self.ask()
        with pytest.raises(verifications.UnableToVerify):
            verifications.request(scope=VerificationScope.QUICK, actor=TESS, now=NOON)
        assert AuditVerification.objects.count() == 1

    def test_second_run_of_a_finished_one_changes_nothing(self) -> None:
        row = self.ask()
        verifications.run(verification_id=row.public_id, now=NOON)
        before = AuditVerification.objects.values().get()
        verifications.run(verification_id=row.public_id, now=NOON + timedelta(hours=1))
        assert AuditVerification.objects.values().get() == before
        assert AuditEntry.objects.filter(action="audit.verification.finished").count() == 1

    @pytest.mark.parametrize("change", [{"state": "CLEAN"}, {"links": 9}, {"findings": []}])
    def test_answer_is_final(self, change: dict[str, Any]) -> None:
        row = self.ask()
        verifications.run(verification_id=row.public_id, now=NOON)
        with pytest.raises(DatabaseError, match="final"), transaction.atomic():
            AuditVerification.objects.update(**change)

    def test_looking_is_not_asking(self) -> None:
        """Fraud analysts see no record; whoever may look but not verify is refused the button."""
        assert (
            staff.signed_in("FRAUD_ANALYST").post("/admin/audit/verifications/", {"scope": "WHOLE"}).status_code == 403
        )
        assert not AuditVerification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_proof_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof reads one moment in a transaction that writes nothing; progress is told beside it."""
    row = verifications.request(scope=VerificationScope.WHOLE, actor=TESS, now=NOON)
    seen: list[int] = []

    def verify(*, since_anchor: bool, progress: Any) -> Any:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            progress(5_000)
        seen.append(AuditVerification.objects.get(pk=row.pk).progress)
        return verifications.Verification()

    monkeypatch.setattr(verifications.verification, "verify", verify)
    verifications.run(verification_id=row.public_id, now=NOON)
    assert seen == [5_000]
