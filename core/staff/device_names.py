"""A browser in words, from what it says of itself: enough to recognise one's own, never a proof of anything."""

import re

LONGEST = 80
_BROWSERS = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"OPR/(\d+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"(?:HeadlessChrome|Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+)[\d.]* .*Safari/")),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("Linux", "Linux"),
)


def words(user_agent: str) -> str:
    """`Firefox 140 on Linux`; what is not recognised is an unknown browser or system."""
    browser = next(
        (f"{name} {found[1]}" for name, pattern in _BROWSERS if (found := pattern.search(user_agent))),
        "Unknown browser",
    )
    system = next((name for name, mark in _SYSTEMS if mark in user_agent), "an unknown system")
    return f"{browser} on {system}"[:LONGEST]
