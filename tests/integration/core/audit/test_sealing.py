"""The sealer gives places without holes, whatever happens to those who record and to itself."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error as DatabaseError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actors import SYSTEM
from core.audit import anchors, sealing, selectors, tasks, verification
from core.audit import services as audit
from core.audit.models import AuditEntry, AuditLink, AuditPending
from core.telemetry import metrics
from core.work.registry import job

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def record(subject: str) -> None:
    audit.record(actor=SYSTEM, action="tests.row.made", subject=subject, at=NOW)


@pytest.mark.django_db
def test_places_are_numbered_from_one_in_the_order_of_record() -> None:
    for number in range(5):
        record(f"row_{number}")
    assert sealing.seal(now=NOW, limit=3) == 3
    assert sealing.seal(now=NOW, limit=3) == 2
    assert sealing.seal(now=NOW) == 0
    assert list(AuditLink.objects.order_by("seq").values_list("seq", "entry__subject")) == [
        (1, "row_0"), (2, "row_1"), (3, "row_2"), (4, "row_3"), (5, "row_4"),
    ]  # fmt: skip
    assert selectors.count_pending() == 0


@pytest.mark.django_db(transaction=True)
def test_a_late_commit_is_sealed_after_what_was_sealed_before_it() -> None:
    """Commit order is not id order: the older entry commits last, and no cursor has moved past it."""
    began, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                record("older")
                began.set()
                may_commit.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    began.wait(20)
    with transaction.atomic():
        record("younger")
    assert sealing.seal_all(now=NOW) == 1
    may_commit.set()
    thread.join()
    assert sealing.seal_all(now=NOW) == 1
    assert list(AuditLink.objects.order_by("seq").values_list("entry__subject", flat=True)) == ["younger", "older"]
    ids = dict(AuditEntry.objects.values_list("subject", "id"))
    assert ids["older"] < ids["younger"]


@pytest.mark.django_db(transaction=True)
def test_two_sealers_never_work_at_once() -> None:
    with transaction.atomic():
        record("row_1")
    with ThreadPoolExecutor(1) as other, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.SEALER_LOCK])

        def seal_elsewhere() -> int:
            try:
                return sealing.seal(now=NOW)
            finally:
                connections.close_all()

        assert other.submit(seal_elsewhere).result() == 0
    assert sealing.seal(now=NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_a_sealer_that_dies_half_way_leaves_no_hole() -> None:
    with transaction.atomic():
        record("row_1")
        record("row_2")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert sealing.seal(now=NOW, limit=1) == 1
        _ = 1 / 0
    assert (AuditLink.objects.count(), selectors.count_pending()) == (0, 2)
    assert sealing.seal_all(now=NOW) == 2
    anchors.write_if_due(now=NOW)
    assert verification.verify().findings == []


@pytest.mark.django_db(transaction=True)
def test_twelve_writers_two_sealers_and_backends_that_are_killed() -> None:
    """Writers commit, roll back or are cut off by pg_terminate_backend in the middle of a transaction; sealers too.

    Afterwards every committed entry has exactly one place, places have no hole, and the chain verifies.
    """
    stop = threading.Event()
    committed: list[str] = []
    rolled_back: list[str] = []
    lost = [0]

    def writer(number: int) -> None:
        dice = random.Random(number)
        for turn in range(40):
            subject = f"row_{number}_{turn}"
            try:
                with transaction.atomic():
                    record(subject)
                    if dice.random() < 0.2:
                        with connection.cursor() as cursor:
                            cursor.execute("SELECT pg_sleep(0.01)")
                    if dice.random() < 0.2:
                        transaction.set_rollback(True)
                        rolled_back.append(subject)
                        continue
                committed.append(subject)
            except DatabaseError:
                lost[0] += 1
                connection.close()
        connections.close_all()

    def sealer() -> None:
        while not stop.is_set():
            try:
                sealing.seal(now=NOW, limit=50)
            except DatabaseError:
                connection.close()
        connections.close_all()

    def killer() -> None:
        while not stop.wait(0.02):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                    " AND xact_start IS NOT NULL ORDER BY random() LIMIT 1) victim"
                )
        connections.close_all()

    with ThreadPoolExecutor(15) as pool:
        others = [pool.submit(sealer), pool.submit(sealer), pool.submit(killer)]
        for future in [pool.submit(writer, number) for number in range(12)]:
            future.result()
        stop.set()
        for future in others:
            future.result()
    connection.close()
    sealing.seal_all(now=NOW)
    anchors.write_if_due(now=NOW)

    assert lost[0] > 0, "nobody was killed: the test proves nothing"
    subjects = set(AuditEntry.objects.values_list("subject", flat=True))
    assert set(committed) <= subjects, "an acknowledged entry is gone"
    assert subjects.isdisjoint(rolled_back)
    assert len(subjects) - len(committed) <= lost[0], "more entries than transactions whose end nobody saw"
    places = list(AuditLink.objects.order_by("seq").values_list("seq", flat=True))
    assert places == list(range(1, len(subjects) + 1))
    assert not AuditPending.objects.exists()
    result = verification.verify()
    assert (result.links, result.findings) == (len(subjects), [])


@pytest.mark.django_db
def test_the_job_of_every_second_seals_and_anchors() -> None:
    assert job("audit.seal").every == timedelta(seconds=1)
    record("row_1")
    tasks.seal(now=NOW)
    assert AuditLink.objects.count() == 1
    (line,) = anchors.store().lines()
    assert anchors.parse(line).head.seq == 1
    assert anchors.parse(line).is_genuine


@pytest.mark.django_db
def test_anchors_are_written_when_the_chain_grew_and_not_more_often_than_configured() -> None:
    def seal_at(second: int) -> int:
        tasks.seal(now=NOW + timedelta(seconds=second))
        return len(list(anchors.store().lines()))

    record("row_1")
    assert seal_at(0) == 1
    record("row_2")
    assert [seal_at(second) for second in (1, 9, 10, 11, 60)] == [1, 1, 2, 2, 2]


@pytest.mark.django_db
def test_a_thousand_entries_take_a_handful_of_statements() -> None:
    audit.record_many([audit.Fact(actor=SYSTEM, action="a.b.c", subject=f"row_{n}", at=NOW) for n in range(1_000)])
    with CaptureQueriesContext(connection) as queries:
        assert sealing.seal(now=NOW) == 1_000
    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 4  # lock, head, take, append


@pytest.mark.django_db
def test_a_sealer_that_stands_still_shows_in_the_numbers() -> None:
    def numbers() -> dict[str, float]:
        lines = metrics.render().decode().splitlines()
        return {
            line.split()[0].removeprefix("holdfast_"): float(line.split()[1]) for line in lines if "audit_" in line[:20]
        }

    with clock.use(clock.FixedClock(NOW + timedelta(seconds=30))):
        record("row_1")
        record("row_2")
        assert numbers() == {
            "audit_pending": 2, "audit_pending_lag_seconds": 30, "audit_links": 0, "audit_links_without_anchor": 0,
        }  # fmt: skip
        sealing.seal_all(now=NOW)
        assert numbers()["audit_links_without_anchor"] == 2
        anchors.write_if_due(now=NOW)
        assert numbers() == {
            "audit_pending": 0, "audit_pending_lag_seconds": 0, "audit_links": 2, "audit_links_without_anchor": 0,
        }  # fmt: skip
