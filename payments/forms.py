"""What people say about chargebacks."""

from django import forms

from payments.enums import ChargebackState

EVIDENCE_LENGTH = 10_000


class ChargebackFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *ChargebackState.choices])

    def wanted(self) -> str:
        """Empty for any, also where the address says nothing readable."""
        return str(self.cleaned_data["state"]) if self.is_valid() else ""


class EvidenceForm(forms.Form):
    evidence = forms.CharField(
        max_length=EVIDENCE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="What the network will read. It is sent once. No card numbers, no personal data it does not need.",
    )
