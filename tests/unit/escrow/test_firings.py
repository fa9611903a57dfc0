"""Every kind of timer is fired by exactly one function."""

import pytest

from escrow.enums import TimerKind
from escrow.lateness import in_words
from escrow.services import firing
from escrow.services.firings import registry


def test_whoever_fires_knows_every_kind() -> None:
    assert firing.fire_due
    assert set(registry._declared) == set(TimerKind.values)
    assert {kind for kind in TimerKind.values if registry.needs_payment(kind)} == {"AUTO_REFUND", "AUTO_RESOLUTION"}


def test_a_kind_is_declared_once() -> None:
    with pytest.raises(registry.DeclaredTwice):
        registry.fires(TimerKind.WARNING)(lambda escrow, timer, *, now: "")
    with pytest.raises(registry.NobodyFires):
        registry.get("TEA_TIME")


@pytest.mark.parametrize(("hours", "words"), [(0, ""), (0.5, "30 min"), (24, "1 d"), (26.25, "1 d 2 h"), (3, "3 h")])
def test_lateness_in_words(hours: float, words: str) -> None:
    from datetime import timedelta

    assert in_words(timedelta(hours=hours)) == words
