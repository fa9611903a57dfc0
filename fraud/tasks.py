"""Work that comes due by itself."""

from datetime import datetime
from typing import Any

from core.work import services as work
from fraud.services import cases


@work.performs(cases.DEADLINE_WORK)
def decline_undecided_case(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the work's shape)
    cases.decline_overdue(case_id=key, now=now)
