"""Faults of ours on the way from a request to the rail, in the documented word for them."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.db import DataError, InterfaceError, OperationalError

from ach.services.originators import OriginatorNotFound
from core.errors import Refusal
from payments.transfer_refusals import ProcessingFailed

log = structlog.get_logger("holdfast.payments")
# What a client did, and a database that is away, have answers of their own.
_ANSWERED = (Refusal, DataError, OperationalError, InterfaceError)


@contextmanager
def told_as_processing() -> Iterator[None]:
    """Whatever keeps a transfer from being recorded and handed to the rail, though nothing is wrong with it.

    The transaction around it keeps nothing, so that the same key may be tried again. Raises ProcessingFailed.
    """
    try:
        yield
    except OriginatorNotFound as missing:
        log.error("no originator takes the transfer", reason=missing.detail)
        raise ProcessingFailed(missing.detail) from missing
    except _ANSWERED:
        raise
    except Exception as failure:
        log.exception("the transfer cannot be handed to the rail")
        raise ProcessingFailed("it could not be handed to the bank; nothing of it was kept") from failure
