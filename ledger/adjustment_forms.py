"""An entry as treasury writes it down."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from core.money import Currency, Money
from ledger import chart
from ledger.services.writer import Leg

LEGS_OFFERED = 4
MOST_LEGS = 20


class AdjustmentForm(forms.Form):
    """`currency` of every leg; `reference` is the payment, escrow or ticket the entry belongs to."""

    reference = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"placeholder": "pay_…"}))
    currency = forms.ChoiceField(choices=[(currency.code, currency.code) for currency in Currency], initial="USD")
    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What went wrong, and why this puts it right.",
    )


class LegForm(forms.Form):
    """One line; left empty it counts for nothing."""

    account = forms.CharField(required=False, max_length=100)
    side = forms.ChoiceField(choices=[("DEBIT", "Debit"), ("CREDIT", "Credit")])
    amount = forms.CharField(required=False, max_length=24)

    def clean_account(self) -> str:
        account = str(self.cleaned_data["account"]).strip()
        if account:
            try:
                chart.kind_of(account)
            except chart.UnknownAccount:
                raise forms.ValidationError("No such account in the chart.") from None
        return account

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if bool(data.get("account")) != bool(data.get("amount", "").strip()) and not self.errors:
            raise forms.ValidationError("A leg has an account and an amount.")
        return data


LegFormSet = forms.formset_factory(LegForm, extra=LEGS_OFFERED, max_num=MOST_LEGS, absolute_max=MOST_LEGS)


def legs(rows: Any, currency: Currency) -> list[Leg]:
    """Adds an error to the row whose amount is no amount of the currency."""
    found = []
    for row in rows:
        data = row.cleaned_data
        if not data.get("account"):
            continue
        minor = _minor(data["amount"], currency)
        if minor is None:
            row.add_error("amount", f"Give an amount above zero with at most {currency.exponent} decimals.")
            continue
        side = Leg.debit if data["side"] == "DEBIT" else Leg.credit
        found.append(side(data["account"], Money(minor, currency)))
    return found


def _minor(text: str, currency: Currency) -> int | None:
    """`1,234.50` as 123450: exactly, or not at all."""
    try:
        minor = Decimal(text.replace(",", "").strip()).scaleb(currency.exponent)
        return int(minor) if 0 < minor < 10**15 and minor == minor.to_integral_value() else None
    except InvalidOperation:
        return None
