"""What the lists of background work can be asked for; everything stands in the address."""

from django import forms

from core.work.models import State

STATES = [("", "Any, newest first"), ("PARKED", "Parked"), ("DUE", "Due"), ("RUNNING", "Running")]


class WorkFilter(forms.Form):
    """Kinds are looked for among what is not done: that is little, however much has been done."""

    state = forms.ChoiceField(required=False, choices=STATES)
    kind = forms.CharField(required=False, max_length=80, widget=forms.TextInput(attrs={"placeholder": "payments.…"}))

    def wanted(self) -> tuple[str, str]:
        """State and kind; a kind alone is looked for among what is parked."""
        data = self.cleaned_data if self.is_valid() else {}
        state, kind = data.get("state", ""), data.get("kind", "")
        return (state or (State.PARKED.value if kind else "")), kind


class DeliveryFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=STATES)
    handler = forms.CharField(required=False, max_length=160)

    def wanted(self) -> tuple[str, str]:
        """State and handler; a handler alone is looked for among what is parked."""
        data = self.cleaned_data if self.is_valid() else {}
        state, handler = data.get("state", ""), data.get("handler", "")
        return (state or (State.PARKED.value if handler else "")), handler
