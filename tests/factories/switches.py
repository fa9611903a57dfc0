"""Switches that were opened again."""

import itertools
from datetime import datetime
from typing import Any

from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.models import SwitchTurn

_numbers = itertools.count(1)


def opened(*, switch: Switch, reason: str, actor: Any, now: datetime, **different: Any) -> SwitchTurn:
    return switches.turn_open(
        switch=switch,
        reason=reason,
        actor=actor,
        now=now,
        **{"scope": "", "owner": "", "expires_at": None, "approval_id": f"apr_{next(_numbers)}", **different},
    )
