"""Numbers about timers: what fired, and what should have."""

from core import clock
from core.telemetry import metrics
from escrow.models import Escrow, Setback

FIRED = metrics.counter("escrow_timers_fired", "Timers of escrows that fired", ["kind", "when"])


def install() -> None:
    """What the database knows for all processes."""
    metrics.at_scrape("escrow_timers_overdue_seconds", "How long the oldest due timer waits to be fired", _overdue)
    metrics.at_scrape("escrow_timers_stuck", "Escrows whose timers fail", _stuck)


def _overdue() -> dict[tuple[str, ...], float]:
    now = clock.now()
    due = Escrow.objects.filter(next_due_at__lte=now).order_by("next_due_at")
    first = due.values_list("next_due_at", flat=True).first()
    return {(): (now - first).total_seconds() if first else 0.0}


def _stuck() -> dict[tuple[str, ...], float]:
    return {(): float(Setback.objects.count())}
