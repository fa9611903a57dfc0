"""What the audit pages can be asked for; everything stands in the address."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms

from core.audit.models import AuditResult, VerificationScope
from core.audit.selectors import Filters


def _text(placeholder: str, length: int = 120) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=length, widget=forms.TextInput(attrs={"placeholder": placeholder})
    )


class AuditFilter(forms.Form):
    subject = _text("pay_…")
    actor = _text("person@…")
    action = _text("payments.")
    correlation = _text("req_…", 80)
    result = forms.ChoiceField(required=False, choices=[("", "Any result"), *AuditResult.choices])
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def filters(self) -> Filters:
        """Whole UTC days, both inclusive. A form that is wrong narrows nothing and says so on the page."""
        data: dict[str, Any] = self.cleaned_data if self.is_valid() else {}
        since, until = data.get("since"), data.get("until")
        return Filters(
            actor=data.get("actor", "").lower().removeprefix("staff:"),
            action=data.get("action", ""),
            subject=data.get("subject", ""),
            correlation=data.get("correlation", ""),
            result=data.get("result", ""),
            since=datetime.combine(since, time(), UTC) if since else None,
            before=datetime.combine(until + timedelta(days=1), time(), UTC) if until else None,
        )


class VerifyForm(forms.Form):
    scope = forms.ChoiceField(choices=VerificationScope.choices)
