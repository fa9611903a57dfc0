"""Scans of dumps, logs and queues for what must not be there."""

from collections.abc import Iterable, Mapping

from core.telemetry import redaction


def find_card_numbers(text: str) -> list[str]:
    """Every card number in a text, masked (`424242******4242`), so that a failing test does not print one."""
    return [found.masked for found in redaction.find_cards(text)]


def find_secrets(text: str, known: Mapping[str, str | Iterable[str]]) -> list[str]:
    """The names of the known secrets that occur, plainly or as hexadecimal: `{"card": "4242…"}`."""
    found = []
    lower = text.lower()
    for name, value in known.items():
        for secret in [value] if isinstance(value, str) else value:
            if secret.lower() in lower or secret.encode().hex() in lower:
                found.append(name)
                break
    return found
