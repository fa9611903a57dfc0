"""Short ways to say "this customer paid that much then"."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core import clock, ids
from fraud.enums import AttemptOutcome
from fraud.models import Observation as Row
from fraud.services import memory, observations
from fraud.services.assessments import AssessmentRequest
from fraud.services.observations import Observation

# A Wednesday at noon, so that neither the night nor the weekend plays a part.
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
DOCUMENTED = AssessmentRequest(
    livemode=False, payer_id="cus_abc123def456", payee_id="prov_xyz789ghi012", amount_minor=50_000, currency="USD"
)


@pytest.fixture
def now() -> Iterator[datetime]:
    with clock.use(clock.FixedClock(NOON)):
        yield NOON


@pytest.fixture
def request_of() -> Callable[..., AssessmentRequest]:
    """The documented payment (500.00 USD), with whatever is said differently."""

    def make(**changes: object) -> AssessmentRequest:
        return replace(DOCUMENTED, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def paid() -> Callable[..., None]:
    """History: `paid(ago=timedelta(days=3), amount_minor=2_000, times=4)`."""
    serial = itertools.count()

    def make(*, ago: timedelta = timedelta(minutes=5), times: int = 1, **changes: object) -> None:
        for _ in range(times):
            at = NOON - ago
            number = next(serial)
            observation = Observation(
                payment_id=f"{ids.payment(at)}-{number}"[:40],
                transaction_id=ids.transaction(at),
                livemode=False,
                payer_id=DOCUMENTED.payer_id,
                payee_id=DOCUMENTED.payee_id,
                amount_minor=50_000,
                currency="USD",
                outcome=AttemptOutcome.APPROVED,
                at=at,
            )
            observed = replace(observation, **changes)  # type: ignore[arg-type]
            observations.record(observed)
            memory.tell_ended(Row.objects.get(payment_id=observed.payment_id), now=NOON)

    return make
