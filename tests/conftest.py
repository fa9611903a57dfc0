"""Fixtures every test may use. The servers are started by `tests/servers.py`."""

import gc
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management.commands import flush


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
def _counters_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that test at the same time share one Redis: none counts under another's names."""
    from core.switches import counting
    from core.vault import use_counts

    own = f"test:{uuid.uuid4().hex}:"
    monkeypatch.setattr(counting, "LIVE", f"{own}exposure")
    monkeypatch.setattr(counting, "TAKEN", f"{own}exposure:taken:")
    monkeypatch.setattr(use_counts, "PREFIX", f"{own}uses:")
    for counter in (counting, use_counts):
        monkeypatch.setattr(counter, "_rests_until", 0.0)


@pytest.fixture(autouse=True)
def _feature_store_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An epoch without a payment in it, under names of this test; patient, because test machines are slow."""
    from core.breaker import CircuitBreaker
    from core.work import brokers
    from fraud.features import breaker, store

    patient = brokers.client(brokers.Database.FEATURES, timeout_seconds=2)
    monkeypatch.setattr(store, "PREFIX", f"test:{uuid.uuid4().hex}:")
    monkeypatch.setattr(store, "client", lambda *, now: patient)
    monkeypatch.setattr(breaker, "STORE", CircuitBreaker())
    patient.set(store.key(store.EPOCH), "1", ex=3600)
