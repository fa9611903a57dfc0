"""What people type to make, change and collect keys."""

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from django import forms

from core.api import scopes as scope_map
from core.api.models import KeyKind
from core.staff.forms import CodeStep

MODES = [("test", "Test: test data only"), ("live", "Live: a second person signs")]
KINDS = [
    (KeyKind.RESTRICTED, "Restricted: only the scopes chosen below"),
    (KeyKind.SECRET, "Secret: every scope but those marked dangerous, which are chosen below"),
]


def scope_choices(names: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """Each scope with what it opens."""
    return [
        (scope.name, f"{scope.name}: {'; '.join(scope.opens)}{' (dangerous)' if scope.is_dangerous else ''}")
        for scope in scope_map.every()
        if names is None or scope.name in names
    ]


class RightsForm(forms.Form):
    scopes = forms.MultipleChoiceField(label="Scopes", required=False, widget=forms.CheckboxSelectMultiple)
    networks = forms.CharField(
        label="Networks", required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="One a line, like 203.0.113.0/24. None: the key may be used from anywhere.",
    )  # fmt: skip
    expires_on = forms.DateField(
        label="Expires on", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text="At the end of this day in UTC. A restricted live key without a date gets the latest one allowed.",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["scopes"].choices = scope_choices()  # type: ignore[attr-defined]

    def clean_networks(self) -> list[str]:
        return str(self.cleaned_data["networks"]).split()

    def clean_expires_on(self) -> datetime | None:
        day = self.cleaned_data["expires_on"]
        return datetime.combine(day, time.max, UTC) if day else None


class NewKeyForm(RightsForm):
    field_order = ("name", "mode", "kind", "scopes", "networks", "expires_on", "reason")

    name = forms.CharField(label="Name", max_length=100, help_text="Who uses it: “shop backend”, “bookkeeping export”.")
    mode = forms.ChoiceField(label="Data", choices=MODES, initial="test", widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="Kind", choices=KINDS, initial=KeyKind.RESTRICTED, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Reason", required=False, max_length=500,
        help_text="For a live key: what whoever signs needs to know.",
    )  # fmt: skip

    def clean(self) -> None:
        typed = self.cleaned_data
        if typed.get("mode") == "live" and not typed.get("reason"):
            self.add_error("reason", "A live key is asked for with a reason.")


class ChangeForm(RightsForm):
    reason = forms.CharField(
        label="Reason", required=False, max_length=500,
        help_text="For wider rights of a live key: what whoever signs needs to know.",
    )  # fmt: skip


class ProofForm(CodeStep):
    """A fresh code before a secret is made. It stands among other things: the page begins at its top."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].widget.attrs.pop("autofocus", None)
