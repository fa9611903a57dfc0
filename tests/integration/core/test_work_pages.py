"""Jobs, work and deliveries on the screen: what waits, what failed, what is late, and setting it going again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.console import paging
from core.outbox import services as outbox
from core.outbox.models import Delivery, Event
from core.work import jobs, registry, selectors
from core.work import services as work
from core.work.models import JobRun, State, WorkItem
from tests import plans
from tests.factories.staff import signed_in

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PARKED = {"state": State.PARKED, "attempts": 12, "due_at": NOON, "created_at": NOON, "last_error": "GatewayAway"}


def items(number: int, kind: str = "payments.resume") -> list[WorkItem]:
    return WorkItem.objects.bulk_create([WorkItem(kind=kind, key=f"pay_{n}", **PARKED) for n in range(number)])


def deliveries(number: int, handler: str = "escrow.handlers.on_captured") -> None:
    Event.objects.bulk_create(
        [
            Event(id=f"evt_{n:03}", name="payments.captured", version=1, payload={"n": n}, published_at=NOON)
            for n in range(number)
        ]
    )
    Delivery.objects.bulk_create([Delivery(event_id=f"evt_{n:03}", handler=handler, **PARKED) for n in range(number)])


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """A job of its own; the list holds when it ran."""
    ran: list[datetime] = []
    monkeypatch.setattr(registry, "_jobs", {})
    jobs.forget_schedule()

    @work.periodic("test.hourly", every=timedelta(hours=1))
    def hourly(*, now: datetime) -> None:
        ran.append(now)

    return ran


class TestLists:
    @pytest.mark.parametrize(
        ("query", "number"),
        [("", 3), ("state=PARKED", 3), ("state=DUE", 0), ("kind=payments.resume", 2), ("state=PARKED&kind=x.y", 0)],
    )
    def test_items_are_narrowed_by_state_and_kind(self, query: str, number: int) -> None:
        items(2)
        items(1, "escrow.attach")
        table = signed_in("ON_CALL").get(f"/admin/background/items/?{query}").context["table"]
        assert len(table.rows) == number

    @pytest.mark.parametrize("model", [WorkItem, Delivery])
    @pytest.mark.parametrize("state", ["", *(state.value for state in State if state != State.DONE)])
    def test_each_state_has_its_index(self, model: Any, state: str, rf: Any) -> None:
        found, by = selectors.list_in_state(model, state)
        (statement,) = plans.statements(lambda: paging.keyset(rf.get("/"), found, by=by), model._meta.db_table)
        sorts = [node for node in plans.nodes(statement) if node["Node Type"] == "Seq Scan"]
        assert sorts == []

    @pytest.mark.parametrize("path", ["items", "deliveries"])
    def test_long_list_costs_what_a_short_one_costs(self, path: str) -> None:
        client = signed_in("ON_CALL")
        items(1)
        deliveries(1)
        client.get(f"/admin/background/{path}/")
        with CaptureQueriesContext(connection) as few:
            client.get(f"/admin/background/{path}/")
        items(60, "another.kind")
        Event.objects.bulk_create(
            [Event(id=f"evx_{n}", name="x.y", version=1, payload={}, published_at=NOON) for n in range(60)]
        )
        Delivery.objects.bulk_create([Delivery(event_id=f"evx_{n}", handler="a.b", **PARKED) for n in range(60)])
        with CaptureQueriesContext(connection) as many:
            client.get(f"/admin/background/{path}/")
        assert len(many) == len(few)

    def test_item_and_event_show_what_they_carry_and_lead_on(self) -> None:
        client = signed_in("ON_CALL")
        (item,) = items(1)
        deliveries(1)
        assert "GatewayAway" in client.get(f"/admin/background/items/{item.pk}/").content.decode()
        html = client.get("/admin/background/events/evt_000/").content.decode()
        assert "escrow.handlers.on_captured" in html
        assert "/admin/records/outbox/event/evt_000/change/" in html
        searched = client.get("/admin/search/", {"q": "evt_000"}, follow=True)
        assert searched.redirect_chain[-1][0] == "/admin/background/events/evt_000/"

    @pytest.mark.parametrize("path", ["items/999/", "events/evt_999/", "jobs/no.such/"])
    def test_what_is_not_there_is_not_found(self, path: str) -> None:
        assert signed_in("ON_CALL").get(f"/admin/background/{path}").status_code == 404


class TestRetryAll:
    def test_gives_every_parked_item_of_the_kind_another_round_and_records_it_once(self) -> None:
        items(3)
        items(1, "escrow.attach")
        on_call = signed_in("ON_CALL", email="on.call@holdfast.example")
        on_call.post("/admin/background/items/retry/", {"kind": "payments.resume"})

        left = dict(WorkItem.objects.values_list("kind", "state"))
        assert left == {"payments.resume": State.DUE, "escrow.attach": State.PARKED}
        entry = AuditEntry.objects.get(action="work.kind.retried")
        assert (entry.actor_id, entry.subject, entry.facts) == (
            "on.call@holdfast.example",
            "work:payments.resume",
            {"items": 3},
        )

    def test_a_second_press_finds_nothing_and_leaves_no_trace(self) -> None:
        assert work.retry_all(kind="nothing", actor=SYSTEM, now=NOON) == 0
        assert outbox.retry_all(handler="nothing", actor=SYSTEM, now=NOON) == 0
        assert not AuditEntry.objects.filter(action__endswith=".retried").exists()

    def test_takes_the_oldest_five_hundred(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "RETRIED_AT_ONCE", 2)
        oldest, middle, newest = items(3)
        WorkItem.objects.filter(pk=newest.pk).update(due_at=NOON + timedelta(hours=1))
        assert work.retry_all(kind="payments.resume", actor=SYSTEM, now=NOON) == 2
        assert list(WorkItem.objects.filter(state=State.DUE).order_by("pk")) == [oldest, middle]

    def test_deliveries_of_one_handler(self) -> None:
        deliveries(3)
        signed_in("ON_CALL").post("/admin/background/deliveries/retry/", {"handler": "escrow.handlers.on_captured"})
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.DUE}
        assert AuditEntry.objects.get(action="outbox.handler.retried").facts == {"deliveries": 3}

    @pytest.mark.parametrize("path", ["items/retry", "deliveries/retry", "jobs/test.hourly/run"])
    def test_an_auditor_sets_nothing_going(self, path: str) -> None:
        assert signed_in("AUDITOR").post(f"/admin/background/{path}/").status_code == 403


class TestJobs:
    def test_run_now_orders_one_run_that_a_worker_makes_and_times(self, job: list[datetime]) -> None:
        on_call = signed_in("ON_CALL", email="on.call@holdfast.example")
        first = on_call.post("/admin/background/jobs/test.hourly/run/", follow=True).content.decode()
        second = on_call.post("/admin/background/jobs/test.hourly/run/", follow=True).content.decode()
        assert "It runs as soon as a worker is free." in first
        assert "It is waiting or running already." in second
        assert AuditEntry.objects.get(action="work.job.ordered").subject == "job:test.hourly"

        work.drain(now=clock.now() + timedelta(seconds=1), with_jobs=True)

        assert len(job) >= 1
        run = JobRun.objects.filter(state=State.DONE).latest("scheduled_for")
        assert run.duration_ms is not None
        assert "test.hourly" in on_call.get("/admin/background/jobs/test.hourly/").content.decode()

    def test_failed_try_is_timed_too(self, job: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(registry, "_jobs", {})

        @work.periodic("test.hourly", every=timedelta(hours=1))
        def broken(*, now: datetime) -> None:
            raise RuntimeError

        work.run_pending(now=NOON)
        run = JobRun.objects.get(job="test.hourly")
        assert (run.state, run.duration_ms is not None) == (State.DUE, True)

    @pytest.mark.parametrize(
        ("state", "scheduled", "now", "late"),
        [
            ("DONE", NOON, NOON + timedelta(minutes=30), timedelta()),
            ("DONE", NOON, NOON + timedelta(hours=2, minutes=59), timedelta()),
            ("DONE", NOON, NOON + timedelta(hours=3, minutes=1), timedelta(hours=2, minutes=1)),
            ("DUE", NOON, NOON + timedelta(hours=1), timedelta()),
            ("DUE", NOON, NOON + timedelta(hours=4), timedelta(hours=4)),
        ],
    )
    def test_late_is_two_intervals_past_its_time(
        self, job: list[datetime], state: str, scheduled: datetime, now: datetime, late: timedelta
    ) -> None:
        JobRun.objects.create(
            job="test.hourly", scheduled_for=scheduled, state=state, due_at=scheduled, created_at=scheduled,
            finished_at=scheduled if state == "DONE" else None,
        )  # fmt: skip
        (line,) = selectors.list_jobs(now=now)
        assert line.late == late

    def test_page_says_late_in_words_and_names_a_job_that_never_ran(self, job: list[datetime]) -> None:
        on_call = signed_in("ON_CALL")
        assert "never ran" in on_call.get("/admin/background/jobs/").content.decode()
        JobRun.objects.create(
            job="test.hourly", scheduled_for=NOON - timedelta(days=200), state=State.DONE, due_at=NOON, created_at=NOON,
            finished_at=NOON,
        )  # fmt: skip
        assert "late by" in on_call.get("/admin/background/jobs/").content.decode()
