"""A decision by the feature store: the scoring function alone, and the public operation at 50 a second."""

import itertools
import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest import mock

from core import clock
from core.actors import SYSTEM
from core.api import keys
from core.api.models import ThrottleClass
from core.work import brokers
from tests.benchmarks import load, servers
from tests.benchmarks.report import Report

CUSTOMERS, SELLERS, RULES = 2_000, 200, 30
WARM, CALLS = 4_000, 3_000
ALONE_P99_MS, WHOLE_P99_MS = 5.0, 20.0
PER_SECOND, SECONDS, CONNECTIONS = 50.0, 15.0, 8

_number = itertools.count(time.time_ns() // 1_000_000)


def run(report: Report) -> None:
    _alone(report)
    _whole(report)


def _alone(report: Report) -> None:
    """One trip to Redis, variables, a model of 220 trees, 30 rules: everything but the database."""
    from fraud.decisions import AssessmentRequest
    from fraud.features import rebuild, store, values
    from fraud.model import live
    from fraud.parameters import threshold_types, thresholds
    from fraud.rules import verdicts
    from fraud.rules.compiled import compile_rules
    from fraud.rules.definitions import Rule
    from fraud.rules.scoring import Bands
    from fraud.rules.shipped import SHIPPED

    now = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
    rebuild.rebuild(now=now)
    more = [
        Rule(f"bench_rule_{number}", f"customer_payments_30d > {number} and amount_minor > {number}", 0, None, "more")
        for number in range(RULES - len(SHIPPED))
    ]
    compiled = compile_rules(version=1, rules=[*SHIPPED, *more], threshold_types=threshold_types())
    in_force, bands = thresholds(at=now), Bands(300, 700, 900)
    in_force |= {name: [] for names in compiled.names for name in names if name.startswith("list_")}
    dice, numbers = random.Random(7), itertools.count()
    _give_a_model("bench")

    def request() -> AssessmentRequest:
        customer = dice.randrange(CUSTOMERS)
        return AssessmentRequest(
            livemode=False,
            payment_id=f"bench_{next(numbers)}",
            payer_id=f"cus_{customer}",
            payee_id=f"prov_{dice.randrange(SELLERS)}",
            amount_minor=dice.randrange(500, 20_000),
            currency="USD",
            card_fingerprint=f"card_{customer}",
            card_bin="424242",
            ip_address=f"10.0.{dice.randrange(200)}.{dice.randrange(250)}",
            device_id=f"dev_{customer}",
            billing_country="US",
        )

    def score() -> None:
        asked = request()
        seen = store.look(asked, now=now + timedelta(seconds=next(numbers)))
        assert seen.raw is not None, seen.failure
        known = values.from_store(asked, seen)
        model = live.score("bench", known)
        verdicts.judge(compiled, features=known, thresholds=in_force, base_score=model.score, bands=bands, held_back={})

    # Nothing is cut off at the 10 ms after which a payment goes on without: the figures are whole.
    patient = brokers.client(brokers.Database.FEATURES, timeout_seconds=2)
    with mock.patch.object(store, "client", return_value=patient):
        for _ in range(WARM):
            score()
        floor, alone = _percentiles(patient.ping), _percentiles(score)
    report.add("one call to Redis (PING), P50", floor[0], "ms")
    report.add("one call to Redis (PING), P99", floor[1], "ms")
    report.add(f"memory, variables, model and {len(compiled.rules)} rules, P50", alone[0], "ms", floor=floor[0])
    report.add(
        "the same, P99",
        alone[1],
        "ms",
        floor=floor[1],
        target=f"<= {ALONE_P99_MS:.0f} ms",
        met=alone[1] <= ALONE_P99_MS,
    )


def _give_a_model(name: str) -> None:
    """A model as large as a real one, learned from noise, where the process keeps the ones it has read."""
    from fraud.features.variables import MODEL_VARIABLES
    from fraud.model import live, scorer, training
    from fraud.model.calibration import Curve
    from fraud.model.probability import Line

    dice = random.Random(11)
    columns = {variable: [dice.random() * 1_000 for _ in range(4_000)] for variable in MODEL_VARIABLES}
    labels = [int(dice.random() < 0.2) for _ in range(4_000)]
    fitted = training.fit(columns, labels)
    source = scorer.generate(fitted.dump)
    loaded = scorer.load(source, scorer.digest(source))
    live._models[name] = live.Loaded(fitted.variables, loaded, Curve(((-9.0, 0.0), (9.0, 1000.0)), ()), Line(1.0, 0.0))


def _whole(report: Report) -> None:
    """`POST /v1/fraud/evaluations` at a steady 50 a second, against a bare view at the same rate."""
    bare_port, port = servers.free_port(), servers.free_port()
    bare_request = load.post("/bare", b'{"amount": 50000, "customerId": "cus_abc123"}', {})
    bare_command = servers.granian(bare_port, servers.PROGRAM)
    with servers.running(
        "bare", bare_command, ready=f"http://127.0.0.1:{bare_port}/bare", DJANGO_SETTINGS_MODULE="tests.benchmarks.bare"
    ):
        load.run(bare_port, lambda _: bare_request, connections=CONNECTIONS, seconds=2)
        bare = load.run(bare_port, lambda _: bare_request, connections=CONNECTIONS, seconds=6, rate=PER_SECOND)
    request = _evaluations()
    command = servers.granian(port, servers.PROGRAM)
    with servers.background(), servers.running("evaluations", command, ready=f"http://127.0.0.1:{port}/ready"):
        load.run(port, request, connections=CONNECTIONS, seconds=4)
        whole = load.run(port, request, connections=CONNECTIONS, seconds=SECONDS, rate=PER_SECOND)
    strange = sum(number for status, number in whole.statuses.items() if status != 200)
    report.add("evaluations answered other than 200", strange, "", target="0", met=strange == 0)
    report.add(f"POST /v1/fraud/evaluations at {PER_SECOND:.0f} a second", whole.per_second, "/s")
    for share in (0.50, 0.99):
        figure, floor = whole.milliseconds(share), bare.milliseconds(share)
        name = f"the same, P{share * 100:.0f}, against a bare view at that rate"
        if share == 0.99:
            report.add(name, figure, "ms", floor=floor, target=f"<= {WHOLE_P99_MS:.0f} ms", met=figure <= WHOLE_P99_MS)
        else:
            report.add(name, figure, "ms", floor=floor)


def _evaluations() -> Callable[[int], bytes]:
    _, secret = keys.create(
        name="bench",
        livemode=False,
        scopes=["fraud:write"],
        throttle_class=ThrottleClass.BULK,
        actor=SYSTEM,
        now=clock.now(),
    )
    headers = {"Authorization": f"Bearer {secret}"}

    def evaluation(_: int) -> bytes:
        number = next(_number)
        body = {
            "transactionId": f"txn_bench_{number}",
            "customerId": f"cus_bench_{number * 7919 % CUSTOMERS}",
            "providerId": f"prov_bench_{number * 1009 % SELLERS}",
            "amount": 1_000 + number * 37 % 9_000,
            "currency": "USD",
            "paymentMethod": "card",
            "ipAddress": f"10.0.{number % 200}.{number % 250}",
            "deviceFingerprint": f"dev_{number * 7919 % CUSTOMERS}",
            "cardBin": "424242",
        }
        sent = {**headers, "Idempotency-Key": f"bench-{number}"}
        return load.post("/v1/fraud/evaluations", json.dumps(body).encode(), sent)

    return evaluation


def _percentiles(act: Callable[[], object]) -> tuple[float, float]:
    taken = []
    for _ in range(CALLS):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
