"""Whose access tokens are believed, and which party a user is."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from core.oidc.enums import IssuerKind

CODE = r"^[a-z][a-z0-9_-]{1,15}$"
SAFE_URL = r"^(https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]).+"


class Issuer(models.Model):
    """One decision about an issuer, in force from its date until the next one about the same `issuer`. Append-only.

    `issuer` is the token's `iss` to the letter, `code` our short name for it, which stands before the `sub` in the
    audit. COGNITO tokens are for `client_ids`, GENERIC ones for `audiences` (and, where given, `client_ids`).
    `groups_claim` may lead into nested objects (`realm_access.roles`). With a `scope_prefix` a token carries only the
    scopes it names, e.g. `holdfast/payments:read` for `holdfast/`; without, those of its group. `party_claim` names a
    claim that says which party the user is; empty, and only `UserLink` says it.
    """

    code = models.CharField(max_length=16)
    issuer = models.CharField(max_length=255)
    kind = models.CharField(max_length=8, choices=IssuerKind.choices)
    livemode = models.BooleanField()
    jwks_url = models.CharField(max_length=300)
    client_ids = ArrayField(models.CharField(max_length=128), default=list)
    audiences = ArrayField(models.CharField(max_length=255), default=list)
    groups_claim = models.CharField(max_length=120)
    provider_group = models.CharField(max_length=128)
    admin_group = models.CharField(max_length=128)
    scope_prefix = models.CharField(max_length=120, blank=True)
    party_claim = models.CharField(max_length=120, blank=True)
    accepted = models.BooleanField()
    effective_from = models.DateTimeField()
    reason = models.CharField(max_length=200)
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "effective_from"], name="issuer_has_one_word_a_moment"),
            models.CheckConstraint(condition=Q(kind__in=IssuerKind.values), name="issuer_kind_is_known"),
            models.CheckConstraint(condition=Q(code__regex=CODE), name="issuer_code_is_short_and_plain"),
            models.CheckConstraint(condition=~Q(reason=""), name="issuer_is_accepted_for_a_reason"),
            models.CheckConstraint(
                condition=Q(issuer__regex=SAFE_URL, jwks_url__regex=SAFE_URL), name="issuer_keys_come_over_tls"
            ),
            models.CheckConstraint(
                condition=Q(kind=IssuerKind.COGNITO, client_ids__len__gt=0)
                | Q(kind=IssuerKind.GENERIC, audiences__len__gt=0),
                name="issuer_says_whom_its_tokens_are_for",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class UserLink(models.Model):
    """The party that a user of an issuer is, until `ended_at`. Ended once; another party is another row."""

    issuer_code = models.CharField(max_length=16)
    subject = models.CharField(max_length=80)
    livemode = models.BooleanField()
    party_id = models.CharField(max_length=64)
    linked_at = models.DateTimeField()
    linked_by = models.CharField(max_length=120)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuer_code", "subject"], condition=Q(ended_at=None), name="user_is_one_party_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="") | (Q(ended_at__gte=F("linked_at")) & ~Q(ended_by="")),
                name="user_link_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "party_id", "-linked_at"], name="user_link_by_party"),
            models.Index(fields=["subject"], name="user_link_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer_code}/{self.subject}"
