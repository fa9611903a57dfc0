"""API keys as rows, and the work pages about them: `views.py` of this app holds the base of the public API."""

from django.contrib import admin

from core import console
from core.api import key_page, key_pages  # noqa: F401 (importing them registers the pages)
from core.api.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(console.RecordAdmin):
    list_display = (
        "public_id",
        "name",
        "livemode",
        "kind",
        "prefix",
        "last4",
        "created_at",
        "expires_at",
        "revoked_at",
    )
    search_fields = ("public_id",)
    hidden_fields = ("secret_hash",)
