"""Which acts this program knows. Filled at start by `approvals.py` of the apps."""

from core.approvals.actions import Action
from core.errors import Refusal


class UnknownAction(Refusal):
    """A request names an act that no app declares: it can be read and withdrawn, never signed."""

    code = "UNKNOWN_APPROVAL_ACTION"
    status = 409
    title = "No app declares such an act"


class DeclaredTwice(Exception):
    """Two apps declare acts of one name."""


_actions: dict[str, Action] = {}


def register(action: Action) -> None:
    """Called at import of an app's `approvals.py`. Raises DeclaredTwice."""
    known = _actions.get(action.name)
    if known is not None and type(known).__qualname__ != type(action).__qualname__:
        raise DeclaredTwice(action.name)
    _actions[action.name] = action


def get(name: str) -> Action:
    """Raises UnknownAction."""
    if name not in _actions:
        raise UnknownAction(f"no act is named {name}")
    return _actions[name]


def find(name: str) -> Action | None:
    return _actions.get(name)


def registered() -> list[Action]:
    return sorted(_actions.values(), key=lambda action: action.name)
