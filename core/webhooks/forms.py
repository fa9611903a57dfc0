"""What staff fill in about webhooks."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from core.webhooks import catalogue
from core.webhooks.destinations import MAX_URL
from core.webhooks.enums import DeliveryStatus
from core.webhooks.models.endpoint import EVERYTHING


def _types() -> list[tuple[str, str]]:
    return [(entry.type, entry.type) for entry in catalogue.types()]


class EndpointForm(forms.Form):
    url = forms.CharField(
        label="URL", max_length=MAX_URL, widget=forms.TextInput(attrs={"placeholder": "https://", "inputmode": "url"}),
        help_text="https and a public host. Nothing is sent to private addresses, and no redirect is followed.",
    )  # fmt: skip
    types = forms.MultipleChoiceField(
        label="Events",
        choices=lambda: [(EVERYTHING, "All, also those to come"), *_types()],
        widget=forms.CheckboxSelectMultiple,
    )
    description = forms.CharField(label="Description", max_length=200, required=False)

    def wanted(self) -> dict[str, Any]:
        """Arguments of the service. All beside some is all."""
        data = self.cleaned_data
        types = [EVERYTHING] if EVERYTHING in data["types"] else data["types"]
        return {"url": data["url"].strip(), "types": types, "description": data["description"]}


class DeliveryFilter(forms.Form):
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *DeliveryStatus.choices])
    endpoint = forms.CharField(required=False, max_length=40, widget=forms.TextInput(attrs={"placeholder": "whk_…"}))

    def wanted(self) -> tuple[str, str]:
        """Status and endpoint; nothing where the address says nothing readable."""
        if not self.is_valid():
            return "", ""
        return self.cleaned_data["status"], self.cleaned_data["endpoint"].strip()


class EventFilter(forms.Form):
    type = forms.ChoiceField(required=False, choices=lambda: [("", "Any type"), *_types()])
    subject = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "pay_…"}))

    def wanted(self) -> dict[str, str]:
        """ORM lookups."""
        data = self.cleaned_data if self.is_valid() else {}
        found = {"type": data.get("type", ""), "subject_id": data.get("subject", "").strip()}
        return {name: value for name, value in found.items() if value}


class RangeForm(forms.Form):
    """Days in UTC, both inclusive."""

    since = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> None:
        typed = self.cleaned_data
        if typed.get("since") and typed.get("until") and typed["until"] < typed["since"]:
            self.add_error("until", "Ends before it begins.")

    def moments(self) -> tuple[datetime, datetime]:
        """First instant and the last one."""
        return (
            datetime.combine(self.cleaned_data["since"], time.min, UTC),
            datetime.combine(self.cleaned_data["until"], time.max, UTC),
        )
