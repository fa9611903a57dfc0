"""Reads of transfers. A key of one mode never sees the other mode's rows."""

from typing import ClassVar

from django.db.models import QuerySet

from core.audit import selectors as audit
from core.errors import Refusal
from payments.answers import TrailEntry
from payments.models import Transfer
from payments.services.transfer_checks import PREFIX

_RESULTS = {"SUCCESS": "PASS", "FAILURE": "FAIL", "DENIED": "FAIL"}


class TransferNotFound(Refusal):
    code: ClassVar[str] = "TRANSFER_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such transfer"


def list_in_mode(*, livemode: bool) -> QuerySet[Transfer]:
    return _whole().filter(livemode=livemode)


def get(transfer_id: str, *, livemode: bool | None = None) -> Transfer:
    """With parties and accounts. Raises TransferNotFound, also for one of the other mode."""
    found = _in_mode(livemode).filter(public_id=transfer_id).first()
    if found is None:
        raise TransferNotFound(f"no transfer is named {transfer_id[:32]}")
    return found


def lock(transfer_id: str, *, livemode: bool | None = None) -> Transfer:
    """As `get`, and the row is the caller's until its transaction ends."""
    rows = _in_mode(livemode).select_for_update(of=("self",), no_key=True)
    found = rows.filter(public_id=transfer_id).first()
    if found is None:
        raise TransferNotFound(f"no transfer is named {transfer_id[:32]}")
    return found


def trail(transfer: Transfer) -> list[TrailEntry]:
    """The documented `auditTrail`, oldest first: results in its words, checks under their documented names."""
    return [
        TrailEntry(
            entry.recorded_at,
            entry.action.removeprefix(PREFIX),
            str(entry.facts.get("outcome") or _RESULTS.get(entry.result, entry.result)),
            entry.facts,
            entry.correlation_id,
        )
        for entry in audit.list_for_subject(transfer.public_id)
    ]


def _in_mode(livemode: bool | None) -> QuerySet[Transfer]:
    return _whole() if livemode is None else _whole().filter(livemode=livemode)


def _whole() -> QuerySet[Transfer]:
    return Transfer.objects.select_related("customer", "payer", "payee", "from_account", "to_account").defer(
        "from_account__sealed", "to_account__sealed"
    )
