"""What a person types to turn a switch."""

from collections.abc import Sequence

from django import forms

from core.staff.models import User
from core.switches.catalogue import EVERYWHERE, Guard
from core.switches.services import LONGEST_REASON, LONGEST_SCOPE

DURATIONS = (
    ("0", "Until it is opened again"),
    ("15", "15 minutes"),
    ("30", "30 minutes"),
    ("60", "1 hour"),
    ("240", "4 hours"),
    ("1440", "24 hours"),
)
WAYS_ROUND = DURATIONS[1:4]


class TurnForm(forms.Form):
    """`scopes` are those known already; a closing may name a new one."""

    reason = forms.CharField(label="Reason", max_length=LONGEST_REASON)
    scope = forms.CharField(label="Scope", required=False, max_length=LONGEST_SCOPE)
    minutes = forms.TypedChoiceField(label="For how long", coerce=int, choices=DURATIONS)
    owner = forms.EmailField(label="Who answers for it", max_length=120)

    def __init__(self, *args: object, guard: Guard, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if guard.scopes:
            examples = " or ".join(f"{kind}:…" for kind in guard.scopes)
            self.fields["scope"].help_text = f"Empty is everywhere. One part only: {examples}"
        else:
            del self.fields["scope"]

    def clean_owner(self) -> str:
        """As turns name people. Somebody who can be asked: an open account."""
        email = str(self.cleaned_data["owner"]).lower()
        if not User.objects.filter(email=email, is_active=True).exists():
            raise forms.ValidationError("Nobody here has this address.")
        return f"STAFF:{email}"

    def wanted_scope(self) -> str:
        return str(self.cleaned_data.get("scope", EVERYWHERE)).strip()


class CloseForm(TurnForm):
    prefix = "close"


class OpenForm(TurnForm):
    """Only what was closed can be opened, so the scope is one of a list."""

    prefix = "open"

    def __init__(self, *args: object, guard: Guard, closed_scopes: Sequence[str], **kwargs: object) -> None:
        super().__init__(*args, guard=guard, **kwargs)
        lengths = WAYS_ROUND if guard.is_way_round else (("0", "Until it is closed"), *DURATIONS[1:])
        self.fields["minutes"].choices = lengths  # type: ignore[attr-defined]
        choices = [(scope, scope or "Everywhere") for scope in closed_scopes]
        self.fields["scope"] = forms.ChoiceField(label="Scope", choices=choices, required="" not in closed_scopes)
