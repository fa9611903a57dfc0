"""Accounts as rows. Hashes and sealed secrets are left out."""

from django.contrib import admin

from core import console
from core.staff.models import Authenticator, RoleAssignment, SignInCounter, User


@admin.register(User)
class UserAdmin(console.RecordAdmin):
    list_display = ("email", "full_name", "is_active", "must_change_password", "last_login", "created_at")
    search_fields = ("email",)
    hidden_fields = ("password",)
    work_page = ("admin:staff_person", "id")


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(console.RecordAdmin):
    list_display = ("user", "role", "assigned_by", "assigned_at")


@admin.register(Authenticator)
class AuthenticatorAdmin(console.RecordAdmin):
    list_display = ("user", "confirmed", "created_at", "throttling_failure_count")


@admin.register(SignInCounter)
class SignInCounterAdmin(console.RecordAdmin):
    list_display = ("subject", "failures", "since", "locked_until")
    search_fields = ("subject",)
