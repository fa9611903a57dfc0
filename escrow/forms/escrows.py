"""What narrows the list of escrows, and what people fill in on an escrow's page."""

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from core.money import Currency
from escrow.enums import HOLDS, EscrowStatus, LockReason
from escrow.selectors.escrows import Filters

_EVIDENCE = re.compile(r"(?P<sha256>[0-9a-f]{64})\s+\*?(?P<name>\S.{0,199})")
MOST_DOCUMENTS = 20
_NOTE = {"rows": 2}


def documents(text: str, *, most: int) -> list[dict[str, str]]:
    """Lines as `sha256sum` prints them, as `{"sha256", "name"}`. Raises ValidationError."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [_EVIDENCE.fullmatch(line) for line in lines]
    if not all(found) or len(found) > most:
        raise forms.ValidationError(f"A line is 64 hexadecimal digits and a name; {most} lines at most.")
    return [match.groupdict() for match in found if match]


class EscrowFilter(forms.Form):
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *EscrowStatus.choices])
    payer = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "cus_…"}))
    payee = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "prov_…"}))
    booking = forms.CharField(required=False, max_length=100)
    lock = forms.ChoiceField(required=False, label="Locked for", choices=[("", "Anything"), *LockReason.choices])
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def filters(self) -> Filters:
        """Whole UTC days, both inclusive. A form that is wrong narrows nothing and says so on the page."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        since, until = data.get("since"), data.get("until")
        return Filters(
            status=data.get("status", ""),
            payer_id=data.get("payer", ""),
            payee_id=data.get("payee", ""),
            booking_id=data.get("booking", ""),
            lock=data.get("lock", ""),
            created_from=datetime.combine(since, time(), UTC) if since else None,
            created_before=datetime.combine(until + timedelta(days=1), time(), UTC) if until else None,
        )


class AmountField(forms.DecimalField):
    """`6400.00` of the escrow's currency; `minor` makes it minor units. Empty: all that is held."""

    def __init__(self, currency: Currency, **options: Any) -> None:
        self.currency = currency
        settled: dict[str, Any] = {
            "required": False, "min_value": Decimal(1).scaleb(-currency.exponent),
            "help_text": f"In {currency.code}. Empty: all that is held.",
        } | options  # fmt: skip
        super().__init__(max_digits=18, decimal_places=currency.exponent, **settled)

    def minor(self, value: Decimal | None) -> int | None:
        return None if value is None else int(value.scaleb(self.currency.exponent))


class _AmountForm(forms.Form):
    def __init__(self, *args: Any, currency: Currency, is_partial: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if is_partial:
            self.fields["amount"] = AmountField(currency)
        self.order_fields(["condition", "amount", "reason"])

    def amount_minor(self) -> int | None:
        field = self.fields.get("amount")
        return field.minor(self.cleaned_data["amount"]) if isinstance(field, AmountField) else None


class ReleaseForm(_AmountForm):
    condition = forms.ChoiceField(required=False, label="Milestone")
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs=_NOTE), help_text="Signed with it.")

    def __init__(self, *args: Any, milestones: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        if milestones:
            choice = self.fields["condition"]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = [("", "All that is held"), *((name, name) for name in milestones)]
        else:
            del self.fields["condition"]


class RefundForm(_AmountForm):
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs=_NOTE))
    payee_agrees = forms.BooleanField(
        required=False, label="The payee agrees", help_text="Needed once the terms are met."
    )


class SatisfyForm(forms.Form):
    """`by` where the terms name people; evidence as `sha256sum` prints it, a line a document."""

    by = forms.ChoiceField(label="Who says so")
    evidence = forms.CharField(
        required=False, max_length=8_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="SHA-256 and name, a line a document, as sha256sum prints them.",
    )  # fmt: skip

    def __init__(self, *args: Any, named: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        if named:
            choice = self.fields["by"]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = [(name, name) for name in named]
        else:
            del self.fields["by"]

    def clean_evidence(self) -> list[dict[str, str]]:
        return documents(self.cleaned_data["evidence"], most=MOST_DOCUMENTS)


class AcceptForm(forms.Form):
    """For the payer, who has told us; the marketplace where nobody has."""

    by = forms.ChoiceField(label="Who has looked")

    def __init__(self, *args: Any, payer: str, **options: Any) -> None:
        super().__init__(*args, **options)
        choice = self.fields["by"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(payer, f"The payer, {payer}")]


class HoldForm(forms.Form):
    reason = forms.ChoiceField(label="For", choices=[(each.value, each.label) for each in LockReason if each in HOLDS])
    note = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs=_NOTE), help_text="Read by staff only. The parties learn no reason."
    )


class FreeForm(forms.Form):
    reason = forms.ChoiceField(choices=[(each.value, each.label) for each in LockReason if each in HOLDS])
    note = forms.CharField(max_length=500, label="Why it may go on")


class FundForm(forms.Form):
    reference = forms.CharField(max_length=100, help_text="The bank's own, as its statement shows it.")
