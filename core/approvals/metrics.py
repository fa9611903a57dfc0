"""What waits for signatures, for /metrics."""

from collections.abc import Mapping

from django.db.models import Count, Min

from core import clock
from core.approvals import registry
from core.approvals.models import OPEN, ApprovalRequest
from core.telemetry import metrics


def declare() -> None:
    metrics.at_scrape("approvals_pending", "Requests that wait for signatures", _pending, ["action"])
    metrics.at_scrape("approvals_oldest_seconds", "Age of the request that waits longest", _oldest, ["action"])


def _pending() -> Mapping[tuple[str, ...], float]:
    waiting = dict(ApprovalRequest.objects.filter(OPEN).values_list("action").annotate(Count("pk")))
    return {(action.name,): float(waiting.get(action.name, 0)) for action in registry.registered()}


def _oldest() -> Mapping[tuple[str, ...], float]:
    now = clock.now()
    since = dict(ApprovalRequest.objects.filter(OPEN).values_list("action").annotate(Min("asked_at")))
    return {(action,): (now - asked_at).total_seconds() for action, asked_at in since.items()}
