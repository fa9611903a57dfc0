"""Escrows that wait for signatures: agreed, paid for by the bank (no time lock), their one condition met."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from compliance.models import Party
from core.actors import Actor
from core.approvals.models import ApprovalRequest
from core.approvals.selectors import get
from escrow.models import Escrow
from escrow.parameters import DEFAULT_TERMS
from escrow.services import agreements, conditions, funding, releases
from escrow.services.agreements import EscrowOrder
from escrow.services.releases import Asked

TREASURER = Actor("STAFF", "treasury@holdfast.example", frozenset({"TREASURY"}))
BACKEND = Actor("API_KEY", "key_test", frozenset({"escrows:write", "escrows:fund"}))
PAYER, PAYEE = "cus_marketa", "prov_lumen"
KNOWN_FOR = timedelta(days=400)


def party(party_id: str, *, known_for: timedelta = KNOWN_FOR, **fields: Any) -> Party:
    since = timezone.now() - known_for - timedelta(hours=1)
    kind = "CUSTOMER" if party_id.startswith("cus_") else "PROVIDER"
    wanted = {"party_id": party_id, "livemode": False, "type": kind, "created_at": since, "updated_at": since}
    return Party.objects.create(**wanted | fields)


def terms(*, approvers: Sequence[str] = (), manual: bool = False, least: int = 1, **blocks: Mapping[str, Any]) -> dict:
    """The default terms with other approvers; `blocks` are merged into theirs (`releaseConditions={…}`)."""
    document = {name: dict(block) if isinstance(block, dict) else block for name, block in DEFAULT_TERMS.items()}
    document["releaseConditions"] |= {
        "approverUserIds": list(approvers), "requiresManualApproval": manual, "minimumApprovalsRequired": least,
    }  # fmt: skip
    for name, block in blocks.items():
        document[name] |= block
    return document


def funded(
    amount_minor: int, *, document: Mapping[str, Any] | None = None, payee_known_for: timedelta = KNOWN_FOR,
    now: datetime | None = None, met: bool = True,
) -> Escrow:  # fmt: skip
    """A new escrow of the two parties, which are made where they are not there."""
    at = now or timezone.now()
    for party_id, known_for in ((PAYER, KNOWN_FOR), (PAYEE, payee_known_for)):
        if not Party.objects.filter(party_id=party_id, livemode=False).exists():
            party(party_id, known_for=known_for)
    order = EscrowOrder(PAYER, PAYEE, amount_minor, "USD", document or terms())
    escrow = agreements.create(order, livemode=False, actor=BACKEND, now=at)
    funding.fund_by_bank(escrow_id=escrow.public_id, livemode=False, reference="wire 7", actor=BACKEND, now=at)
    if met:
        conditions.satisfy(
            escrow_id=escrow.public_id, condition_id="service_completed", livemode=False, by=PAYER,
            evidence=[{"name": "photos.zip", "sha256": "ab" * 32}], actor=BACKEND, now=at,
        )  # fmt: skip
    return Escrow.objects.select_related("payer", "payee").get(pk=escrow.pk)


def asked(escrow: Escrow, *, actor: Actor = TREASURER, **wanted: Any) -> Asked:
    return releases.release(
        escrow_id=escrow.public_id, livemode=False, actor=actor, reason="Delivered", now=timezone.now(), **wanted
    )


def request_of(found: Asked) -> ApprovalRequest:
    return get(found.request_id)
