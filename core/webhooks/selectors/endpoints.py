"""Endpoints as their owner and as staff see them, and how they fare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from core.errors import Refusal
from core.webhooks.enums import EndpointStatus
from core.webhooks.models import Endpoint, Secret

HOURS_SHOWN = 24


class EndpointNotFound(Refusal):
    """No webhook endpoint of this account and mode has this id."""

    code = "WEBHOOK_ENDPOINT_NOT_FOUND"
    status = 404
    title = "No such webhook endpoint"


@dataclass(frozen=True, slots=True)
class Health:
    """The last day: attempts and successes by hour, oldest first."""

    attempts: list[int]
    delivered: list[int]

    @property
    def percent(self) -> int | None:
        """Of attempts that were successes; None without an attempt."""
        total = sum(self.attempts)
        return sum(self.delivered) * 100 // total if total else None


def get(endpoint_id: str, *, livemode: bool, account: str | None = None) -> Endpoint:
    """Raises EndpointNotFound, also for one of another account or mode."""
    found = list_all(livemode=livemode, account=account).filter(public_id=endpoint_id).first()
    if found is None:
        raise EndpointNotFound
    return found


def list_all(*, livemode: bool, account: str | None = None) -> QuerySet[Endpoint]:
    """Of one account, or of all for staff; deleted ones are left out."""
    found = Endpoint.objects.filter(livemode=livemode).exclude(status=EndpointStatus.DELETED)
    return found if account is None else found.filter(account=account)


def list_disabled_by_itself(*, livemode: bool) -> QuerySet[Endpoint]:
    """Those that the program disabled, newest first: somebody should know."""
    return (
        list_all(livemode=livemode)
        .filter(status=EndpointStatus.DISABLED, disabled_because__in=("GONE", "FAILING"))
        .order_by("-disabled_at")
    )


def list_secrets(endpoint: Endpoint, *, now: datetime) -> list[Secret]:
    """Those that sign, newest first; never what they are."""
    alive = Secret.objects.filter(endpoint=endpoint).exclude(expires_at__lte=now)
    return list(alive.defer("sealed").order_by("-created_at", "-pk"))


def healths(endpoints: Sequence[Endpoint], *, now: datetime) -> dict[int, Health]:
    """By primary key, from one statement."""
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS_SHOWN - 1)
    found = {endpoint.pk: Health([0] * HOURS_SHOWN, [0] * HOURS_SHOWN) for endpoint in endpoints}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT endpoint_id, floor(extract(epoch FROM sent_at - %s) / 3600)::int, count(*),
                   count(*) FILTER (WHERE result = 'DELIVERED')
            FROM webhooks_attempt WHERE endpoint_id = ANY(%s) AND sent_at >= %s AND sent_at < %s
            GROUP BY 1, 2
            """,
            [since, list(found), since, since + timedelta(hours=HOURS_SHOWN)],
        )
        for endpoint_id, hour, attempts, delivered in cursor.fetchall():
            found[endpoint_id].attempts[hour] = attempts
            found[endpoint_id].delivered[hour] = delivered
    return found
