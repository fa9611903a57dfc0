"""What compliance officers fill in."""

from django import forms

from compliance.enums import BankAccountState, ReferralOutcome

VIEWS = [("waiting", "Waiting"), ("mine", "Mine"), ("closed", "Closed")]


class ReferralFilter(forms.Form):
    show = forms.ChoiceField(choices=VIEWS, required=False)

    def wanted(self) -> str:
        """The first view where the address says nothing readable."""
        return (self.cleaned_data["show"] if self.is_valid() else "") or VIEWS[0][0]


class StandingForm(forms.Form):
    reason = forms.CharField(max_length=200, help_text="Kept in the audit chain. The party is not told.")


class ClosingForm(forms.Form):
    outcome = forms.ChoiceField(
        choices=[("", "Choose what came of it"), *ReferralOutcome.choices], label="What came of it"
    )
    reason = forms.CharField(
        max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), help_text="Read by compliance only."
    )


class BankAccountFilter(forms.Form):
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *BankAccountState.choices])
    party = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "prov_…"}))

    def wanted(self) -> tuple[str, str]:
        """State and party; a form that is wrong narrows nothing and says so on the page."""
        data = self.cleaned_data if self.is_valid() else {}
        return data.get("status", ""), data.get("party", "")
