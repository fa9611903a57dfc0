"""What people type to get in."""

from django import forms
from django.contrib.auth.password_validation import validate_password

from core.staff.models import User
from core.staff.roles import ROLES


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


class Roles(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Roles",
        required=False,
        choices=[(role.code, f"{role.title}: {role.purpose}") for role in ROLES.values()],
        widget=forms.CheckboxSelectMultiple,
    )


class NewPerson(Roles):
    email = forms.EmailField(label="E-mail", max_length=120)
    full_name = forms.CharField(label="Full name", max_length=120)
    field_order = ("email", "full_name", "roles")


class Closure(forms.Form):
    reason = forms.CharField(label="Reason", max_length=200)
