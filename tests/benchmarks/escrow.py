"""What each step of an escrow takes: agreed, funded, met, asked for, signed twice, released. Beside one ledger entry.

Through the services, each in its own transaction with its audit row and event; the API adds the bare view of `http`.
"""

import os
import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

from core import clock
from core.money import Money
from tests.benchmarks.report import Report

ROUNDS = int(os.environ.get("SIZE", 150))
SMALL, LARGE = 400_000, 640_000
MOST_MILLISECONDS = 1_000


def run(report: Report) -> None:
    from tests.factories import escrows, staff

    approvers = [staff.person("ESCROW_APPROVER", email=f"bench{number}@holdfast.example") for number in (1, 2)]
    floor = [_timed(lambda number=number: _entry(number)) for number in range(ROUNDS)]
    steps: dict[str, list[float]] = {}

    def step(name: str, act: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        answer = act()
        steps.setdefault(name, []).append((time.perf_counter() - began) * 1_000)
        return answer

    for number in range(ROUNDS):
        for amount in (SMALL, LARGE):
            named = {"booking_id": f"book_bench_{number}_{amount}", "now": clock.now()}
            escrow = step("create", lambda: escrows.create(amount, **named))  # noqa: B023 (called at once)
            step("fund", lambda: escrows.fund(escrow, now=clock.now()))  # noqa: B023
            step("satisfy", lambda: escrows.meet(escrow, now=clock.now()))  # noqa: B023
            asked = step("release" if amount == SMALL else "ask", lambda: _release(escrow))  # noqa: B023
            if asked.request_id:
                for person in approvers:
                    _sign(step, asked.request_id, person)
    _tell(report, floor, steps)


def _entry(number: int) -> None:
    from ledger import chart
    from ledger.services import journal
    from ledger.services.journal import Leg

    now = clock.now()
    legs = [Leg.debit(chart.BANK_TRUST, Money(1)), Leg.credit(chart.customer_refundable("cus_floor"), Money(1))]
    journal.post(
        book="test", kind="bench.floor", legs=legs, reference="floor", idempotency_key=f"floor:{number}",
        effective_at=now, now=now,
    )  # fmt: skip


def _release(escrow: Any) -> Any:
    from escrow.services import releases
    from tests.factories.escrows import BACKEND

    return releases.release(escrow_id=escrow.public_id, livemode=False, actor=BACKEND, now=clock.now())


def _sign(step: Callable[[str, Callable[[], Any]], Any], request_id: str, person: Any) -> None:
    from core.approvals import selectors
    from tests.factories.approvals import signed

    request = selectors.get(request_id)
    step("sign", lambda: signed(request, person))


def _timed(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1_000


def _tell(report: Report, floor: list[float], steps: dict[str, list[float]]) -> None:
    base = _p95(floor)
    report.add("one ledger entry, P95 (floor)", base, "ms")
    for name, taken in steps.items():
        p95 = _p95(taken)
        report.add(f"{name}, P50", median(taken), "ms", floor=median(floor))
        report.add(
            f"{name}, P95", p95, "ms", floor=base, target=f"< {MOST_MILLISECONDS:,} ms", met=p95 < MOST_MILLISECONDS
        )


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20)[-1]
