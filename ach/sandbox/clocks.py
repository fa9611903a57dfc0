"""The hours of the sandbox bank under the configuration in force at a moment."""

from datetime import datetime, time, timedelta

from ach.parameters import number
from ach.sandbox.moments import Hours
from core.parameters import services as parameters


def hours(at: datetime) -> Hours:
    return Hours(
        returns_at=time.fromisoformat(str(parameters.read("ach.sandbox_returns_at", at=at))),
        acknowledges=timedelta(minutes=number("sandbox_acknowledges_minutes", at)),
        operator=timedelta(minutes=number("sandbox_operator_minutes", at)),
    )
