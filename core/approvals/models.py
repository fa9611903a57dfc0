"""Requests, the signatures on them, the policies they stand under, and who is related to whom."""

import json
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import F, Q

from core.actors import Actor
from core.approvals.states import State
from core.staff.models import User

PENDING = State.PENDING.value
STATES = [state.value for state in State]
OPEN = Q(state=PENDING)


class PolicyVersion(models.Model):
    """The policy of one kind of act from a moment on. Never overwritten; all but the shipped one were signed."""

    action = models.CharField(max_length=80)
    document = models.JSONField()
    effective_from = models.DateTimeField()
    reason = models.CharField(max_length=500)
    created_by = models.CharField(max_length=140)
    created_at = models.DateTimeField()
    approval_id = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        db_table = "approvals_policy"
        constraints = [
            models.UniqueConstraint(
                fields=["action", "effective_from"], name="approval_policy_has_one_version_a_moment"
            ),
            models.UniqueConstraint(
                fields=["approval_id"], condition=~Q(approval_id=""), name="approval_policy_has_its_own_approval"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="approval_policy_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.action} from {self.effective_from:%Y-%m-%d %H:%M} UTC"


class ApprovalRequest(models.Model):
    """One act that waits for signatures, or did.

    `covered` is the canonical text of what is signed and `digest` its SHA-256. A change of the object writes both
    anew and counts `revision` up: signatures of earlier revisions are void. `asked_by` and `closed_by` are actors.
    `needed` is how many signatures the rule takes at the least; the database asks for no fewer. `failure` says why the
    quorum was there and the effect was refused.
    """

    request_id = models.CharField(max_length=40, unique=True)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    given = models.JSONField()
    covered = models.TextField()
    digest = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    url = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=500)
    asked_by = models.CharField(max_length=140)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="requests")
    needed = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=[(state, state) for state in STATES])
    failure = models.CharField(max_length=500, blank=True)
    closed_by = models.CharField(max_length=140, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "approvals_request"
        constraints = [
            models.UniqueConstraint(
                fields=["action", "subject"], condition=OPEN, name="approval_is_asked_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=STATES), name="approval_state_is_known"),
            models.CheckConstraint(condition=Q(needed__gte=1), name="approval_needs_a_signature"),
            models.CheckConstraint(condition=~Q(reason=""), name="approval_has_a_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("asked_at")), name="approval_expires_after_it_is_asked"
            ),
            models.CheckConstraint(
                condition=Q(state=PENDING, closed_at=None, closed_by="")
                | (~Q(state=PENDING) & Q(closed_at__isnull=False) & ~Q(closed_by="")),
                name="approval_is_closed_whole_or_not_at_all",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=OPEN, name="approval_open_by_expiry"),
            models.Index(fields=["asked_by", "-id"], name="approval_by_asker"),
            models.Index(fields=["action", "subject", "-id"], name="approval_by_subject"),
            models.Index(fields=["state", "-id"], name="approval_by_state"),
        ]

    def __str__(self) -> str:
        return self.request_id

    @cached_property
    def content(self) -> dict[str, Any]:
        """`covered`, read: summary, version, evidence, facts, people, parties …"""
        return dict(json.loads(self.covered))

    @property
    def summary(self) -> str:
        return str(self.content["summary"])

    @property
    def asker(self) -> Actor:
        kind, _, name = self.asked_by.partition(":")
        return Actor(kind, name)

    @property
    def asker_email(self) -> str:
        """Empty where the program asked."""
        return self.asker.id if self.asker.kind == "STAFF" else ""


class Verdict(models.TextChoices):
    SIGN = "SIGN", "Signed"
    DENY = "DENY", "Denied"


class Signature(models.Model):
    """One person's word on one revision of a request, with the fresh code given. Void once the revision is past.

    The digests are those of `devices.Hands`; empty where it was not given in a browser.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="signatures")
    revision = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    verdict = models.CharField(max_length=4, choices=Verdict.choices)
    signer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_by = models.CharField(max_length=140)
    roles = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    device = models.CharField(max_length=200)
    origin = models.CharField(max_length=64)
    session_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    browser_digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "approvals_signature"
        constraints = [
            models.UniqueConstraint(
                fields=["request", "revision", "signer", "verdict"], name="approval_is_signed_once_by_a_person"
            ),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="signature_verdict_is_known"),
            models.CheckConstraint(condition=Q(signed_by__startswith="STAFF:"), name="only_staff_sign"),
            models.CheckConstraint(condition=~Q(verdict=Verdict.DENY) | ~Q(reason=""), name="denial_has_a_reason"),
        ]
        indexes = [
            # Who signs for whom, of some people and of all.
            models.Index(
                fields=["signer", "signed_at"], include=["request", "revision"], condition=Q(verdict="SIGN"),
                name="signature_by_signer",
            ),
            models.Index(
                fields=["signed_at"], include=["request", "revision", "signer"], condition=Q(verdict="SIGN"),
                name="signature_by_time",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.signed_by} {self.verdict}"


class ContentChange(models.Model):
    """What was covered changed while signatures were out: the difference, and how many of them it voided.

    `revision` is the new one; `difference` a list of [path, before, after].
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.PROTECT, related_name="changes")
    revision = models.PositiveIntegerField()
    before_digest = models.CharField(max_length=64)
    after_digest = models.CharField(max_length=64)
    difference = models.JSONField()
    voided = models.PositiveSmallIntegerField()
    noticed_at = models.DateTimeField()

    class Meta:
        db_table = "approvals_change"
        constraints = [
            models.UniqueConstraint(fields=["request", "revision"], name="approval_changes_once_a_revision"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} revision {self.revision}"


class Affiliation(models.Model):
    """A person of the staff is related to a party or to another person: neither signs for the other.

    Holds from `since` up to and with `until`. Compliance declares it; it is ended, never removed.
    """

    email = models.EmailField(max_length=120)
    party_id = models.CharField(max_length=64, blank=True)
    other_email = models.EmailField(max_length=120, blank=True)
    nature = models.CharField(max_length=200)
    since = models.DateField()
    until = models.DateField(null=True)
    declared_by = models.CharField(max_length=140)
    declared_at = models.DateTimeField()
    ended_by = models.CharField(max_length=140, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "approvals_affiliation"
        constraints = [
            models.CheckConstraint(
                condition=(Q(party_id="") & ~Q(other_email="")) | (~Q(party_id="") & Q(other_email="")),
                name="affiliation_is_with_a_party_or_a_person",
            ),
            models.CheckConstraint(condition=~Q(nature=""), name="affiliation_says_what_it_is"),
            models.CheckConstraint(condition=~Q(email=F("other_email")), name="affiliation_is_with_somebody_else"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="affiliation_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="", until=None) | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="affiliation_is_ended_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["email"], name="affiliation_by_person"),
            models.Index(fields=["other_email"], name="affiliation_by_other_person"),
            models.Index(fields=["party_id"], name="affiliation_by_party"),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.party_id or self.other_email}"
