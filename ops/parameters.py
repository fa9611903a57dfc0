"""Dated configuration of operations: how soon an alarm must be seen and be over."""

from datetime import datetime, timedelta

from core.parameters import services as parameters
from ops.enums import Severity

_MINUTES = {Severity.P1: (5, 60), Severity.P2: (30, 240), Severity.P3: (240, 1_440), Severity.P4: (1_440, 10_080)}

ACKNOWLEDGE = "ops.acknowledge_minutes_{}"
RESOLVE = "ops.resolve_minutes_{}"

for _severity, (_seen, _over) in _MINUTES.items():
    parameters.declare(
        ACKNOWLEDGE.format(_severity.lower()),
        _seen,
        unit="minutes",
        meaning=f"Somebody has seen an incident of severity {_severity.value} by then",
        minimum=1,
    )
    parameters.declare(
        RESOLVE.format(_severity.lower()),
        _over,
        unit="minutes",
        meaning=f"An incident of severity {_severity.value} is resolved by then",
        minimum=1,
    )


def deadlines(severity: Severity, raised_at: datetime) -> tuple[datetime, datetime]:
    """By when an alarm raised then must be acknowledged and resolved; the second is never before the first."""
    seen, over = (
        timedelta(minutes=parameters.read(name.format(severity.lower()), at=raised_at))
        for name in (ACKNOWLEDGE, RESOLVE)
    )
    return raised_at + seen, raised_at + max(seen, over)
