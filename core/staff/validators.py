"""Password rules beyond Django's: letters and digits, and none of the last four."""

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from core.staff.models import User

REMEMBERED = 4


class LettersAndDigits:
    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002
        if not (any(c.isalpha() for c in password) and any(c.isdigit() for c in password)):
            raise ValidationError("The password needs letters and digits.", code="password_letters_and_digits")

    def get_help_text(self) -> str:
        return "Letters and digits."


class NotRecentlyUsed:
    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        recent = user.former_passwords.order_by("-set_at").values_list("password", flat=True)[:REMEMBERED]
        if any(check_password(password, former) for former in recent):
            raise ValidationError(f"This is one of the last {REMEMBERED} passwords.", code="password_reused")

    def get_help_text(self) -> str:
        return f"Not one of the last {REMEMBERED}."
