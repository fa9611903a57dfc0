"""What payer and payee agreed, in versions, and how far its conditions are."""

from django.db import models
from django.db.models import Q

from escrow.enums import ConditionState, ConditionType, TermsState
from escrow.models.escrow import Escrow


class Terms(models.Model):
    """`document` is the wire document as agreed, `digest` the SHA-256 of its canonical form.

    Each side agrees at `…_agreed_at` through `…_agreed_by`: `ATTESTED` where the marketplace vouches for it. A version
    in force never changes; the next one supersedes it once both have agreed.
    """

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="terms_versions")
    version = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=71)
    state = models.CharField(max_length=10, choices=TermsState)
    proposed_by = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True)
    payer_agreed_at = models.DateTimeField(null=True)
    payer_agreed_by = models.CharField(max_length=120, blank=True)
    payee_agreed_at = models.DateTimeField(null=True)
    payee_agreed_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.UniqueConstraint(fields=["escrow", "version"], name="terms_version_is_unique"),
            models.UniqueConstraint(
                fields=["escrow"], condition=Q(state=TermsState.AGREED), name="one_version_of_terms_is_in_force"
            ),
            models.UniqueConstraint(
                fields=["escrow"], condition=Q(state=TermsState.PROPOSED), name="one_amendment_is_open_at_a_time"
            ),
            models.CheckConstraint(condition=Q(state__in=TermsState.values), name="terms_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[TermsState.AGREED, TermsState.SUPERSEDED])
                | Q(payer_agreed_at__isnull=False, payee_agreed_at__isnull=False, in_force_at__isnull=False),
                name="terms_are_agreed_by_both",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version}"


class Condition(models.Model):
    """One condition of the terms in force. `evidence`: documents by name and SHA-256. MET and LAPSED are final.

    `met_by` is who said so: an actor, a name of the terms, or `CLOCK`; `entered_by` the actor who told us.
    `inspection_ends_at` is the moment until which the payer may still object, `accepted_by` who ended it early.
    """

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="conditions")
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="conditions", db_index=False)
    condition_id = models.CharField(max_length=64)
    number = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=18, choices=ConditionType)
    description = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=6, choices=ConditionState, default=ConditionState.OPEN)
    due_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    met_by = models.CharField(max_length=120, blank=True)
    inspection_ends_at = models.DateTimeField(null=True)
    evidence = models.JSONField(default=list)
    entered_by = models.CharField(max_length=120, blank=True, default="", db_default="")
    accepted_by = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["terms", "condition_id"], name="condition_is_named_once"),
            models.CheckConstraint(condition=Q(state__in=ConditionState.values), name="condition_state_is_known"),
            models.CheckConstraint(condition=Q(type__in=ConditionType.values), name="condition_type_is_known"),
            models.CheckConstraint(
                condition=(Q(state=ConditionState.MET, met_at__isnull=False) & ~Q(met_by=""))
                | (~Q(state=ConditionState.MET) & Q(met_at__isnull=True, met_by="")),
                name="condition_is_met_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(accepted_by__startswith="STAFF:") | ~Q(accepted_by=models.F("entered_by")),
                name="inspection_is_accepted_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.condition_id
