"""A browser in a few words, as it is kept with a signature."""

import hashlib
import re

from django.http import HttpRequest

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Version", "Safari"))
_SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "CrOS", "Linux")


def of(request: HttpRequest) -> str:
    """`Firefox 133 on Linux, session 1f3a9c`. The session's own key stays secret."""
    agent = request.headers.get("User-Agent", "")
    session = hashlib.sha256((request.session.session_key or "").encode()).hexdigest()[:6]
    return f"{_in_short(agent)}, session {session}"


def _in_short(agent: str) -> str:
    browser = next(
        (f"{name} {found[1]}" for word, name in _BROWSERS if (found := re.search(rf"{word}/(\d{{1,4}})", agent))), ""
    )
    system = next((name for name in _SYSTEMS if name in agent), "")
    return " on ".join(part for part in (browser, system) if part) or "unknown browser"
