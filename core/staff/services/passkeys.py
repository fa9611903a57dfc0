"""Passkeys: a second factor bound to this site and to the person's finger, face or PIN, so that nobody can phish it.

They stand in for the authenticator's code at sign-in. Attestation is not asked for: which make of key a person buys is
their affair. Nothing here asks a network.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import webauthn
from django.db import IntegrityError, transaction
from webauthn.helpers import exceptions, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.audit import services as audit
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.staff.models import Passkey, User

SITE_NAME = "Holdfast"
MOST = 10
LONGEST_NAME = 60


class PasskeyRefused(Refusal):
    """The browser's answer proves nothing: another challenge, site or person, no user verification, a copied key."""

    code = "PASSKEY_REFUSED"
    status = 400
    title = "The passkey was not accepted"


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser is: `host` without port (the relying party's id), `origin` with scheme and port."""

    host: str
    origin: str


def list_for(user: User) -> list[Passkey]:
    return list(Passkey.objects.filter(user=user).order_by("pk"))


def registration_options(*, user: User, site: Site, challenge: bytes) -> dict[str, Any]:
    """What the browser is asked to make: for this person, not discoverable, never without user verification."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=SITE_NAME,
        user_id=f"staff:{user.pk}".encode(),
        user_name=user.email,
        user_display_name=str(user),
        challenge=challenge,
        exclude_credentials=_descriptors(user),
        authenticator_selection=AuthenticatorSelectionCriteria(
            # The password comes first, so the site names the keys; a security key's few slots stay free.
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    answer: dict[str, Any] = json.loads(options_to_json(options))
    return answer


def register(
    *, user: User, name: str, answer: str, site: Site, challenge: bytes, origin: str, now: datetime
) -> Passkey:
    """Keep a new passkey. `answer` is the browser's JSON. Raises PasskeyRefused."""
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (exceptions.WebAuthnException, ValueError) as error:
        raise PasskeyRefused from error
    with transaction.atomic():
        locked = User.objects.select_for_update().get(pk=user.pk)
        if Passkey.objects.filter(user=locked).count() >= MOST:
            raise PasskeyRefused(f"A person has at most {MOST} passkeys.")
        passkey = _insert(
            user=locked,
            name=name.strip()[:LONGEST_NAME] or "Passkey",
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            created_at=now,
        )
        _record(locked, "registered", passkey, origin, now)
    return passkey


def authentication_options(*, user: User, site: Site, challenge: bytes) -> dict[str, Any]:
    """What the browser is asked to sign, by one of this person's passkeys."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        allow_credentials=_descriptors(user),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    answer: dict[str, Any] = json.loads(options_to_json(options))
    return answer


def verify(*, user: User, answer: str, site: Site, challenge: bytes, now: datetime) -> bool:
    """Whether one of the person's passkeys signed this challenge on this site, with user verification.

    The counter is compared and moved under the row lock: of a key and its copy one is found out.
    """
    credential_id = _credential_id(answer)
    with transaction.atomic():
        passkey = Passkey.objects.select_for_update().filter(user=user, credential_id=credential_id).first()
        if passkey is None:
            return False
        try:
            verified = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=bytes(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (exceptions.WebAuthnException, ValueError):
            return False
        passkey.sign_count, passkey.last_used_at = verified.new_sign_count, now
        passkey.save(update_fields=["sign_count", "last_used_at"])
    return True


def remove(*, user: User, passkey_id: int, origin: str, now: datetime) -> None:
    """Raises PasskeyRefused for one that is not the person's."""
    with transaction.atomic():
        passkey = Passkey.objects.select_for_update().filter(user=user, pk=passkey_id).first()
        if passkey is None:
            raise PasskeyRefused("You have no such passkey.")
        _record(user, "removed", passkey, origin, now)
        passkey.delete()


def forget(*, user: User) -> None:
    Passkey.objects.filter(user=user).delete()


def _insert(**columns: Any) -> Passkey:
    try:
        with transaction.atomic():
            passkey: Passkey = Passkey.objects.create(**columns)
            return passkey
    except IntegrityError as error:
        if refusal_name(error) == "passkey_belongs_to_one_person":
            raise PasskeyRefused("This passkey is known already.") from None
        raise


def _descriptors(user: User) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=bytes(passkey.credential_id)) for passkey in list_for(user)]


def _credential_id(answer: str) -> bytes:
    """The id the browser says it used; empty when the answer is no answer."""
    try:
        text = json.loads(answer)["id"]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, KeyError, TypeError, binascii.Error):
        return b""


def _record(user: User, what: str, passkey: Passkey, origin: str, now: datetime) -> None:
    audit.record(
        actor=user.actor(), action=f"staff.passkey.{what}", subject=user.email, at=now, origin=origin,
        details={"name": passkey.name},
    )  # fmt: skip
