"""What people type about reconciliation."""

from typing import Any

from django import forms

from escrow.break_kinds import BreakKind
from escrow.enums_reconciliation import BreakState
from escrow.services.breaks import AGAINST
from escrow.statements.documents import MOST_BYTES


class BreakFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *BreakState.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *((kind, kind) for kind in BreakKind.values)])

    def filters(self) -> dict[str, str]:
        """A form that is wrong narrows nothing and says so on the page."""
        return dict(self.cleaned_data) if self.is_valid() else {}


class StatementForm(forms.Form):
    file = forms.FileField(label="Bank statement", max_length=120, help_text="The same file twice is one.")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"At most {MOST_BYTES // 1024 // 1024} MB.")
        return file


class WriteOffForm(forms.Form):
    """`moves`: the difference is posted, so there is an account against which."""

    against = forms.ChoiceField(label="Against", choices=[(account, account) for account in AGAINST])
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, moves: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not moves:
            del self.fields["against"]

    def wanted_account(self) -> str:
        return str(self.cleaned_data.get("against", ""))
