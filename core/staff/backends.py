"""Loads the person of a session. Nobody is authenticated through Django's `authenticate()`: see `services.sign_in`."""

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from core.staff.models import User


class StaffBackend(BaseBackend):
    def authenticate(self, request: HttpRequest | None, **credentials: object) -> None:
        """A password alone never signs anybody in."""

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
