from datetime import timedelta

import pytest

from core import clock
from core.parameters import services as parameters

pytestmark = pytest.mark.django_db


def test_a_later_value_takes_over_at_its_date() -> None:
    parameters.declare("tests.limit", 10, unit="payments", meaning="a limit")
    now = clock.now()
    parameters.change(
        name="tests.limit",
        value=20,
        effective_from=now + timedelta(days=1),
        reason="more",
        actor="t",
        now=now,
    )
    assert parameters.read("tests.limit", at=now) == 10
    assert parameters.read("tests.limit", at=now + timedelta(days=1)) == 20
