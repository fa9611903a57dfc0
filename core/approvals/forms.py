"""What people fill in to sign, to take back, to declare and to change who signs."""

import json
from typing import Any

from django import forms

from core.approvals.services.requests import LONGEST_REASON


class SignForm(forms.Form):
    """The button pressed is the verdict; `digest` is what the page showed."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
    code = forms.CharField(
        label="One-time code",
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9]{6}"}),
        help_text="Fresh from your authenticator app: one code, one signature.",
    )
    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed to deny. Kept with the signature.",
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))


class AffiliationForm(forms.Form):
    email = forms.EmailField(label="Member of staff", max_length=120)
    party_id = forms.CharField(label="Related to the party", max_length=64, required=False)
    other_email = forms.EmailField(label="or to the member of staff", max_length=120, required=False)
    nature = forms.CharField(label="How", max_length=200, help_text="For example: married, director, owns 10 %.")
    since = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))


class EndForm(forms.Form):
    until = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))


class PolicyForm(forms.Form):
    document = forms.CharField(widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "code"}))
    effective_from = forms.DateTimeField(
        required=False,
        label="Effective from (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="Empty: as soon as it is signed.",
    )
    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_document(self) -> Any:
        """Whole numbers only: a float has no single spelling that could be signed."""
        try:
            return json.loads(self.cleaned_data["document"], parse_float=_refuse_float)
        except ValueError as error:
            raise forms.ValidationError(f"This is no JSON: {error}") from None


def _refuse_float(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")
