"""Live keys as people get them: asked for by one, signed by another, collected by the first."""

from datetime import timedelta

from django.utils import timezone

from core.api import approvals, live_keys, rights
from core.api.models import ApiKey, KeyKind
from core.approvals.models import ApprovalRequest
from tests.factories import staff
from tests.factories.approvals import signed


def asked(
    integrator: staff.Person,
    *scopes: str,
    kind: str = KeyKind.RESTRICTED,
    networks: tuple[str, ...] = (),
    days: int = 90,
) -> ApprovalRequest:
    """A request for a live key that nobody has signed."""
    now = timezone.now()
    wanted = rights.wanted(
        kind=kind, livemode=True, scopes=scopes, networks=networks, expires_at=now + timedelta(days=days), now=now
    )
    return approvals.ask_to_issue(
        name="shop", kind=kind, wanted=wanted, reason="The shop goes live", actor=integrator.user.actor(), now=now
    )


def issued(
    integrator: staff.Person, officer: staff.Person, *scopes: str, networks: tuple[str, ...] = (), days: int = 90
) -> ApiKey:
    """A live key whose secret waits for the integrator."""
    request = signed(asked(integrator, *scopes, networks=networks, days=days), officer)
    return ApiKey.objects.get(public_id=request.subject)


def collected(
    integrator: staff.Person, officer: staff.Person, *scopes: str, networks: tuple[str, ...] = (), days: int = 90
) -> tuple[ApiKey, str]:
    """A live key and its secret."""
    key = issued(integrator, officer, *scopes, networks=networks, days=days)
    return live_keys.collect(key_id=key.public_id, actor=integrator.user.actor(), now=timezone.now())
