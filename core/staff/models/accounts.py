"""Staff accounts. One person, one account."""

from functools import cached_property

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

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
    # New devices that signed in and nobody has said yes or no to; read with the person, so a page asks nothing more.
    unanswered_devices = models.PositiveSmallIntegerField(default=0)

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


class FormerPassword(models.Model):
    """Hashes of the passwords a person has had, so that none of the last four comes back."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="former_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-set_at"], name="former_password_by_user")]


class SignInCounter(models.Model):
    """Failed attempts under one subject: `account:<hash of the address>` or `origin:<network address>`."""

    subject = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)
