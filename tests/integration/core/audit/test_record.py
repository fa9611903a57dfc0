"""Recording is one statement inside the transaction of what it describes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actors import SYSTEM, Actor
from core.audit import anchors, sealing, selectors, verification
from core.audit import services as audit
from core.audit.models import AuditEntry, AuditPending
from core.database.refusals import refusal_name, sqlstate
from core.telemetry import context
from core.vault import envelope

AT = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
CLIENT = Actor("API_KEY", "key_1")


def captured(subject: str = "pay_1703123456789_k2n8m9p1q", **different: object) -> None:
    facts = {"actor": CLIENT, "action": "payments.payment.captured", "subject": subject, "at": AT}
    audit.record(**{**facts, **different})  # type: ignore[arg-type]


@pytest.mark.django_db
def test_one_statement_writes_the_entry_and_its_place_in_the_queue() -> None:
    captured(subject="pay_0")  # opens the key, once in a process
    with CaptureQueriesContext(connection) as queries:
        captured(details={"amount_minor": 50_000, "currency": "USD"}, correlation_id="req_1")
    assert len(queries) == 1
    (entry,) = selectors.list_for_subject("pay_1703123456789_k2n8m9p1q")
    assert (entry.recorded_at, entry.actor_kind, entry.actor_id, entry.result) == (AT, "API_KEY", "key_1", "SUCCESS")
    assert entry.details == '{"amount_minor":50000,"currency":"USD"}'
    assert entry.facts == {"amount_minor": 50_000, "currency": "USD"}
    assert AuditPending.objects.filter(entry_id=entry.id).exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_can_be_recorded() -> None:
    with pytest.raises(audit.OutsideTransaction):
        captured()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_did_not_happen_is_not_recorded() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        captured()
        _ = 1 / 0
    assert not AuditEntry.objects.exists()
    assert not AuditPending.objects.exists()


@pytest.mark.django_db
def test_several_facts_of_one_moment_keep_their_order() -> None:
    steps = ["authorised", "captured", "posted", "held"]
    with CaptureQueriesContext(connection) as queries:
        audit.record_many([audit.Fact(actor=SYSTEM, action=f"p.p.{step}", subject="pay_1", at=AT) for step in steps])
    assert len(queries) == 1
    assert [entry.action for entry in selectors.list_for_subject("pay_1")] == [f"p.p.{step}" for step in steps]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong",
    [
        {"action": ""},
        {"subject": ""},
        {"actor": Actor("STAFF", "")},
        {"at": datetime(2024, 1, 1)},
        {"details": {"ratio": 0.5}},
        {"details": {"text": "x" * 20_000}},
        {"result": "MAYBE"},
        {"subject": "s" * 121},
    ],
)
def test_a_malformed_record_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(audit.UnableToRecord):
        captured(**wrong)
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_hostile_text_stays_text() -> None:
    """A NUL, half of an emoji, a line break: kept in details, and no log line or query is broken by them."""
    captured(details={"note": "a\x00b\ud83d\n'; DROP TABLE audit_entry; --"})
    (entry,) = AuditEntry.objects.all()
    assert entry.facts["note"] == "a\x00b\ud83d\n'; DROP TABLE audit_entry; --"


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["audit_entry", "audit_link"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET hash_version = 2", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_owner_is_refused_by_name_and_the_application_has_no_right(table: str, statement: str) -> None:
    captured()
    sealing.seal(now=AT)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for role, state in (("postgres", "HF001"), ("holdfast_app", "42501")):
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(statement.format(table))
        assert sqlstate(refused.value) == state
        if state == "HF001":
            assert refusal_name(refused.value) == f"{table}_is_append_only"


@pytest.mark.django_db
def test_the_application_role_may_record_seal_read_and_prove() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE holdfast_app")
    captured()
    assert sealing.seal(now=AT) == 1
    assert len(selectors.list_recent()) == 1
    anchors.write_if_due(now=AT)
    assert verification.verify().findings == []


@pytest.mark.django_db
def test_pages_of_the_record_go_back_in_time_without_gaps() -> None:
    now = clock.now()
    for minute in range(7):
        captured(subject=f"pay_{minute}", at=now + timedelta(minutes=minute))
    first = selectors.list_recent(limit=3)
    second = selectors.list_recent(before=first[-1].id, limit=3)
    third = selectors.list_recent(before=second[-1].id, limit=3)
    assert [[entry.subject for entry in page] for page in (first, second, third)] == [
        ["pay_6", "pay_5", "pay_4"], ["pay_3", "pay_2", "pay_1"], ["pay_0"],
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_timeline_shows_what_the_same_request_did_elsewhere() -> None:
    captured(subject="pay_1", correlation_id="req_1")
    captured(subject="ESC_1", correlation_id="req_1", action="escrow.hold.funded")
    captured(subject="pay_2", correlation_id="req_2")
    captured(subject="pay_3")
    assert [entry.subject for entry in selectors.list_for_subject("pay_1")] == ["pay_1"]
    assert [entry.subject for entry in selectors.list_for_subject("pay_1", linked=True)] == ["pay_1", "ESC_1"]
    assert [entry.subject for entry in selectors.list_for_subject(["pay_1", "pay_3"])] == ["pay_1", "pay_3"]


@pytest.mark.django_db
def test_the_first_and_a_far_microsecond_survive_the_way_through_the_database() -> None:
    for at in (datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)):
        captured(subject=f"pay_{at.year}", at=at)
    assert verification.verify().findings == []


@pytest.mark.django_db
def test_finding_what_a_request_did_uses_its_index() -> None:
    audit.record_many(
        [
            audit.Fact(actor=SYSTEM, action="a.b.c", subject=f"pay_{n}", at=AT, correlation_id=f"req_{n % 900}")
            for n in range(5_000)
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_entry")
        cursor.execute("EXPLAIN SELECT * FROM audit_entry WHERE correlation_id IN ('req_7', 'req_8') LIMIT 200")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "audit_entry_by_correlation" in plan


@pytest.mark.django_db
def test_reading_a_subject_uses_its_index() -> None:
    audit.record_many([audit.Fact(actor=SYSTEM, action="a.b.c", subject=f"pay_{n % 500}", at=AT) for n in range(5_000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_entry")
        cursor.execute("EXPLAIN SELECT * FROM audit_entry WHERE subject = 'pay_7' ORDER BY id DESC LIMIT 200")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "audit_entry_by_subject" in plan


@pytest.mark.django_db
def test_an_entry_belongs_to_the_request_at_hand() -> None:
    with context.scope(request_id="req_7", origin="203.0.113.7"):
        captured(subject="pay_1")
        captured(subject="pay_2", correlation_id="req_9", origin="198.51.100.1")
    captured(subject="pay_3")
    found = selectors.list_for_subject(["pay_1", "pay_2", "pay_3"])
    assert [(entry.correlation_id, entry.origin) for entry in found] == [
        ("req_7", "203.0.113.7"),
        ("req_9", "198.51.100.1"),
        ("", ""),
    ]


@pytest.mark.django_db
def test_a_card_number_typed_into_a_reason_is_not_kept() -> None:
    """The record can never be changed, so it must not learn it in the first place."""
    captured(details={"reason": "customer reads 4111 1111 1111 1111 aloud", "notes": [{"card": "4111111111111111"}]})
    (entry,) = AuditEntry.objects.all()
    assert entry.facts == {
        "reason": "customer reads 4111 11** **** 1111 aloud",
        "notes": [{"card": "411111******1111"}],
    }


@pytest.mark.django_db
def test_ids_and_amounts_are_kept_as_they_are() -> None:
    facts = {"payment_id": "pay_1703123456789_k2n8m9p1q", "escrow_id": "ESC_1703123456789_ABCDEF12", "amount_minor": 1}
    captured(details=facts)
    assert AuditEntry.objects.get().facts == facts


@pytest.mark.django_db
def test_without_a_key_nothing_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key service is down: the payment fails with its audit row, it does not go through without one."""

    def unavailable(purpose: object, data: bytes) -> bytes:
        raise envelope.VaultUnavailable

    monkeypatch.setattr(envelope, "mac", unavailable)
    with pytest.raises(envelope.VaultUnavailable):
        captured()
    assert not AuditEntry.objects.exists()
