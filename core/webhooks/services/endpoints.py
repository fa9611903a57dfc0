"""Open, change, disable and enable, rotate and delete the endpoints of a marketplace."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from core import ids
from core.actors import SYSTEM, Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal
from core.outbox import services as outbox
from core.parameters import services as parameters
from core.webhooks import catalogue, destinations
from core.webhooks.enums import DisabledBecause, EndpointStatus
from core.webhooks.events import EndpointDisabled
from core.webhooks.models import Delivery, Endpoint
from core.webhooks.models.endpoint import EVERYTHING
from core.webhooks.policies import policy
from core.webhooks.selectors.endpoints import EndpointNotFound
from core.webhooks.services import secrets
from core.webhooks.services.secrets import Minted
from core.work import wake
from core.work.models import State

Require = Callable[[Endpoint], None]


class UnknownEventType(Refusal):
    """A type is not in the catalogue of events, or `*` stands beside others."""

    code = "UNKNOWN_EVENT_TYPE"
    title = "There is no such type of event"


class TooManyEndpoints(Refusal):
    """The account has as many endpoints in this mode as it may have."""

    code = "TOO_MANY_WEBHOOK_ENDPOINTS"
    status = 409
    title = "No further webhook endpoint can be opened"


def create(
    *,
    url: str,
    types: Sequence[str],
    description: str,
    account: str,
    livemode: bool,
    secret: Minted,
    actor: Actor,
    now: datetime,
) -> Endpoint:
    """Raises UnusableUrl, UnknownEventType, TooManyEndpoints. `secret` was minted before."""
    destinations.read(url, policy(livemode=livemode, at=now))
    wanted = _require_known(types)
    with transaction.atomic():
        _require_room(account, livemode=livemode, now=now)
        endpoint = Endpoint.objects.create(
            public_id=ids.prefixed("whk", now),
            account=account,
            livemode=livemode,
            url=url,
            description=description,
            types=wanted,
            created_by=str(actor),
            created_at=now,
            updated_at=now,
        )
        secrets.install(endpoint=endpoint, minted=secret, now=now)
        audit.record(
            actor=actor, action="webhooks.endpoint.created", subject=endpoint.public_id, at=now,
            details={"url": url, "types": wanted, "livemode": livemode, "account": account},
        )  # fmt: skip
    return endpoint


def change(
    *,
    endpoint_id: str,
    actor: Actor,
    now: datetime,
    url: str | None = None,
    types: Sequence[str] | None = None,
    description: str | None = None,
    status: EndpointStatus | None = None,
    require_unchanged: Require = lambda _endpoint: None,
) -> Endpoint:
    """What is None stays. Another URL begins with a clean record; `status` disables or enables.

    `require_unchanged` looks at the locked endpoint and may refuse. Raises as `create`, and EndpointNotFound.
    """
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        require_unchanged(endpoint)
        before = {"url": endpoint.url, "types": endpoint.types, "description": endpoint.description}
        if url is not None and url != endpoint.url:
            destinations.read(url, policy(livemode=endpoint.livemode, at=now))
            endpoint.url = url
            _forgive(endpoint)
        if types is not None:
            endpoint.types = _require_known(types)
        if description is not None:
            endpoint.description = description
        after = {"url": endpoint.url, "types": endpoint.types, "description": endpoint.description}
        if after != before:
            endpoint.updated_at = now
            endpoint.save()
            audit.record(
                actor=actor, action="webhooks.endpoint.changed", subject=endpoint.public_id, at=now,
                details={"before": before, "after": after},
            )  # fmt: skip
        if status == EndpointStatus.DISABLED:
            return disable(endpoint_id=endpoint_id, actor=actor, now=now)
        if status == EndpointStatus.ENABLED:
            return enable(endpoint_id=endpoint_id, actor=actor, now=now)
    return endpoint


def disable(*, endpoint_id: str, actor: Actor, now: datetime) -> Endpoint:
    """Send nothing there; what waits goes on waiting. A second time changes nothing. Raises EndpointNotFound."""
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if endpoint.status == EndpointStatus.ENABLED:
            close(endpoint, because=DisabledBecause.ASKED, actor=actor, now=now)
    return endpoint


def enable(*, endpoint_id: str, actor: Actor, now: datetime) -> Endpoint:
    """Send again, also what waited meanwhile. A second time changes nothing. Raises EndpointNotFound."""
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        if endpoint.status == EndpointStatus.DISABLED:
            endpoint.status, endpoint.disabled_because, endpoint.disabled_at = EndpointStatus.ENABLED, "", None
            endpoint.updated_at = now
            _forgive(endpoint)
            endpoint.save()
            Delivery.objects.filter(endpoint=endpoint, state=State.DUE, due_at__gt=now).update(due_at=now)
            audit.record(actor=actor, action="webhooks.endpoint.enabled", subject=endpoint.public_id, at=now)
            wake.after_commit("webhooks")
    return endpoint


def rotate(*, endpoint_id: str, secret: Minted, actor: Actor, now: datetime) -> Endpoint:
    """A new secret; the old one signs beside it until the overlap is over. Raises EndpointNotFound."""
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        secrets.install(endpoint=endpoint, minted=secret, now=now)
        audit.record(
            actor=actor, action="webhooks.endpoint.secret_rotated", subject=endpoint.public_id, at=now,
            details={"secret_id": secret.public_id},
        )  # fmt: skip
    return endpoint


def delete(
    *, endpoint_id: str, actor: Actor, now: datetime, require_unchanged: Require = lambda _endpoint: None
) -> Endpoint:
    """For good: its secrets are erased and what waits has failed. The log stays its time. Raises EndpointNotFound."""
    with transaction.atomic():
        endpoint = _locked(endpoint_id)
        require_unchanged(endpoint)
        endpoint.status, endpoint.disabled_because, endpoint.disabled_at = EndpointStatus.DELETED, "", None
        endpoint.updated_at = now
        endpoint.save()
        secrets.forget(endpoint=endpoint)
        ended = Delivery.objects.filter(endpoint=endpoint, state=State.DUE)
        ended.update(state=State.PARKED, last_error="the endpoint was deleted")
        audit.record(actor=actor, action="webhooks.endpoint.deleted", subject=endpoint.public_id, at=now)
    return endpoint


def close(endpoint: Endpoint, *, because: DisabledBecause, now: datetime, actor: Actor = SYSTEM) -> None:
    """Disable an endpoint whose row the caller holds in an open transaction; audited and published."""
    endpoint.status, endpoint.disabled_because, endpoint.disabled_at = EndpointStatus.DISABLED, because, now
    endpoint.updated_at = now
    endpoint.save()
    audit.record(
        actor=actor, action="webhooks.endpoint.disabled", subject=endpoint.public_id, at=now,
        details={"because": str(because), "failures": endpoint.failures},
    )  # fmt: skip
    outbox.publish(
        EndpointDisabled(
            endpoint_id=endpoint.public_id,
            account=endpoint.account,
            because=str(because),
            livemode=endpoint.livemode,
            disabled_at=now,
        )
    )


def _forgive(endpoint: Endpoint) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None


def _locked(endpoint_id: str) -> Endpoint:
    living = Endpoint.objects.exclude(status=EndpointStatus.DELETED)
    endpoint = living.select_for_update(no_key=True).filter(public_id=endpoint_id).first()
    if endpoint is None:
        raise EndpointNotFound
    return endpoint


def _require_known(types: Sequence[str]) -> list[str]:
    wanted = sorted(set(types))
    known = wanted == [EVERYTHING] or (wanted and all(map(catalogue.is_known, wanted)))
    if not known:
        reason = "Name types of the catalogue of events, or * alone."
        raise UnknownEventType(reason, errors=(FieldError("/events", reason),))
    return wanted


def _require_room(account: str, *, livemode: bool, now: datetime) -> None:
    most = parameters.read("webhooks.max_endpoints", at=now)
    living = Endpoint.objects.filter(account=account, livemode=livemode).exclude(status=EndpointStatus.DELETED)
    if living.count() >= most:
        raise TooManyEndpoints(f"An account has at most {most} webhook endpoints in each mode.")
