"""What a user's standing allows. Pure, but for the dated parameter."""

import re
from datetime import datetime
from typing import Any

from core.oidc.enums import Standing
from core.parameters import services as parameters

PARAMETER = "oidc.scopes"
NEVER = frozenset({"card-tokens:reveal"})
"""Scopes of no user, whatever the parameter says: nobody sees a card number with a token from outside."""
_SCOPE = re.compile(r"[a-z][a-z_-]*:[a-z][a-z_-]*", re.ASCII)


def granted(standing: Standing, *, at: datetime) -> frozenset[str]:
    named: list[str] = parameters.read(PARAMETER, at=at).get(standing.value, [])
    return frozenset(named) - NEVER


def objection(value: Any) -> str | None:
    """Why this cannot be the table of scopes, or None."""
    if set(value) != set(Standing.values):
        return f"has one list for each of {', '.join(Standing.values)}"
    for scopes in value.values():
        if not isinstance(scopes, list) or not all(isinstance(each, str) and _SCOPE.fullmatch(each) for each in scopes):
            return "holds lists of scopes like payments:read"
        if NEVER & set(scopes):
            return f"never holds {', '.join(sorted(NEVER))}"
    return None
