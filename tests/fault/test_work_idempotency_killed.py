"""A process dies between its effect and its answer: neither is there, and exactly one retry goes on."""

import signal
from datetime import timedelta

import pytest
from django.db import transaction

from core import clock
from core.idempotency import services as idempotency
from core.idempotency.models import IdempotentRequest
from tests.fault.processes import Processes, broker, processes
from tests.fault.shop import marks

__all__ = ["broker", "processes"]
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

PAY = """
import django; django.setup()
from django.db import transaction
from core import clock
from core.idempotency import services as idempotency
from core.work import failpoints
from tests.fault.shop import marks
now = clock.now()
with transaction.atomic():
    claim = idempotency.claim(caller="key_1", key="order-1", request_hash=b"h" * 32, operation="shop.pay", now=now)
with transaction.atomic():
    idempotency.advance(claim.id, "CHARGED", resource_id="pay_1")
with transaction.atomic():
    marks.leave("paid", "order-1")
    idempotency.finish(claim_id=claim.id, status=201, body={"id": "pay_1"}, now=clock.now())
failpoints.reach("shop.before_answer")
"""


def again(*, after: timedelta) -> idempotency.Claim | idempotency.Replay:
    with transaction.atomic():
        return idempotency.claim(
            caller="key_1", key="order-1", request_hash=b"h" * 32, operation="shop.pay", now=clock.now() + after
        )


def test_killed_between_effect_and_answer(processes: Processes) -> None:
    died = processes.start("-c", PAY, HOLDFAST_FAILPOINT="idempotency.before_finish")
    assert died.wait(30) == -signal.SIGKILL
    assert marks.count("paid") == {}
    with pytest.raises(idempotency.RequestInFlight):
        again(after=timedelta())
    mine = again(after=timedelta(minutes=2))
    assert isinstance(mine, idempotency.Claim)
    assert (mine.recovered, mine.recovery_point, mine.resource_id) == (True, "CHARGED", "pay_1")


def test_killed_before_the_claim_committed(processes: Processes) -> None:
    died = processes.start("-c", PAY, HOLDFAST_FAILPOINT="idempotency.claimed")
    assert died.wait(30) == -signal.SIGKILL
    assert not IdempotentRequest.objects.exists()


def test_killed_after_the_answer_committed_and_before_it_was_sent(processes: Processes) -> None:
    """The client never heard; its retry gets the answer, not a second payment."""
    died = processes.start("-c", PAY, HOLDFAST_FAILPOINT="shop.before_answer")
    assert died.wait(30) == -signal.SIGKILL
    assert again(after=timedelta()) == idempotency.Replay(201, {"id": "pay_1"}, "pay_1")
    assert marks.count("paid") == {"order-1": 1}
