"""Accounts as rows. Hashes, digests and sealed secrets are left out."""

from django.contrib import admin

from core import console
from core.staff.models import (
    Authenticator,
    KnownDevice,
    Passkey,
    RecoveryCode,
    RoleAssignment,
    RoleVersion,
    Separation,
    SignInCounter,
    StaffSession,
    User,
)


@admin.register(User)
class UserAdmin(console.RecordAdmin):
    list_display = ("email", "full_name", "is_active", "must_change_password", "last_login", "created_at")
    search_fields = ("email",)
    hidden_fields = ("password",)
    work_page = ("admin:staff_person", "id")


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(console.RecordAdmin):
    list_display = ("user", "role", "assigned_by", "assigned_at", "approval_id")


@admin.register(Authenticator)
class AuthenticatorAdmin(console.RecordAdmin):
    list_display = ("user", "confirmed", "created_at", "throttling_failure_count")


@admin.register(SignInCounter)
class SignInCounterAdmin(console.RecordAdmin):
    list_display = ("subject", "failures", "since", "locked_until")
    search_fields = ("subject",)


@admin.register(RoleVersion)
class RoleVersionAdmin(console.RecordAdmin):
    list_display = ("role", "written_at", "origin", "written_by", "approval_id", "reason")
    search_fields = ("role",)


@admin.register(Separation)
class SeparationAdmin(console.RecordAdmin):
    list_display = ("written_at", "origin", "written_by", "approval_id", "reason")


@admin.register(StaffSession)
class StaffSessionAdmin(console.RecordAdmin):
    list_display = ("user", "device", "address", "signed_in_at", "seen_at", "expire_date")
    hidden_fields = ("session_key", "session_data")


@admin.register(KnownDevice)
class KnownDeviceAdmin(console.RecordAdmin):
    list_display = ("user", "device", "address", "first_seen_at", "last_seen_at", "answer")
    hidden_fields = ("token_hash",)


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(console.RecordAdmin):
    list_display = ("user", "issued_at", "used_at")
    hidden_fields = ("salt", "digest")


@admin.register(Passkey)
class PasskeyAdmin(console.RecordAdmin):
    list_display = ("user", "name", "sign_count", "created_at", "last_used_at")
