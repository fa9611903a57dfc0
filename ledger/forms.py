"""What the account pages can be asked for; everything stands in the address."""

from datetime import UTC, datetime, time, timedelta

from django import forms

from ledger import chart

DEFAULT_DAYS = 30


class AccountFilter(forms.Form):
    kind = forms.ChoiceField(
        required=False, choices=lambda: [("", "Any kind"), *((kind.prefix, kind.prefix) for kind in chart.KINDS)]
    )
    code = forms.CharField(
        required=False, max_length=100, widget=forms.TextInput(attrs={"placeholder": "escrow_held:ESC_…"})
    )
    owner = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "prov_…"}))
    holding = forms.BooleanField(required=False, label="Only what holds money")


class StatementPeriod(forms.Form):
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """Whole UTC days, both inclusive; the last thirty days where nothing is asked."""
        data = self.cleaned_data if self.is_valid() else {}
        until = data.get("until")
        since = data.get("since")
        end = datetime.combine(until, time.max, UTC) if until else now
        start = datetime.combine(since, time.min, UTC) if since else end - timedelta(days=DEFAULT_DAYS)
        return start, end
