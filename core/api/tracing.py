"""The id of the request being answered."""

from importlib import import_module
from importlib.util import find_spec


def request_id() -> str | None:
    if find_spec("core.telemetry.context") is None:
        return None
    found: str | None = import_module("core.telemetry.context").request_id()
    return found
