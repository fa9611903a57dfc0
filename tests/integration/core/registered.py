"""Handlers, performers and jobs for the length of one test."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.outbox import registry as handlers
from core.work import jobs
from core.work import registry as performers


@contextmanager
def only_these() -> Iterator[None]:
    """Nothing is declared inside the block but what the test declares; afterwards all is as before."""
    kept = (dict(handlers._handlers), dict(performers._performers), dict(performers._jobs))
    stores = (handlers._handlers, performers._performers, performers._jobs)
    for store in stores:
        store.clear()
    jobs.forget_schedule()
    try:
        yield
    finally:
        jobs.forget_schedule()
        for store, before in zip(stores, kept, strict=True):
            store.clear()
            store.update(before)
