"""Say which party a user is, and take it back."""

import re
from datetime import datetime

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.database.refusals import refusal_name
from core.errors import FieldError, Refusal
from core.oidc import issuers
from core.oidc.models import UserLink

# Letters, digits and the separators that issuers put into a `sub`. No @: an e-mail address is not a name to audit by.
SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9|._:~+=\-]{0,79}", re.ASCII)


class UnableToLink(Refusal):
    """The user cannot be linked to this party: unknown issuer, another mode, a malformed subject."""

    code = "INVALID_USER_LINK"
    title = "The user cannot be linked"


class UserIsLinked(Refusal):
    """The user is another party already; end that link first."""

    code = "USER_ALREADY_LINKED"
    status = 409
    title = "The user is linked to another party"


class LinkNotFound(Refusal):
    """This user is not linked to this party."""

    code = "USER_LINK_NOT_FOUND"
    status = 404
    title = "No such link"


def link(*, issuer_code: str, subject: str, party_id: str, livemode: bool, actor: Actor, now: datetime) -> UserLink:
    """The user acts as this party from now on; linked to it already, nothing changes.

    Raises UnableToLink, UserIsLinked. That the party exists is the caller's to know.
    """
    issuer = issuers.find_by_code(issuer_code, at=now)
    if issuer is None or issuer.livemode != livemode:
        raise UnableToLink(errors=(FieldError("/issuer", "is no accepted issuer of this mode"),))
    if not SUBJECT.fullmatch(subject):
        raise UnableToLink(errors=(FieldError("/subject", "is not a subject that tokens may carry"),))
    wanted = UserLink(
        issuer_code=issuer_code,
        subject=subject,
        livemode=livemode,
        party_id=party_id,
        linked_at=now,
        linked_by=str(actor),
    )
    try:
        with transaction.atomic():
            wanted.save(force_insert=True)
            _record(wanted, "oidc.user.linked", actor=actor, now=now)
    except IntegrityError as error:
        if refusal_name(error) != "user_is_one_party_at_a_time":
            raise
        return _same(wanted)
    return wanted


def unlink(*, issuer_code: str, subject: str, party_id: str, livemode: bool, actor: Actor, now: datetime) -> UserLink:
    """The user's next request finds no party. Raises LinkNotFound."""
    with transaction.atomic():
        row = (
            UserLink.objects.select_for_update()
            .filter(issuer_code=issuer_code, subject=subject, party_id=party_id, livemode=livemode, ended_at=None)
            .first()
        )
        if row is None:
            raise LinkNotFound
        row.ended_at, row.ended_by = now, str(actor)
        row.save(update_fields=["ended_at", "ended_by"])
        _record(row, "oidc.user.unlinked", actor=actor, now=now)
    return row


def find_party(*, issuer_code: str, subject: str) -> str | None:
    """The id of the party a user is linked to."""
    found = UserLink.objects.filter(issuer_code=issuer_code, subject=subject, ended_at=None)
    return found.values_list("party_id", flat=True).first()


def list_for_party(*, party_id: str, livemode: bool, limit: int = 100) -> list[UserLink]:
    """Those in force and those ended, newest first."""
    return list(UserLink.objects.filter(livemode=livemode, party_id=party_id).order_by("-linked_at", "-pk")[:limit])


def _same(wanted: UserLink) -> UserLink:
    known = UserLink.objects.filter(issuer_code=wanted.issuer_code, subject=wanted.subject, ended_at=None).first()
    if known is None or known.party_id != wanted.party_id:
        raise UserIsLinked
    return known


def _record(row: UserLink, action: str, *, actor: Actor, now: datetime) -> None:
    details: dict[str, JSON] = {"issuer": row.issuer_code, "subject": row.subject, "livemode": row.livemode}
    audit.record(actor=actor, action=action, subject=row.party_id, at=now, details=details)
