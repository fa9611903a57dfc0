"""What people type about lists, entries and suppressions."""

from datetime import datetime, timedelta

from django import forms

from core.telemetry.redaction import redact_cards
from fraud.enums import ListEffect, ListKind, SuppressedKind
from fraud.models import List

REASON = forms.Textarea(attrs={"rows": 2})


class ListForm(forms.Form):
    name = forms.CharField(max_length=50, help_text="Rules will ask it as list_<name>. It stays.")
    kind = forms.ChoiceField(label="Holds", choices=ListKind.choices)
    effect = forms.ChoiceField(
        label="Is for",
        choices=[
            (ListEffect.BLOCK, "Blocking"),
            (ListEffect.RISK, "Raising the score"),
            (ListEffect.ALLOW, "Letting past a review: each entry is signed"),
        ],
    )
    purpose = forms.CharField(max_length=200)


class LastingForm(forms.Form):
    """Whatever is added has a reason and an end; both are kept."""

    value = forms.CharField(max_length=256)
    reason = forms.CharField(max_length=500, widget=REASON)
    days = forms.IntegerField(label="Ends in days", min_value=1, initial=30)

    field_order = ("code", "kind", "value", "reason", "days")

    def __init__(self, *args: object, longest: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["days"].initial = min(30, longest)
        self.fields["days"].help_text = f"At most {longest}."

    def clean_value(self) -> str:
        """A card number is taken out of the page that refuses it, whatever it was typed for."""
        value = str(self.cleaned_data["value"])
        if redact_cards(value) != value:
            self.data = {**self.data.dict(), "value": ""}  # type: ignore[attr-defined]
            raise forms.ValidationError("Never a card number: name a card by its fingerprint.")
        return value

    def ends(self, now: datetime) -> datetime:
        return now + timedelta(days=self.cleaned_data["days"])


class EntryForm(LastingForm):
    """`value` says what the list at hand takes."""

    def __init__(self, *args: object, of: List, longest: int, **kwargs: object) -> None:
        super().__init__(*args, longest=longest, **kwargs)
        self.fields["value"].label, self.fields["value"].help_text = _WANTED[ListKind(of.kind)]


class SuppressionForm(LastingForm):
    code = forms.ChoiceField(label="Rule")
    kind = forms.ChoiceField(label="Silent for a", choices=SuppressedKind.choices)

    def __init__(self, *args: object, codes: list[str], longest: int, **kwargs: object) -> None:
        super().__init__(*args, longest=longest, **kwargs)
        self.fields["code"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
        self.fields["value"].help_text = "The party's id, the card's fingerprint or token, or the device's id."


class EndForm(forms.Form):
    reason = forms.CharField(label="Why now", max_length=500, widget=REASON)


_WANTED: dict[ListKind, tuple[str, str]] = {
    ListKind.CUSTOMER: ("Customer", "Its id, as cus_…"),
    ListKind.SELLER: ("Seller", "Its id, as prov_…"),
    ListKind.CARD: ("Card", "Its fingerprint or token, as a payment shows it. Never its number."),
    ListKind.BIN: ("First digits", "The first six."),
    ListKind.DEVICE: ("Device", "Its id, as a payment shows it."),
    ListKind.EMAIL: ("E-mail address", "Only its hash is kept."),
    ListKind.IP: ("Address", "One address, as 203.0.113.7."),
    ListKind.COUNTRY: ("Country", "Two letters of ISO 3166."),
}
