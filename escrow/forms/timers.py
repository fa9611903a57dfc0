"""The filter of the timers calendar."""

from datetime import date
from typing import Any

from django import forms

from escrow.enums import TimerKind, TimerState
from escrow.selectors.timers import WARNED, Filters

STATES = [
    (TimerState.PENDING.value, "To come"),
    (TimerState.FIRED.value, "Fired"),
    (TimerState.STOPPED.value, "Stopped"),
    (WARNED, "Warned of"),
]


class TimerFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=STATES)
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "Any kind"), *((kind.value, kind.label) for kind in TimerKind)],
    )
    day = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    escrow = forms.CharField(required=False, max_length=32, widget=forms.TextInput(attrs={"placeholder": "ESC_…"}))

    def filters(self) -> Filters:
        """Days are UTC. A form that is wrong narrows nothing and says so on the page."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        day: date | None = data.get("day")
        return Filters(
            kind=data.get("kind", ""),
            state=data.get("state") or TimerState.PENDING,
            escrow_id=data.get("escrow", ""),
            day=day,
        )
