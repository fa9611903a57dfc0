"""Where a person is signed in, and from which devices they have been."""

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from core.staff.models.accounts import User


class StaffSession(AbstractBaseSession):
    """A session of the console, found by its person. `session_key` is the SHA-256 of what the cookie holds: a copy of
    this table opens nothing.

    The other columns repeat what the session itself knows, so that lists read no session data. Before both factors
    are given there is no `user`.
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="sessions")
    device = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=64, blank=True)
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        db_table = "staff_session"
        indexes = [models.Index(fields=["user", "-signed_in_at"], name="session_by_person")]

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from core.staff.session_store import SessionStore  # the store writes these rows

        return SessionStore


class KnownDevice(models.Model):
    """A browser a person has signed in from, known by a token in its cookie of which the SHA-256 is kept.

    `answer` is what the person said to "was this you?": empty while nobody has.
    """

    class Answer(models.TextChoices):
        MINE = "MINE"
        NOT_MINE = "NOT_MINE"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="devices")
    token_hash = models.CharField(max_length=64)
    device = models.CharField(max_length=80)
    address = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "token_hash"], name="device_is_known_once"),
            models.CheckConstraint(
                condition=models.Q(answer__in=["", "MINE", "NOT_MINE"]), name="device_answer_is_known"
            ),
        ]
