import itertools

import pytest

from payments import states
from payments.enums import PaymentStatus
from payments.states import Transition

LEGAL = {
    ("PENDING", "SUBMIT"): "PROCESSING",
    ("PENDING", "REFUSE"): "FAILED",
    ("PROCESSING", "HOLD"): "PENDING",
    ("PROCESSING", "COMPLETE"): "COMPLETED",
    ("PROCESSING", "FAIL"): "FAILED",
    ("PROCESSING", "CANCEL"): "CANCELLED",
}


@pytest.mark.parametrize(("status", "transition"), [*itertools.product(PaymentStatus, Transition)])
def test_every_pair_of_status_and_transition_is_decided(status: PaymentStatus, transition: Transition) -> None:
    expected = LEGAL.get((status.value, transition.value))
    if expected:
        assert states.next_state(status, transition) == expected
    else:
        with pytest.raises(states.IllegalTransition, match=f"{status} does not allow {transition.value}"):
            states.next_state(status, transition)


def test_no_transition_leaves_a_terminal_status() -> None:
    assert not [status for status, _ in states.TRANSITIONS if status in states.TERMINAL]
    assert {"COMPLETED", "FAILED", "CANCELLED"} == states.TERMINAL
