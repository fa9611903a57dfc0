"""Roles as dated rows, the rules that keep duties apart, and who holds which role. The newest row is in force."""

from django.db import models

from core.staff.models.accounts import User


class Origin(models.TextChoices):
    """Where a version comes from: installed with the program, or written by people on purpose."""

    SHIPPED = "SHIPPED"
    CHANGED = "CHANGED"


class RoleVersion(models.Model):
    """What a role allows from `written_at` on. `permissions` are sorted names as in `core/staff/roles.py`.

    `approval_id` names the signed request that wrote it; empty only where the program did.
    """

    role = models.CharField(max_length=40)
    title = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    permissions = models.JSONField()
    stands_alone = models.BooleanField()
    origin = models.CharField(max_length=8, choices=Origin.choices)
    reason = models.CharField(max_length=300)
    written_by = models.CharField(max_length=140)
    written_at = models.DateTimeField()
    approval_id = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "staff_role_version"
        indexes = [models.Index(fields=["role", "-id"], name="role_version_newest_first")]
        constraints = [
            models.CheckConstraint(condition=models.Q(origin__in=Origin.values), name="role_version_origin_is_known"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="role_version_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.written_at:%Y-%m-%d}"


class Separation(models.Model):
    """Which duties stay apart: `pairs` of permissions nobody has together, `money` verbs nobody with power over
    people has."""

    pairs = models.JSONField()
    money = models.JSONField()
    origin = models.CharField(max_length=8, choices=Origin.choices)
    reason = models.CharField(max_length=300)
    written_by = models.CharField(max_length=140)
    written_at = models.DateTimeField()
    approval_id = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(origin__in=Origin.values), name="separation_origin_is_known"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="separation_has_a_reason"),
        ]


class RoleAssignment(models.Model):
    """A role a person has now, and the signed request that gave it. When it was taken is in the audit chain."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_assignments")
    role = models.CharField(max_length=40)
    assigned_by = models.CharField(max_length=300)
    assigned_at = models.DateTimeField()
    approval_id = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_is_assigned_once")]
