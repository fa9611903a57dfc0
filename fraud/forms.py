"""What analysts fill in."""

from typing import Any

from django import forms

from fraud.enums import CaseDecision, CaseOutcome

VIEWS = [("waiting", "Waiting"), ("free", "Nobody's"), ("mine", "Mine"), ("decided", "Decided")]


class ReviewFilter(forms.Form):
    show = forms.ChoiceField(choices=VIEWS, required=False)
    payer = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "cus_…"}))

    def wanted(self) -> tuple[str, str]:
        """The view and the payer; the first view where the address says nothing readable."""
        if not self.is_valid():
            return VIEWS[0][0], ""
        return self.cleaned_data["show"] or VIEWS[0][0], self.cleaned_data["payer"].strip()


class DecisionForm(forms.Form):
    """The button pressed is the decision."""

    outcome = forms.ChoiceField(choices=[("", "Choose what you found"), *CaseOutcome.choices], label="What you found")
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept in the audit chain. What convinced you?",
    )

    def decision(self) -> CaseDecision | None:
        pressed: Any = self.data.get("decision")
        return CaseDecision(pressed) if pressed in CaseDecision.values else None
