"""What is filled in about disputes and what parties owe."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from core.money import Currency
from escrow.dispute_enums import DisputeReason, ReceivableState
from escrow.forms.escrows import MOST_DOCUMENTS, documents
from escrow.services.evidence import LONGEST_STATEMENT, Document

VIEWS = [
    ("waiting", "Waiting"),
    ("mine", "Mine"),
    ("free", "Nobody's"),
    ("proposed", "Waiting for signatures"),
    ("ended", "Ended"),
]


class DisputeFilter(forms.Form):
    show = forms.ChoiceField(choices=VIEWS, required=False)
    escrow = forms.CharField(required=False, max_length=40, widget=forms.TextInput(attrs={"placeholder": "ESC_…"}))

    def wanted(self) -> dict[str, str]:
        """Every field; the first view where the address says nothing readable."""
        known = self.cleaned_data if self.is_valid() else {}
        found = {name: str(known.get(name) or "").strip() for name in self.fields}
        return found | {"show": found["show"] or VIEWS[0][0]}


class AmountField(forms.CharField):
    """`1,234.50` of a currency as minor units: exactly, or not at all. Empty is `empty_minor`."""

    def __init__(self, *, currency: str, most_minor: int, empty_minor: int | None = None, **options: object) -> None:
        self.currency, self.most_minor, self.empty_minor = Currency[currency], most_minor, empty_minor
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=24, required=empty_minor is None, **options)  # type: ignore[arg-type]

    def clean(self, value: object) -> int:
        text = str(super().clean(value)).replace(",", "").strip()
        if not text and self.empty_minor is not None:
            return self.empty_minor
        try:
            minor = Decimal(text).scaleb(self.currency.exponent)
        except InvalidOperation:
            raise forms.ValidationError("Give an amount.") from None
        if not minor.is_finite() or minor != minor.to_integral_value():
            raise forms.ValidationError(f"Give an amount with at most {self.currency.exponent} decimals.")
        if not 0 <= minor <= self.most_minor:
            most = Decimal(self.most_minor).scaleb(-self.currency.exponent)
            raise forms.ValidationError(f"Between 0 and {most:,}.")
        return int(minor)


class RaiseForm(forms.Form):
    reason = forms.ChoiceField(choices=DisputeReason.choices)
    text = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label="What happened", help_text="Both sides see it."
    )

    def __init__(self, data: object = None, *, held_minor: int, currency: str) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["amount"] = AmountField(
            currency=currency,
            most_minor=held_minor,
            empty_minor=held_minor,
            label="Amount",
            help_text="Left empty: all that is held.",
        )


class AwardForm(forms.Form):
    """What the payee gets; the rest goes back to the payer."""

    def __init__(self, data: object = None, *, there_minor: int, currency: str) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["release"] = AmountField(
            currency=currency,
            most_minor=there_minor,
            label="To the payee",
            help_text="The rest goes back to the payer.",
        )
        self.fields["reason"] = forms.CharField(
            max_length=500,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="Kept in the audit chain. What convinced you?",
        )


class EvidenceForm(forms.Form):
    """What a side has told us: a statement, documents as `sha256sum` prints them."""

    statement = forms.CharField(
        required=False, max_length=LONGEST_STATEMENT, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In their words. It takes the place of what was staged before.",
    )  # fmt: skip
    documents = forms.CharField(
        required=False, max_length=8_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="SHA-256 and name, a line a document, as sha256sum prints them. The documents stay where they are.",
    )  # fmt: skip
    submit = forms.BooleanField(
        required=False, label="They have said all", help_text="Submitted once; nothing is added later."
    )

    def clean_documents(self) -> list[Document]:
        return [
            Document(each["name"], each["sha256"])
            for each in documents(self.cleaned_data["documents"], most=MOST_DOCUMENTS)
        ]

    def clean(self) -> dict[str, Any]:
        known = self.cleaned_data
        if not self.errors and not (known["statement"] or known["documents"] or known["submit"]):
            raise forms.ValidationError("Write down what they said, or name a document.")
        return known


class EscalateForm(forms.Form):
    escalate_reason = forms.CharField(max_length=500, label="Why signatures should decide")


class AssignForm(forms.Form):
    to = forms.ChoiceField(label="To")

    def __init__(self, data: object = None, *, people: list[tuple[str, str]]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["to"].choices = people  # type: ignore[attr-defined]


class ReceivableFilter(forms.Form):
    state = forms.ChoiceField(choices=[("", "Any"), *ReceivableState.choices], required=False)
    party = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "prov_…"}))

    def wanted(self) -> dict[str, str]:
        known = self.cleaned_data if self.is_valid() else {}
        return {name: str(known.get(name) or "").strip() for name in self.fields}


class WriteOffReceivableForm(forms.Form):
    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 2}), label="Why it will not come back"
    )
