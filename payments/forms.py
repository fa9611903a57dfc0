"""What is filled in on the pages of payments: filters, and what people say about chargebacks."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from payments.enums import ChargebackState
from payments.selectors.transfer_lists import Wanted
from payments.transfer_enums import (
    Purpose,
    ScheduleState,
    TransferState,
    TransferType,
    Trigger,
    VerificationMethod,
    VerificationState,
)  # fmt: skip

EVIDENCE_LENGTH = 10_000
ANY_STATE = ("", "Any state")


def _party(placeholder: str) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": placeholder, "autocomplete": "off"})
    )


class _Created(forms.Form):
    """Whole UTC days, both inclusive. A form that is wrong narrows nothing and says so on the page."""

    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def wanted(self) -> Wanted:
        said: dict[str, Any] = dict(self.cleaned_data) if self.is_valid() else {}
        since, until = said.pop("since", None), said.pop("until", None)
        return Wanted(
            **said,
            created_from=datetime.combine(since, time(), UTC) if since else None,
            created_before=datetime.combine(until + timedelta(days=1), time(), UTC) if until else None,
        )


class TransferFilter(_Created):
    field_order = ("state", "type", "purpose", "payer", "payee", "customer", "since", "until")
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *TransferState.choices])
    type = forms.ChoiceField(required=False, label="Direction", choices=[("", "Both"), *TransferType.choices])
    purpose = forms.ChoiceField(required=False, choices=[("", "Any purpose"), *Purpose.choices])
    payer, payee, customer = _party("prov_…"), _party("prov_…"), _party("cus_…")


class PayoutFilter(_Created):
    field_order = ("state", "trigger", "party", "since", "until")
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *TransferState.choices])
    trigger = forms.ChoiceField(required=False, choices=[("", "However begun"), *Trigger.choices])
    party = _party("prov_…")


class ScheduleFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *ScheduleState.choices])
    party = _party("prov_…")

    def wanted(self) -> dict[str, str]:
        return dict(self.cleaned_data) if self.is_valid() else {"state": "", "party": ""}


class PauseForm(forms.Form):
    why = forms.CharField(
        label="Reason",
        max_length=200,
        help_text="Kept in the audit record with your name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class VerificationFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *VerificationState.choices])
    method = forms.ChoiceField(required=False, choices=[("", "Any method"), *VerificationMethod.choices])

    def wanted(self) -> dict[str, str]:
        return dict(self.cleaned_data) if self.is_valid() else {"state": "", "method": ""}


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
