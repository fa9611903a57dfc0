"""Filters of pages that read more than one app."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from payments.enums import PaymentStatus
from payments.selectors.payments import Filters


class PaymentFilter(forms.Form):
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *PaymentStatus.choices])
    customer = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "cus_…"}))
    provider = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "prov_…"}))
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def filters(self) -> Filters:
        """Whole UTC days, both inclusive. A form that is wrong narrows nothing and says so on the page."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        since, until = data.get("since"), data.get("until")
        return Filters(
            status=data.get("status", ""),
            customer_id=data.get("customer", ""),
            provider_id=data.get("provider", ""),
            created_from=datetime.combine(since, time(), UTC) if since else None,
            created_before=datetime.combine(until + timedelta(days=1), time(), UTC) if until else None,
        )


INCIDENT_VIEWS = [("open", "Not over"), ("resolved", "Resolved")]


class IncidentFilter(forms.Form):
    show = forms.ChoiceField(choices=INCIDENT_VIEWS, required=False)

    def wanted(self) -> str:
        """The first view where the address says nothing readable."""
        return (self.cleaned_data["show"] if self.is_valid() else "") or INCIDENT_VIEWS[0][0]


class NoteForm(forms.Form):
    text = forms.CharField(label="Note", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class CauseForm(forms.Form):
    cause = forms.CharField(
        max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), help_text="What it was, and what ended it."
    )
