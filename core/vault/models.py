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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "use", "generation"], name="data_key_generation_is_unique"),
            models.CheckConstraint(condition=Q(generation__gt=0), name="data_key_generation_is_positive"),
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
