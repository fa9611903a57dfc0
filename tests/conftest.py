"""Fixtures every test may use. The servers are started by `tests/servers.py`."""

import contextlib
import gc
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management.commands import flush
from django.db import connection, transaction


def pytest_collection_finish() -> None:
    """Thousands of collected tests stay until the end: no collection of garbage need look at them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """In place of pytest-django's: a copy of a migrated database is there in a moment.

    Tests that commit clean up through `flush`, which puts the tables back as migrations left them.
    """
    from core.vault import keys
    from tests import databases

    with django_db_blocker.unblock():
        before = databases.create()
        pristine = databases.Pristine()

    def handle(self: flush.Command, **options: Any) -> None:
        pristine.restore()
        # The data keys are gone with their rows: what is still open in memory must not encrypt again.
        keys.forget()

    original, flush.Command.handle = flush.Command.handle, handle  # type: ignore[method-assign]
    yield
    flush.Command.handle = original  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        databases.destroy(before)


@pytest.fixture(scope="module")
def kept_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """`kept_rows(furnish)`: what `furnish` writes is there for every test of the module, whose own writes are undone.

    For worlds that are dear to make. All of the module then happens in one transaction; nothing of it is committed.
    """
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        count_alone(patch)
        with django_db_blocker.unblock():
            whole = transaction.atomic()
            whole._from_testcase = True  # no transaction in the eyes of what refuses to run inside one
            stack.enter_context(whole)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

        def furnish(make: Callable[[], Any]) -> Any:
            with django_db_blocker.unblock():
                return make()

        yield furnish
        with django_db_blocker.unblock():
            transaction.set_rollback(True)
            stack.close()


@pytest.fixture(autouse=True)
def _nothing_remembered_from_the_test_before() -> None:
    """Switches, parameters and roles are cached for seconds; a test that rolls back would leave its own behind."""
    from core.parameters import services as parameters
    from core.staff import roles_in_force
    from core.switches import services as switches

    roles_in_force.forget_cache()
    parameters.forget_cache()
    switches.forget_cache()


@pytest.fixture(autouse=True)
def _anchors_of_its_own(settings: Any, tmp_path: Path) -> None:
    """An anchor speaks of one chain, and a test that empties the tables begins a new one."""
    settings.HOLDFAST_AUDIT_ANCHORS = str(tmp_path / "anchors.jsonl")


@pytest.fixture(autouse=True)
def _counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    count_alone(monkeypatch)


def count_alone(patch: pytest.MonkeyPatch) -> None:
    """Processes that test at the same time share one Redis: none counts or remembers under another's names.

    The feature store has an epoch without a payment in it, and patience, because test machines are slow.
    """
    from core.breaker import CircuitBreaker
    from core.switches import counting
    from core.vault import use_counts
    from core.work import brokers
    from fraud.features import breaker, store

    own = f"test:{uuid.uuid4().hex}:"
    patch.setattr(counting, "LIVE", f"{own}exposure")
    patch.setattr(counting, "TAKEN", f"{own}exposure:taken:")
    patch.setattr(use_counts, "PREFIX", f"{own}uses:")
    for counter in (counting, use_counts):
        patch.setattr(counter, "_rests_until", 0.0)
    patient = brokers.client(brokers.Database.FEATURES, timeout_seconds=2)
    patch.setattr(store, "PREFIX", own)
    patch.setattr(store, "client", lambda *, now: patient)
    patch.setattr(breaker, "STORE", CircuitBreaker())
    patient.set(store.key(store.EPOCH), "1", ex=3600)
