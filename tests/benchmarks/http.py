"""Payments through the public API on two web workers, against a bare DRF view on the same server.

Worker and beat run beside, as in `make run`: their share of the two cores is part of the price of a payment.
"""

import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from django.db import connection

from core import clock
from core.actors import SYSTEM
from core.api import keys
from core.api.models import ThrottleClass
from core.audit import sealing
from core.audit import verification as audit_verification
from ledger.verification import services as ledger_verification
from ops.marketplace import cards
from tests.benchmarks import load, servers
from tests.benchmarks.load import Request, Result
from tests.benchmarks.report import Report

CONNECTIONS = 8
WARM_SECONDS = 4.0
SECONDS = 12.0
SHORT_SECONDS = 6.0
BARE_SECONDS = 4.0
QUIET_WITHIN_SECONDS = 90
P95_BUDGET_MS, P99_BUDGET_MS = 150.0, 500.0
PER_SECOND_WANTED = 100.0
SERVERS: dict[str, Callable[[int, str], list[str]]] = {
    "granian": servers.granian,
    "gunicorn sync": servers.gunicorn_sync,
    "gunicorn gthread": servers.gunicorn_gthread,
}
CUSTOMERS, SELLERS = 5_000, 500

_number = itertools.count(time.time_ns() // 1_000_000)


@dataclass(frozen=True, slots=True)
class Web:
    port: int
    number: int


@dataclass(frozen=True, slots=True)
class Variant:
    """`without` names the part that is taken out, if any."""

    name: str
    server: str
    without: str = ""


def run(report: Report) -> None:
    payment, reads = _requests()
    bare = {name: _bare(name) for name in SERVERS}
    for name, result in bare.items():
        _add_strange(report, result)
        report.add(f"bare DRF view, {name}", result.per_second, "/s", floor=bare["granian"].per_second)
    with servers.background() as hands:
        with _web("granian") as web:
            whole = _payments(report, web, payment, [child.process.pid for child in hands if child.process])
            report.add("payments against the bare view", whole, "/s", floor=bare["granian"].per_second)
            _reads(report, web, reads)
        _variants(report, payment)
        _catch_up(report)
    _verify(report)


def _bare(name: str) -> Result:
    port = servers.free_port()
    request = load.post("/bare", b'{"amount": 50000, "customerId": "cus_abc123"}', {})
    command = SERVERS[name](port, servers.PROGRAM)
    ready = f"http://127.0.0.1:{port}/bare"
    with servers.running("bare", command, ready=ready, DJANGO_SETTINGS_MODULE="tests.benchmarks.bare"):
        load.run(port, lambda _: request, connections=CONNECTIONS, seconds=1)
        return load.run(port, lambda _: request, connections=CONNECTIONS, seconds=BARE_SECONDS)


class _web:  # noqa: N801 used like a function
    """The program behind one of the servers. `application` may be the one with a part taken out."""

    def __init__(self, name: str, application: str = servers.PROGRAM, **environment: str) -> None:
        self.port = servers.free_port()
        command = SERVERS[name](self.port, application)
        ready = f"http://127.0.0.1:{self.port}/ready"
        self._running = servers.running(name.replace(" ", "-"), command, ready=ready, **environment)

    def __enter__(self) -> Web:
        child = self._running.__enter__()
        assert child.process is not None
        return Web(self.port, child.process.pid)

    def __exit__(self, *error: object) -> None:
        self._running.__exit__(None, None, None)


def _payments(report: Report, web: Web, payment: Request, hands: list[int]) -> float:
    load.run(web.port, payment, connections=CONNECTIONS, seconds=WARM_SECONDS)
    parts = {"web": [web.number], "PostgreSQL": _postgres(), "worker and beat": hands}
    before = {name: sum(map(servers.cpu_seconds, numbers)) for name, numbers in parts.items()}
    full = load.run(web.port, payment, connections=CONNECTIONS, seconds=SECONDS)
    taken = {name: sum(map(servers.cpu_seconds, numbers)) - before[name] for name, numbers in parts.items()}
    whole = full.per_second
    _add_strange(report, full)
    report.add(
        f"payments, {CONNECTIONS} connections as fast as answered",
        whole,
        "/s",
        target=f">= {PER_SECOND_WANTED:.0f}",
        met=whole >= PER_SECOND_WANTED,
    )
    for share in (0.50, 0.95, 0.99):
        report.add(f"the same, P{share * 100:.0f}", full.milliseconds(share), "ms")
    for name, seconds in taken.items():
        report.add(f"CPU time of one payment: {name}", 1000 * seconds / max(1, len(full.seconds)), "ms")
    half = load.run(web.port, payment, connections=CONNECTIONS, seconds=SECONDS, rate=whole / 2)
    _add_strange(report, half)
    report.add("payments at half of that rate", half.per_second, "/s", floor=whole)
    report.add("the same, P50", half.milliseconds(0.50), "ms")
    for share, budget in ((0.95, P95_BUDGET_MS), (0.99, P99_BUDGET_MS)):
        figure = half.milliseconds(share)
        name = f"the same, P{share * 100:.0f}"
        report.add(name, figure, "ms", target=f"< {budget:.0f} ms", met=figure < budget)
    return whole


def _reads(report: Report, web: Web, headers: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT public_id FROM payments_payment WHERE status = 'COMPLETED' ORDER BY id DESC LIMIT 1")
        (payment_id,) = cursor.fetchone()
    for name, path in (("one payment", f"/v1/payments/{payment_id}"), ("a page of 25 payments", "/v1/payments")):
        request = load.get(path, headers)
        result = load.run(web.port, lambda _, it=request: it, connections=CONNECTIONS, seconds=BARE_SECONDS)
        _add_strange(report, result)
        report.add(f"GET {name}", result.per_second, "/s")
        report.add("the same, P95", result.milliseconds(0.95), "ms")


def _variants(report: Report, payment: Request) -> None:
    """Other servers, and the program without a part, in turns with the program as it is: the machine changes."""
    usual = Variant("payments once more, granian", "granian")
    others = (
        Variant("payments, gunicorn sync", "gunicorn sync"),
        Variant("payments, gunicorn gthread", "gunicorn gthread"),
        Variant("payments without audit (bench only)", "granian", "audit"),
        Variant("payments without outbox (bench only)", "granian", "outbox"),
    )
    before = _one_variant(report, usual, payment)
    for variant in others:
        figures = _one_variant(report, variant, payment)
        after = _one_variant(report, usual, payment)
        floor = [(one + other) / 2 for one, other in zip(before, after, strict=True)]
        before = after
        report.add(f"{variant.name}, against granian before and after", figures[0], "/s", floor=floor[0])
        report.add("the same, CPU time of the web", figures[1], "ms", floor=floor[1])


def _one_variant(report: Report, variant: Variant, payment: Request) -> tuple[float, float]:
    """Payments a second, and milliseconds of CPU time of the web's processes for each."""
    environment = {"BENCH_WITHOUT": variant.without} if variant.without else {}
    application = "tests.benchmarks.without:application" if variant.without else servers.PROGRAM
    with _web(variant.server, application, **environment) as web:
        load.run(web.port, payment, connections=CONNECTIONS, seconds=WARM_SECONDS)
        before = servers.cpu_seconds(web.number)
        result = load.run(web.port, payment, connections=CONNECTIONS, seconds=SHORT_SECONDS)
        taken = servers.cpu_seconds(web.number) - before
    _add_strange(report, result)
    return result.per_second, 1000 * taken / max(1, len(result.seconds))


def _catch_up(report: Report) -> None:
    """The queue that stood when the load ended, and how fast worker and beat finish it."""
    started = time.monotonic()
    waiting = first = _undelivered()
    while waiting and time.monotonic() - started < QUIET_WITHIN_SECONDS:
        time.sleep(0.25)
        waiting = _undelivered()
    seconds = time.monotonic() - started
    report.add("events undelivered when the load ended", first, "events")
    report.add("until all were delivered", seconds, "s", target=f"< {QUIET_WITHIN_SECONDS} s", met=waiting == 0)


def _undelivered() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM outbox_event WHERE relayed_at IS NULL)"
            " + (SELECT count(*) FROM outbox_delivery WHERE state NOT IN ('DONE', 'PARKED'))"
        )
        return int(cursor.fetchone()[0])


def _verify(report: Report) -> None:
    ledger = ledger_verification.verify()
    differences = sum(outcome.difference_count for outcome in ledger)
    report.add("verify_ledger after all of this: differences", differences, "", target="0", met=differences == 0)
    sealing.seal_all(now=clock.now())
    audit = audit_verification.verify()
    report.add(
        "verify_audit after all of this: findings",
        len(audit.findings) + audit.unlisted,
        f"in {audit.links:,} links",
        target="0",
        met=audit.is_clean,
    )


def _add_strange(report: Report, result: Result) -> None:
    """Every answer that is no success is counted and shown; a good run shows none."""
    if not result.seconds:
        report.add("answers", 0, "", target="> 0", met=False)
    for status, count in sorted(result.statuses.items()):
        if not 200 <= status < 300:
            report.add(f"answers with status {status or 'none'}", count, "", target="0", met=False)


def _requests() -> tuple[Request, dict[str, str]]:
    """A payment of another customer each time, known ones coming back; and the headers of a caller."""
    now = clock.now()
    _, secret = keys.create(
        name="bench",
        livemode=False,
        scopes=["payments:read", "payments:write"],
        throttle_class=ThrottleClass.BULK,
        actor=SYSTEM,
        now=now,
    )
    headers = {"Authorization": f"Bearer {secret}"}
    numbers = [cards.number_for(f"cus_bench_{number}") for number in range(CUSTOMERS)]

    def payment(_: int) -> bytes:
        number = next(_number)
        customer = number * 7919 % CUSTOMERS
        body = {
            "cardNumber": numbers[customer],
            "expiryMonth": "12",
            "expiryYear": "2030",
            "cvc": "123",
            "amount": 1_000 + number * 37 % 9_000,
            "currency": "USD",
            "customerId": f"cus_bench_{customer}",
            "providerId": f"prov_bench_{number * 1009 % SELLERS}",
            "bookingId": f"book_bench_{number}",
            "paymentMethod": "card",
            "metadata": {"row": str(number)},
        }
        return load.post("/v1/payments", json.dumps(body).encode(), {**headers, "Idempotency-Key": f"bench-{number}"})

    return payment, headers


def _postgres() -> list[int]:
    """The postmaster whose child answers this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return [psutil.Process(backend).ppid()]
