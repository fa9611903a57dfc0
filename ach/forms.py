"""What is filled in on the pages of the rail."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from ach.enums import (
    CaseKind,
    CaseState,
    ChangeState,
    CutoffState,
    Direction,
    DishonorState,
    EntryKind,
    EntryState,
    FileState,
    InboundState,
    ReversalCause,
    TransportKind,
)  # fmt: skip
from ach.models.dishonor import CODES as DISHONOR_CODES
from ach.nacha.changes import REFUSAL_CODES
from ach.nacha.reasons import REASONS
from ach.selectors.entry_lists import Wanted

ANY_STATE = ("", "Any state")


def _reason(label: str = "Reason", help_text: str = "Kept in the audit record with your name.") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=200,
        strip=True,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EntryFilter(forms.Form):
    """`file`, `cutoff` and `due` come with links from other pages; a person does not type them."""

    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *EntryState.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *EntryKind.choices])
    direction = forms.ChoiceField(
        required=False, choices=[("", "Both"), (Direction.CREDIT, "Credits"), (Direction.DEBIT, "Debits")]
    )
    originator = forms.ChoiceField(required=False)
    party = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "prov_…"}))
    trace = forms.RegexField(
        r"^[0-9]{15}\Z", required=False, error_messages={"invalid": "A trace number has fifteen digits."}
    )
    file = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    cutoff = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    due = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, originators: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Any originator"), *originators]
        self.fields["originator"].choices = choices  # type: ignore[attr-defined]

    def clean_due(self) -> datetime | None:
        if not (text := self.cleaned_data["due"]):
            return None
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise forms.ValidationError("This is no moment.") from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def wanted(self) -> Wanted:
        """A form that is wrong narrows nothing and says so on the page."""
        if not self.is_valid():
            return Wanted()
        said = dict(self.cleaned_data)
        return Wanted(due_at=said.pop("due"), **said)


class CutoffFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *CutoffState.choices])
    originator = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, originators: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["originator"].choices = [("", "Any originator"), *(originators or [])]  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, str]:
        return dict(self.cleaned_data) if self.is_valid() else {"state": "", "originator": ""}


class OriginatorFilter(forms.Form):
    transport = forms.ChoiceField(required=False, choices=[("", "Any transport"), *TransportKind.choices])
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, ("OPEN", "Open"), ("CLOSED", "Closed")])

    def wanted(self) -> dict[str, str]:
        return dict(self.cleaned_data) if self.is_valid() else {"transport": "", "state": ""}


class DishonorFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *DishonorState.choices])

    def wanted(self) -> str:
        return str(self.cleaned_data["state"]) if self.is_valid() else ""


class FileFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *FileState.choices])


class InboundFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *InboundState.choices])


class ChangeFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *ChangeState.choices])


class CaseFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[ANY_STATE, *CaseState.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *CaseKind.choices])


class SellerFilter(forms.Form):
    seller = forms.CharField(required=False, max_length=64, widget=forms.TextInput(attrs={"placeholder": "prov_…"}))


class WhyForm(forms.Form):
    """For acts that need no more than a reason."""

    why = _reason()


class CloseForm(forms.Form):
    resolution = forms.CharField(
        label="What came of it", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with the case and your name.",
    )  # fmt: skip


class ConfirmForm(forms.Form):
    sha256 = forms.RegexField(
        r"^\s*[0-9a-fA-F]{64}\s*\Z", label="SHA-256 of what was uploaded", max_length=80,
        help_text="Worked out from the uploaded file, not copied from this page.",
        error_messages={"invalid": "A SHA-256 has 64 hexadecimal digits."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


class ReverseForm(forms.Form):
    """The moment is UTC, as everywhere on these pages."""

    cause = forms.ChoiceField(choices=ReversalCause.choices)
    discovered_at = forms.DateTimeField(
        label="Discovered at (UTC)", help_text="The reversal leaves within 24 hours of it.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    reason = _reason()


class ResolveForm(forms.Form):
    """`entry` empty: it belongs to none of ours."""

    entry = forms.CharField(
        label="Entry", required=False, max_length=40, help_text="Its id; empty where it is none of ours.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "ache_…"}),
    )  # fmt: skip
    reason = _reason()


class DishonorForm(forms.Form):
    code = forms.ChoiceField(choices=[(code, f"{code} {REASONS[code].meaning}") for code in DISHONOR_CODES])
    reason = _reason()


class PolicyForm(forms.Form):
    """A whole row: what is not ticked does not follow."""

    effective_from = forms.DateField(
        label="From", help_text="A day of New York that is to come.", widget=forms.DateInput(attrs={"type": "date"})
    )
    retries = forms.IntegerField(min_value=0, max_value=2, label="Sent again at most", help_text="0 to 2 times.")
    stops_account = forms.BooleanField(required=False, label="No entry to the account any more")
    stops_authorization = forms.BooleanField(required=False, label="No debit from the account any more")
    freezes_party = forms.BooleanField(required=False, label="The party is frozen")
    to_compliance = forms.BooleanField(required=False, label="Compliance is told")
    reason = _reason()


class RefuseChangeForm(forms.Form):
    code = forms.ChoiceField(choices=[(code, f"{code} {meaning}") for code, meaning in REFUSAL_CODES.items()])
    reason = _reason()
