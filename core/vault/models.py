"""What the vault stores. Nothing here opens without the key service; the card verification code has no column."""

from django.db import models
from django.db.models import Q

from core.vault.purposes import Purpose


class KeyUse(models.TextChoices):
    ENCRYPTION = "ENCRYPTION"
    HASHING = "HASHING"


class DataKey(models.Model):
    """A data key, wrapped. Encryption keys get a new generation in time; a hashing key keeps its first one,
    because what it made (audit links, blind indexes) must stay comparable.
    """

    id = models.UUIDField(primary_key=True)
    purpose = models.CharField(max_length=16, choices=[(purpose.value, purpose.value) for purpose in Purpose])
    use = models.CharField(max_length=16, choices=KeyUse)
    generation = models.PositiveIntegerField()
    provider = models.CharField(max_length=16)
    master_key = models.CharField(max_length=256)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()
    rewrapped_at = models.DateTimeField(null=True)
    rotation = models.ForeignKey("vault.KeyRotation", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "use", "generation"], name="data_key_generation_is_unique"),
            models.CheckConstraint(condition=Q(generation__gt=0), name="data_key_generation_is_positive"),
        ]


class KeyAct(models.TextChoices):
    """A data key opened by the key service, a field decrypted, a card shown or charged from the vault."""

    OPENED = "OPENED"
    DECRYPTED = "DECRYPTED"
    REVEALED = "REVEALED"


class RotationState(models.TextChoices):
    RUNNING = "RUNNING"
    DONE = "DONE"


class KeyRotation(models.Model):
    """One run that wraps data keys anew. What is left of it is in the data keys: those it has wrapped name it.

    `prepared_at` is when the new master key was there; `last_error` why the last step did not come to its end.
    """

    rotation_id = models.CharField(primary_key=True, max_length=40)
    state = models.CharField(max_length=8, choices=RotationState)
    reason = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=140)
    started_at = models.DateTimeField()
    prepared_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="key_rotation_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=RotationState.RUNNING), name="key_rotation_runs_alone"
            ),
            models.CheckConstraint(condition=Q(state__in=RotationState.values), name="key_rotation_state_is_known"),
            models.CheckConstraint(
                condition=Q(state=RotationState.RUNNING, finished_at=None)
                | Q(state=RotationState.DONE, finished_at__isnull=False),
                name="key_rotation_ends_when_done",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="key_rotation_has_a_reason"),
        ]

    def __str__(self) -> str:
        return self.rotation_id


class RotatedPurpose(models.Model):
    """A purpose of one run. `data_keys` is how many there were at its start."""

    rotation = models.ForeignKey(KeyRotation, on_delete=models.PROTECT, related_name="purposes")
    purpose = models.CharField(max_length=16, choices=[(purpose.value, purpose.value) for purpose in Purpose])
    data_keys = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rotation", "purpose"], name="rotation_has_a_purpose_once"),
        ]


class CardScan(models.Model):
    """A look through the database for card numbers in clear, and how far it has come.

    `table` and `after` are where to go on; `findings` are masked, the first hundred of `found`.
    """

    scan_id = models.CharField(primary_key=True, max_length=40)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    table = models.CharField(max_length=63, blank=True)
    after = models.JSONField(null=True)
    rows = models.PositiveBigIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)
    not_read = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="card_scan_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["finished_at"],
                condition=Q(finished_at=None),
                nulls_distinct=False,
                name="card_scan_runs_alone",
            ),
        ]

    def __str__(self) -> str:
        return self.scan_id


class KeyUseHour(models.Model):
    """How often keys of one purpose were used in one hour. `actor` is known where a card was shown.

    `unusual_at` is when it was seen to be far above the usual, and told, once.
    """

    purpose = models.CharField(max_length=16, choices=[(purpose.value, purpose.value) for purpose in Purpose])
    act = models.CharField(max_length=16, choices=KeyAct)
    actor = models.CharField(max_length=140, blank=True)
    hour = models.DateTimeField()
    uses = models.PositiveBigIntegerField()
    usual = models.PositiveBigIntegerField(null=True)
    unusual_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-hour"], name="key_use_by_hour")]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "act", "actor", "hour"], name="key_use_is_counted_once_an_hour"),
            models.CheckConstraint(condition=Q(act__in=KeyAct.values), name="key_use_is_known"),
        ]


class StoredCard(models.Model):
    """A card behind its token. Written only by the database function `vault_tokenise`.

    `fingerprint` is the same for the same number, whoever pays with it and whatever its expiry; it is random, no hash.
    """

    token = models.CharField(primary_key=True, max_length=40)
    fingerprint = models.CharField(max_length=40)
    party_id = models.CharField(max_length=64, null=True)
    livemode = models.BooleanField()
    brand = models.CharField(max_length=16)
    first6 = models.CharField(max_length=6)
    last4 = models.CharField(max_length=4)
    expiry_month = models.PositiveSmallIntegerField()
    expiry_year = models.PositiveSmallIntegerField()
    ciphertext = models.BinaryField()
    created_by = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["party_id", "livemode", "-created_at"], name="stored_card_by_party")]
        constraints = [
            models.CheckConstraint(
                condition=Q(expiry_month__gte=1, expiry_month__lte=12), name="stored_card_expiry_month_is_a_month"
            ),
        ]

    def __str__(self) -> str:
        return self.token


class CardIndex(models.Model):
    """Keyed hash of a card to its token. The application's role can neither read nor write it (PCI FAQ 1308: a hash and
    the first six and last four of one card must not be joinable); `vault_tokenise` is the only way through.
    """

    index = models.BinaryField(primary_key=True)
    token = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token"], name="card_index_has_one_row_a_token")]


class CardNumberIndex(models.Model):
    """Keyed hash of a card number to its fingerprint. As shut to the application's role as `CardIndex`."""

    index = models.BinaryField(primary_key=True)
    fingerprint = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="card_number_has_one_fingerprint")]
