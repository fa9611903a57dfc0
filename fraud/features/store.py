"""The states of `fraud.features.state` in Redis: one round trip answers the values before a payment and adds it.

Every entity of a payment (customer, seller, the pair, card, address, device) is one packed string under the name of an
*epoch*, a whole set of states. The name of the epoch in force is the sentinel: where it is missing the memory was
lost, the answer is `COLD`, and `fraud.features.rebuild` makes a new epoch from what PostgreSQL has. The scripts do the
arithmetic of the Python modules of this package, double by double; a test holds them together.

Keys are made inside the scripts, so this is for one server and its replicas, not for a sharded cluster.
"""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import redis

from core.parameters import services as parameters
from core.telemetry import metrics
from core.work import brokers
from fraud import data
from fraud.decisions import AssessmentRequest
from fraud.detectors import DetectorAnswer
from fraud.enums import AttemptOutcome, FeatureSource
from fraud.features import breaker
from fraud.features.state import RAW, Ended, Event

PREFIX = "fraud:"
EPOCH, BUILDING, JOURNAL = "epoch", "building", "journal"
COLD = "COLD"
INSTRUMENT_SECONDS = 31 * 86_400  # what is asked of a card, an address or a device looks back 30 days
START = datetime(1970, 1, 1, tzinfo=UTC)
_LUA = Path(__file__).parent / "lua"
_LIBRARY = ("rings", "customers", "others", "entities")
# A name in the store is a text of an entity: how many characters of what others name count.
LONGEST_NAME = 128
PAID = {AttemptOutcome.APPROVED, AttemptOutcome.HELD}
REFUSED = {AttemptOutcome.DECLINED, AttemptOutcome.BLOCKED}

ASKED = metrics.counter("fraud_feature_store", "Questions to the feature store by what became of them", ["answer"])


@dataclass(frozen=True, slots=True)
class Seen:
    """What was known before a payment. `raw` has the values of `state.RAW` at `at` (microseconds), or is None with why
    in `failure`: UNREACHABLE, TIMEOUT, RESTING (the breaker is open) or COLD (the memory was lost). `detected` is what
    somebody else's detector said, if one is asked, and `detector_failure` why it said nothing.
    """

    source: FeatureSource
    at: int
    raw: dict[str, int | float] | None = None
    failure: str = ""
    detected: DetectorAnswer | None = None
    detector_failure: str = ""


def look(request: AssessmentRequest, *, now: datetime, reference: str | None = None) -> Seen:
    """The values before the payment, which is then added. Never raises; not for use inside a transaction.

    The same `reference` (else the payment's id, else the transaction's) gets the same values again and counts once.
    A request that names neither only looks.
    """
    event = event_of(request, now=now)
    limits = breaker.limits(at=now)
    if not breaker.STORE.allows_call(limits):
        return _unseen(event, "RESTING")
    try:
        status, *texts = _call("look", [EPOCH], [reference or event.payment_id, *flat(event)], now=now)
    except redis.RedisError as error:
        breaker.STORE.record(limits, answered=False)
        return _unseen(event, "TIMEOUT" if isinstance(error, redis.TimeoutError) else "UNREACHABLE")
    breaker.STORE.record(limits, answered=True)
    if status == b"COLD":
        return _unseen(event, COLD)
    at, *values = (_number(text) for text in texts[0].decode().split(" "))
    ASKED.labels("SEEN").inc()
    return Seen(FeatureSource.REDIS, int(at), dict(zip(RAW, values, strict=True)))


def unasked(*, now: datetime) -> Seen:
    """For a payment that was not asked about. Judged all the same, it is judged as if the store had not answered."""
    return Seen(FeatureSource.DATABASE, microseconds(now), failure="UNASKED")


def tell_outcome(event: Event, ended: Ended, *, now: datetime, epoch: str = "") -> None:
    """How a payment ended; its attempt too, where nobody told. Once per payment. Raises redis.RedisError."""
    _call("tell", [EPOCH], [epoch, "outcome", *flat(event), ended.value], now=now)


def tell_outcomes(told: Sequence[tuple[Event, Ended]], *, client: "redis.Redis", now: datetime) -> None:
    """As `tell_outcome` of each, in one message. Raises redis.RedisError."""
    text, sha1 = script("tell")
    client.script_load(text)
    pipeline = client.pipeline(transaction=False)
    for event, ended in told:
        arguments = [PREFIX, *spans(at=now), "", "outcome", *flat(event), ended.value]
        pipeline.evalsha(sha1, 1, key(EPOCH), *arguments)
    pipeline.execute()


def tell_label(event: Event, *, known_at: int, is_fraud: bool, now: datetime, epoch: str = "") -> None:
    """What a payment turned out to be, once per payment and answer. Raises redis.RedisError."""
    _call("tell", [EPOCH], [epoch, "label", *flat(event), known_at, int(is_fraud)], now=now)


def tell_report(event: Event, *, known_at: int, now: datetime, epoch: str = "") -> None:
    """That a customer's payment was reported, where no label says so. Raises redis.RedisError."""
    _call("tell", [EPOCH], [epoch, "report", *flat(event), known_at], now=now)


def event_of(request: AssessmentRequest, *, now: datetime) -> Event:
    """The payment as the states know it: texts of bounded length, "" for what is not named."""
    address = data.readable_ip(request.ip_address)
    return Event(
        payment_id=request.payment_id or (f"txn:{request.transaction_id}" if request.transaction_id else ""),
        livemode=request.livemode,
        at=microseconds(now),
        amount_minor=request.amount_minor,
        customer=request.payer_id[:LONGEST_NAME],
        seller=(request.payee_id or "")[:LONGEST_NAME],
        card=(request.card_fingerprint or "")[:LONGEST_NAME],
        device=(request.device_id or "")[:LONGEST_NAME],
        address=address or "",
        country=data.find_country(address) or "",
    )


def ended(outcome: str) -> Ended:
    """What the states distinguish of an outcome."""
    if outcome in PAID:
        return Ended.PAID
    return Ended.REFUSED if outcome in REFUSED else Ended.NEITHER


def microseconds(moment: datetime) -> int:
    """Since 1970, exact."""
    return (moment - START) // timedelta(microseconds=1)


def client(*, now: datetime) -> "redis.Redis":
    """For the path of a payment: waits `fraud.feature_timeout_ms` and asks once."""
    return brokers.client(
        brokers.Database.FEATURES, timeout_seconds=parameters.read("fraud.feature_timeout_ms", at=now) / 1000
    )


def key(name: str) -> str:
    return PREFIX + name


@functools.cache
def script(name: str) -> tuple[str, str]:
    """Text of a script with its library, and its SHA-1, which is how Redis names it."""
    text = "\n".join((_LUA / f"{part}.lua").read_text() for part in (*_LIBRARY, name))
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def spans(*, at: datetime) -> list[int]:
    """Seconds that a payment's id, a party and an instrument are kept."""
    return [
        parameters.read("fraud.feature_memory_hours", at=at) * 3600,
        parameters.read("fraud.feature_days", at=at) * 86_400,
        INSTRUMENT_SECONDS,
    ]


def _call(name: str, keys: list[str], arguments: list[Any], *, now: datetime) -> Any:
    text, sha1 = script(name)
    values = [len(keys), *(key(each) for each in keys), PREFIX, *spans(at=now), *arguments]
    connection = client(now=now)
    try:
        return connection.evalsha(sha1, *values)
    except redis.exceptions.NoScriptError:
        return connection.eval(text, *values)


def flat(event: Event) -> list[Any]:
    """An event as the scripts read it."""
    payment_id, livemode, *rest = event
    return ["live" if livemode else "test", payment_id, *rest]


def _number(text: str) -> int | float:
    return float(text) if "." in text or "e" in text else int(text)


def _unseen(event: Event, failure: str) -> Seen:
    ASKED.labels(failure).inc()
    return Seen(FeatureSource.DATABASE, event.at, failure=failure)
