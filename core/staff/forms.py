"""What people type to get in, and to change who may do what."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from core.staff import roles
from core.staff.models import User


class PasswordStep(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeStep(forms.Form):
    code = forms.CharField(
        label="One-time code",
        max_length=12,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "pattern": "[0-9 ]*",
                "autofocus": True,
                "class": "code",
                "placeholder": "000 000",
            }
        ),
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).replace(" ", "")


class NewPassword(forms.Form):
    """The current password is asked again: an unattended screen must not be enough."""

    current = forms.CharField(
        label="Current password",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new = forms.CharField(
        label="New password",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters with letters and digits; not one of your last four.",
    )
    again = forms.CharField(
        label="New password again",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        self.user = user
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def clean_new(self) -> str:
        password = str(self.cleaned_data["new"])
        validate_password(password, self.user)
        return password

    def clean(self) -> None:
        typed = self.cleaned_data
        if "new" in typed and typed.get("again") != typed["new"]:
            self.add_error("again", "The two new passwords differ.")


class RecoveryStep(forms.Form):
    code = forms.CharField(
        label="Recovery code",
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autofocus": True,
                "class": "code",
                "placeholder": "xxxx-xxxx-xxxx-xxxx",
                "spellcheck": "false",
            }
        ),
    )


class RecoveryCodesFile(forms.Form):
    """The codes as the page showed them, blank between each two."""

    codes = forms.RegexField(r"^[a-z2-9]{4}(-[a-z2-9]{4}){3}( [a-z2-9]{4}(-[a-z2-9]{4}){3}){0,9}\Z", max_length=220)

    def clean_codes(self) -> list[str]:
        return str(self.cleaned_data["codes"]).split()


def _choices(codes: Iterable[str]) -> list[tuple[str, str]]:
    table = roles.in_force().roles
    return [(code, f"{table[code].title}: {table[code].purpose}") for code in codes if code in table]


class NewRoles(forms.Form):
    """Roles to ask for: those the person does not hold."""

    roles = forms.MultipleChoiceField(label="Roles to ask for", widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        max_length=300, help_text="Whoever signs reads it.", widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, held: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = _choices(  # type: ignore[attr-defined]
            code for code in roles.in_force().roles if code not in held
        )


class NewPerson(forms.Form):
    email = forms.EmailField(label="E-mail", max_length=120)
    full_name = forms.CharField(label="Full name", max_length=120)


class RoleChange(forms.Form):
    """Every permission a role shall have, one a line."""

    permissions = forms.CharField(
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        help_text="One a line. A pattern like payments.view_* covers every view of an app.",
    )
    reason = forms.CharField(
        max_length=300, help_text="Whoever signs reads it.", widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_permissions(self) -> list[str]:
        return sorted(set(str(self.cleaned_data["permissions"]).split()))


class SeparationChange(forms.Form):
    """The rules as text: a pair a line, a verb a line."""

    pairs = forms.CharField(
        label="Pairs nobody has together",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text="Making and checking, a pair a line.",
    )
    money = forms.CharField(
        label="Verbs over money",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
        help_text="One a line. Nobody has one together with a verb over people.",
    )
    reason = forms.CharField(
        max_length=300, help_text="Whoever signs reads it.", widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean_pairs(self) -> list[list[str]]:
        pairs = [line.split() for line in str(self.cleaned_data["pairs"]).splitlines() if line.strip()]
        if any(len(pair) != 2 for pair in pairs):
            raise forms.ValidationError("Each line names two permissions.")
        return pairs

    def clean_money(self) -> list[str]:
        return sorted(set(str(self.cleaned_data["money"]).split()))


class AccessFilter(forms.Form):
    person = forms.EmailField(required=False, max_length=120, widget=forms.TextInput(attrs={"placeholder": "e-mail"}))
    subject = forms.CharField(
        label="What was seen", required=False, max_length=120, widget=forms.TextInput(attrs={"placeholder": "pay_…"})
    )
    day = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))


class Closure(forms.Form):
    reason = forms.CharField(label="Reason", max_length=200)
