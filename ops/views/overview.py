"""The overview: what happened in the last day, what waits, whether the books balance. Each number leads to its rows."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from core import clock, console
from core.console.templatetags.console import money
from core.money import Money
from core.work.selectors import Load
from ops.enums import Severity
from ops.selectors import overview

LAG_THAT_WORRIES_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Tile:
    """What `components/tile.html` draws."""

    label: str
    value: Any
    url: str = ""
    hint: str = ""
    tone: str = ""
    spark: SafeString | str = ""


@console.page(
    path="overview/", name="overview", title="Overview", nav=("Work", 1), permission="ops.view_overview", key="o"
)
def overview_page(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its numbers when htmx asks for them again."""
    livemode = console.is_live(request)
    found = overview.get(livemode=livemode, now=clock.now())
    context = {
        "day_tiles": _day_tiles(found.day),
        "work_tiles": [*_queue_tiles(found), *_break_tiles(found), *_incident_tiles(found)],
        "money_tiles": _money_tiles(found),
        "machine_tiles": _machine_tiles(found),
        "closed": found.closed,
        "read_at": clock.now(),
    }
    is_refresh = bool(getattr(request, "htmx", False)) and not getattr(request.htmx, "boosted", False)  # type: ignore[attr-defined]
    return console.render(request, "ops/overview_numbers.html" if is_refresh else "ops/overview.html", context)


def _payments(**query: str) -> str:
    address = reverse("admin:payments")
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else address


def _day_tiles(day: overview.Day) -> list[Tile]:
    share = day.completed_share
    return [
        Tile(
            "Payments, last 24 h",
            f"{day.total:,}",
            _payments(),
            str(Money(day.volume_minor)),
            spark=console.sparkline(day.hourly, title="Payments in each of the last 24 hours"),
        ),
        Tile(
            "Completed",
            f"{day.counts.get('COMPLETED', 0):,}",
            _payments(status="COMPLETED"),
            str(Money(day.completed_minor)),
        ),
        Tile(
            "Of those that ended, completed",
            f"{share:.1%}" if share is not None else "none yet",
            _payments(status="FAILED"),
            f"{day.counts.get('FAILED', 0):,} failed, {day.counts.get('CANCELLED', 0):,} cancelled",
        ),
        Tile(
            "In flight", f"{day.counts.get('PROCESSING', 0):,}", _payments(status="PROCESSING"), "finish by themselves"
        ),
    ]


def _queue_tiles(found: overview.Overview) -> list[Tile]:
    queue = found.queue
    hint = f"{Money(queue.amount_minor)} at stake" if queue.waiting else "nobody waits"
    return [
        Tile(
            "Waiting for review",
            f"{queue.waiting:,}",
            reverse("admin:reviews"),
            hint,
            "careful" if queue.waiting else "good",
        )
    ]


def _break_tiles(found: overview.Overview) -> list[Tile]:
    number = sum(found.breaks.values())
    words = ", ".join(f"{count} {outcome.lower()}" for outcome, count in sorted(found.breaks.items()))
    return [
        Tile(
            "Reconciliation breaks",
            f"{number:,}",
            reverse("admin:settlement"),
            words or "settlement agrees with our books",
            "careful" if number else "good",
        )
    ]


def _incident_tiles(found: overview.Overview) -> list[Tile]:
    counted = found.incidents
    if not counted.worst:
        return [Tile("Incidents", "0", reverse("admin:incidents"), "no alarm is open", "good")]
    worries = counted.late or counted.worst == Severity.P1
    hint = f"worst {counted.worst} · {counted.unseen:,} nobody has seen · {counted.late:,} late"
    return [Tile("Incidents", f"{counted.total:,}", reverse("admin:incidents"), hint, "bad" if worries else "careful")]


def _money_tiles(found: overview.Overview) -> list[Tile]:
    names = {
        "escrow_held": "Held in escrow",
        "acquirer_receivable": "Owed by the acquirer",
        "provider_payable": "Owed to providers",
        "fees:platform": "Platform fees",
    }
    totals = {total.kind: total for total in found.totals}
    tiles = [
        Tile(
            title,
            money(totals[kind].posted if kind in totals else Money(0)),
            f"{reverse('admin:accounts')}?kind={kind}",
            f"{totals[kind].accounts:,} accounts" if kind in totals and totals[kind].accounts > 1 else "",
        )
        for kind, title in names.items()
    ]
    difference = next((line.difference for line in found.trial if line.difference.minor), Money(0))
    hint, tone = ("must be zero", "bad") if difference.minor else ("debits equal credits", "good")
    return [*tiles, Tile("Trial balance", money(difference), reverse("admin:trial_balance"), hint, tone)]


def _machine_tiles(found: overview.Overview) -> list[Tile]:
    return [
        _load_tile("Outbox", found.outbox, "admin:outbox_delivery_changelist"),
        _load_tile("Work list", found.work, "admin:work_workitem_changelist"),
        _load_tile("Periodic jobs", found.jobs, "admin:work_jobrun_changelist"),
        Tile(
            "Audit entries to seal",
            f"{found.unsealed:,}",
            reverse("admin:audit_auditentry_changelist"),
            "chained within seconds",
            "good" if found.unsealed < 1000 else "careful",
        ),
    ]


def _load_tile(label: str, load: Load, name: str) -> Tile:
    seconds = int(load.lag.total_seconds())
    hint = f"oldest waits {seconds} s" if load.depth else "nothing waits"
    if load.parked:
        return Tile(label, f"{load.parked:,} parked", reverse(name), f"a person has to look · {hint}", "bad")
    return Tile(
        label, f"{load.depth:,}", reverse(name), hint, "careful" if seconds > LAG_THAT_WORRIES_SECONDS else "good"
    )
