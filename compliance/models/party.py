"""Who takes part: the customers who pay and the providers who are paid."""

from django.db import models

from compliance.enums import PartyKind, PartyStatus, PartyType, Verification


class Party(models.Model):
    """`party_id` is the marketplace's own name for it (`cus_abc123`), one party a mode (test or live)."""

    party_id = models.CharField(max_length=64)
    livemode = models.BooleanField()
    type = models.CharField(max_length=8, choices=PartyType)
    kind = models.CharField(
        max_length=10, choices=PartyKind, default=PartyKind.INDIVIDUAL, db_default=PartyKind.INDIVIDUAL
    )
    first_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    last_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    business_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    email = models.EmailField(blank=True, default="", db_default="")
    phone = models.CharField(max_length=32, blank=True, default="", db_default="")
    date_of_birth = models.DateField(null=True, blank=True)
    address = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    status = models.CharField(
        max_length=7, choices=PartyStatus, default=PartyStatus.ACTIVE, db_default=PartyStatus.ACTIVE
    )
    blocked_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    verification = models.CharField(
        max_length=10, choices=Verification, default=Verification.UNVERIFIED, db_default=Verification.UNVERIFIED
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "parties"
        constraints = [
            models.UniqueConstraint(fields=["livemode", "party_id"], name="party_id_is_unique_in_its_mode"),
            models.CheckConstraint(condition=models.Q(type__in=PartyType.values), name="party_type_is_known"),
            models.CheckConstraint(condition=models.Q(kind__in=PartyKind.values), name="party_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(verification__in=Verification.values), name="party_verification_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(status=PartyStatus.ACTIVE, blocked_reason="")
                | (models.Q(status=PartyStatus.BLOCKED) & ~models.Q(blocked_reason="")),
                name="party_is_blocked_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["livemode", "-created_at", "-id"], name="party_newest_first"),
            models.Index(fields=["livemode", "phone"], condition=~models.Q(phone=""), name="party_by_phone"),
        ]

    def __str__(self) -> str:
        return self.party_id

    @property
    def name(self) -> str:
        """What a person would call the party; its id where no name is known."""
        return self.business_name or f"{self.first_name} {self.last_name}".strip() or self.party_id
