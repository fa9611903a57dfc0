"""A browser in a few words, and by what it is known again, as both are kept with a signature."""

import hashlib
import re
from typing import NamedTuple, Protocol

from django.conf import settings
from django.http import HttpRequest

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Version", "Safari"))
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "CrOS", "Linux")


class Marked(Protocol):
    """A signature, as far as the hands that gave it go."""

    session_digest: str
    browser_digest: str


class Hands(NamedTuple):
    """SHA-256 of the session's key and of the token the browser keeps over all sign-ins; empty where there is none."""

    session: str = ""
    browser: str = ""

    def were_used(self, signature: Marked) -> bool:
        same_session = bool(self.session) and self.session == signature.session_digest
        return same_session or (bool(self.browser) and self.browser == signature.browser_digest)


UNKNOWN_HANDS = Hands()


def of(request: HttpRequest) -> str:
    """`Firefox 133 on Linux, session 1f3a9c`. The session's own key stays secret."""
    agent = request.headers.get("User-Agent", "")
    return f"{_in_short(agent)}, session {_digest(request.session.session_key or '')[:6]}"


def hands(request: HttpRequest) -> Hands:
    session, browser = request.session.session_key, request.COOKIES.get(settings.HOLDFAST_DEVICE_COOKIE)
    return Hands(_digest(session) if session else "", _digest(browser) if browser else "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _in_short(agent: str) -> str:
    browser = next(
        (f"{name} {found[1]}" for word, name in _BROWSERS if (found := re.search(rf"{word}/(\d{{1,4}})", agent))), ""
    )
    system = next((name for name in _SYSTEMS if name in agent), "")
    return " on ".join(part for part in (browser, system) if part) or "unknown browser"
