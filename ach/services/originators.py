"""Originators: our company as one bank knows it. One of test data is shipped; live ones are entered by people."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import transaction

from ach.enums import TransportKind
from ach.models import Originator
from ach.nacha import text
from ach.nacha.problems import NachaError
from ach.nacha.routing import require_acceptable
from core import ids
from core.actors import Actor
from core.audit import services as audit
from core.errors import FieldError, Refusal

SHIPPED_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SHIPPED_ID = "org_test"
_DESTINATION = re.compile(r"^ [0-9]{9}\Z", re.ASCII)
_COMPANY_ID = re.compile(r"^[0-9A-Z][0-9A-Z ]{0,9}\Z", re.ASCII)
_TEXTS = (("name", 16), ("destination_name", 23), ("origin_name", 23), ("origin", 10))
# What names a secret has no place in a row.
_SECRET = re.compile(r"password|passphrase|private|secret|token", re.IGNORECASE)


class OriginatorNotFound(Refusal):
    code: ClassVar[str] = "ACH_ORIGINATOR_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such originator"


class InvalidOriginator(Refusal):
    code: ClassVar[str] = "INVALID_ORIGINATOR"
    title: ClassVar[str] = "Invalid originator"


@dataclass(frozen=True, slots=True)
class NewOriginator:
    """As the bank's agreement names it. `settings` are addresses, folders and fingerprints, never a secret."""

    name: str
    company_id: str
    odfi_routing: str
    destination: str
    destination_name: str
    origin: str
    origin_name: str
    transport: str
    settings: dict[str, Any] = field(default_factory=dict)
    is_default: bool = True


def default(*, livemode: bool) -> Originator:
    """The one that entries go by where nobody names another. Raises OriginatorNotFound."""
    found = Originator.objects.filter(livemode=livemode, is_default=True, closed_at=None).first()
    if found is None:
        raise OriginatorNotFound(f"no originator of {'live' if livemode else 'test'} data is entered")
    return found


def get(originator_id: str) -> Originator:
    """Raises OriginatorNotFound."""
    found = Originator.objects.filter(public_id=originator_id).first()
    if found is None:
        raise OriginatorNotFound(f"no originator is named {originator_id[:40]}")
    return found


def enter(*, new: NewOriginator, livemode: bool, actor: Actor, now: datetime) -> Originator:
    """A default one takes the place of the default there is. Raises InvalidOriginator naming the fields."""
    require_valid(new, livemode=livemode)
    with transaction.atomic():
        same = Originator.objects.filter(livemode=livemode, company_id=new.company_id, odfi_routing=new.odfi_routing)
        if same.exists():
            reason = "is entered at this bank already"
            raise InvalidOriginator(f"company_id {reason}", errors=(FieldError("/company_id", reason),))
        if new.is_default:
            before = Originator.objects.select_for_update(no_key=True).filter(livemode=livemode, is_default=True)
            Originator.objects.filter(pk__in=[each.pk for each in before]).update(is_default=False)
        originator = Originator.objects.create(
            public_id=ids.prefixed("org", now), livemode=livemode, name=new.name, company_id=new.company_id,
            odfi_routing=new.odfi_routing, destination=new.destination, destination_name=new.destination_name,
            origin=new.origin, origin_name=new.origin_name, transport=new.transport, settings=new.settings,
            is_default=new.is_default, created_at=now,
        )  # fmt: skip
        audit.record(
            actor=actor, action="ach.originator.entered", subject=originator.public_id, at=now,
            details={"livemode": livemode, "company_id": new.company_id, "transport": new.transport},
        )  # fmt: skip
    return originator


def require_valid(new: NewOriginator, *, livemode: bool) -> None:
    """Raises InvalidOriginator with every reason."""
    errors = []
    for name, width in _TEXTS:
        value = getattr(new, name)
        if not value.strip(" 0") or (value != text.fit(value, width) and name != "origin") or len(value) > width:
            errors.append(FieldError(f"/{name}", f"must be 1 to {width} printable characters"))
    try:
        require_acceptable(new.odfi_routing)
    except NachaError as refused:
        errors.append(FieldError("/odfi_routing", refused.message))
    if not _DESTINATION.match(new.destination):
        errors.append(FieldError("/destination", "must be a blank and nine digits"))
    if not _COMPANY_ID.match(new.company_id) or not new.company_id.strip("0 "):
        errors.append(FieldError("/company_id", "must be 1 to 10 digits and capitals"))
    if new.transport not in TransportKind.values:
        errors.append(FieldError("/transport", f"must be one of {', '.join(TransportKind.values)}"))
    elif livemode and new.transport == TransportKind.SANDBOX:
        errors.append(FieldError("/transport", "the sandbox bank moves no live money"))
    if any(_SECRET.search(key) for key in new.settings):
        errors.append(FieldError("/settings", "holds a secret: it belongs in the environment"))
    if errors:
        raise InvalidOriginator("; ".join(f"{e.pointer[1:]} {e.reason}" for e in errors), errors=tuple(errors))


def install_shipped() -> None:
    """The originator of test data, at the sandbox bank, where test data has none; run after every migrate."""
    if Originator.objects.filter(livemode=False).exists():
        return
    Originator.objects.bulk_create(
        [
            Originator(
                public_id=SHIPPED_ID, livemode=False, name="HOLDFAST TEST", company_id="9000000017",
                odfi_routing="123456780", destination=" 123456780", destination_name="SANDBOX BANK",
                origin="9000000017", origin_name="HOLDFAST TEST", transport=TransportKind.SANDBOX, is_default=True,
                created_at=SHIPPED_SINCE,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
