from django.contrib import admin

from core.console.records import RecordAdmin
from core.oidc.models import Issuer, UserLink


@admin.register(Issuer)
class IssuerAdmin(RecordAdmin):
    list_display = ("code", "issuer", "livemode", "accepted", "effective_from", "created_by", "reason")
    search_fields = ("issuer",)


@admin.register(UserLink)
class UserLinkAdmin(RecordAdmin):
    list_display = ("party_id", "issuer_code", "subject", "livemode", "linked_at", "linked_by", "ended_at")
    search_fields = ("party_id", "subject")
