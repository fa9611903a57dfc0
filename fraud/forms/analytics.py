"""Periods and filters of the fraud dashboards."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from fraud.enums import Granularity, Outcome
from fraud.selectors.analytics import Period
from fraud.selectors.decisions import BLOCKED, FLAGGED, DecisionFilters, Source, Verdict
from fraud.services.figures import midnight

SHOWN_AT_FIRST = timedelta(days=29)
LONGEST = timedelta(days=731)
OUTCOMES = [
    ("", "Any outcome"),
    (FLAGGED, "Flagged (not approved)"),
    (BLOCKED, "Blocked or investigated"),
    *[(outcome.value, outcome.label) for outcome in Outcome],
]


def _day(label: str) -> forms.DateField:
    return forms.DateField(required=False, label=label, widget=forms.DateInput(attrs={"type": "date"}))


class PeriodForm(forms.Form):
    """UTC days, both included; the last thirty where the address says nothing."""

    since = _day("From")
    until = _day("To")
    by = forms.ChoiceField(required=False, choices=Granularity.choices, label="One point per")

    @classmethod
    def of(cls, query: QueryDict, *, now: datetime) -> "PeriodForm":
        """Bound, with the days that are shown written in where the address names none."""
        today = now.astimezone(UTC).date()
        filled = {"since": str(today - SHOWN_AT_FIRST), "until": str(today), "by": Granularity.DAY.value}
        return cls({name: query.get(name) or first for name, first in filled.items()})

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            raise forms.ValidationError("The period ends before it begins.")
        if since and until and until - since > LONGEST:
            raise forms.ValidationError("At most two years at once.")
        return data

    def wanted(self, *, livemode: bool, now: datetime) -> tuple[Period, Granularity]:
        """A form that is wrong shows the last thirty days and says so on the page."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        today = now.astimezone(UTC).date()
        until: date = data.get("until") or today
        since: date = data.get("since") or until - SHOWN_AT_FIRST
        since = max(min(since, until), until - LONGEST)
        return Period(since, until, livemode), Granularity(data.get("by") or Granularity.DAY)


class DecisionFilter(forms.Form):
    outcome = forms.ChoiceField(required=False, choices=OUTCOMES)
    label = forms.ChoiceField(required=False, choices=[("", "Any label"), *Verdict.choices])
    source = forms.ChoiceField(required=False, choices=[("", "Made in any way"), *Source.choices])
    score_from = forms.IntegerField(required=False, min_value=0, max_value=1000, label="Score from")
    score_to = forms.IntegerField(required=False, min_value=0, max_value=1000, label="Score to")
    rule = forms.CharField(required=False, max_length=60, widget=forms.TextInput(attrs={"placeholder": "its code"}))
    customer = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "cus_…"}))
    since = _day("From")
    until = _day("To")

    def filters(self) -> DecisionFilters:
        """Whole UTC days, both included. A form that is wrong narrows nothing and says so on the page."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        since, until = data.get("since"), data.get("until")
        return DecisionFilters(
            outcome=data.get("outcome", ""),
            verdict=data.get("label", ""),
            source=data.get("source", ""),
            score_from=data.get("score_from"),
            score_to=data.get("score_to"),
            rule=data.get("rule", "").strip(),
            customer_id=data.get("customer", "").strip(),
            since=midnight(since) if since else None,
            before=midnight(until + timedelta(days=1)) if until else None,
        )
