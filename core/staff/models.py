"""Staff accounts, what they may do and how they prove who they are. One person, one account."""

from functools import cached_property

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django_otp.models import Device, ThrottlingMixin

from core.actors import Actor
from core.staff import roles


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]  # of the untyped Device
    """There are no superusers: what a person may do is exactly what the roles given to them say."""

    email = models.EmailField(max_length=120, unique=True)
    full_name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="staff_email_is_unique")]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def is_staff(self) -> bool:
        """Django's admin asks this; what a person may do is decided by roles."""
        return self.is_active

    @cached_property
    def roles(self) -> frozenset[str]:
        """Role codes, read once for each loaded user, that is once a request."""
        return frozenset(assignment.role for assignment in self.role_assignments.all())

    def actor(self) -> Actor:
        return Actor("STAFF", self.email, self.roles)

    def has_perm(self, permission: str, obj: object = None) -> bool:  # noqa: ARG002
        return self.is_active and roles.grants(self.roles, permission)

    def has_perms(self, permissions: list[str], obj: object = None) -> bool:  # noqa: ARG002
        return all(self.has_perm(permission) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and roles.reaches(self.roles, app_label)


class RoleAssignment(models.Model):
    """A role a person has now. When and by whom it was given or taken is in the audit chain."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=40)
    assigned_by = models.CharField(max_length=300)
    assigned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_is_assigned_once")]


class FormerPassword(models.Model):
    """Hashes of the passwords a person has had, so that none of the last four comes back."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="former_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-set_at"], name="former_password_by_user")]


class Authenticator(ThrottlingMixin, Device):
    """The time-based one-time password app of one person (RFC 6238, SHA-1, 6 digits, 30 seconds).

    `last_step` is the time step of the last code accepted: that code and earlier ones are never accepted again.
    Verification is in `core.staff.services.authenticators`.
    """

    secret = models.BinaryField(max_length=512)
    last_step = models.BigIntegerField(default=-1)
    created_at = models.DateTimeField()

    class Meta(Device.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(confirmed=True), name="person_has_one_authenticator"
            )
        ]

    def get_throttle_factor(self) -> float:
        """Seconds to wait after the first wrong code; each further one doubles it."""
        return 1.0


class SignInCounter(models.Model):
    """Failed attempts under one subject: `account:<hash of the address>` or `origin:<network address>`."""

    subject = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
