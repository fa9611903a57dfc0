"""Staff accounts for tests, and browsers in which they are signed in."""

import itertools
from dataclasses import dataclass

from django.conf import settings
from django.contrib import auth
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from core.actors import SYSTEM
from core.staff import presence
from core.staff.models import User
from core.staff.services import authenticators, people

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """An account with everything that opens it: `secret` is the authenticator's, in base 32."""

    user: User
    password: str
    secret: str


def person(*roles: str, email: str = "", full_name: str = "Robin Example", enrolled: bool = True) -> Person:
    """An account with these roles; the password need not be changed."""
    now = presence.present()
    issued = people.create(
        email=email or f"robin{next(_numbers)}@holdfast.example",
        full_name=full_name,
        roles=roles,
        must_change_password=False,
        actor=SYSTEM,
        now=now,
    )
    secret = authenticators.provision(user=issued.user, now=now) if enrolled else ""
    return Person(issued.user, issued.password, secret)


def signed_in(*roles: str, email: str = "", full_name: str = "Robin Example") -> Client:
    """A test client in which a person with these roles has given both factors: `signed_in("FRAUD_ANALYST").get(…)`."""
    client = Client()
    sign_in(client, person(*roles, email=email, full_name=full_name).user)
    return client


def sign_in(client: Client, user: User) -> None:
    """What a complete sign-in leaves in the session, without the forms."""
    client.force_login(user, backend="core.staff.backends.StaffBackend")
    authenticator = authenticators.find(user)
    assert authenticator is not None
    now = presence.present().timestamp()
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = authenticator.persistent_id
    session[presence.SIGNED_IN_AT] = session[presence.SEEN_AT] = session[presence.PROVED_AT] = now
    session.save()
    assert session[auth.SESSION_KEY]
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
