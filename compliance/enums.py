"""Words of the party register, as they stand in the database and in the API."""

from django.db import models


class PartyType(models.TextChoices):
    CUSTOMER = "CUSTOMER"
    PROVIDER = "PROVIDER"


class PartyKind(models.TextChoices):
    INDIVIDUAL = "INDIVIDUAL"
    BUSINESS = "BUSINESS"


class PartyStatus(models.TextChoices):
    ACTIVE = "ACTIVE"
    BLOCKED = "BLOCKED"


class Verification(models.TextChoices):
    """How well the party's identity is known. Everyone starts unverified."""

    UNVERIFIED = "UNVERIFIED"
    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"


# The compliance flag of an answer whose party was made on the spot (test mode only).
PARTY_CREATED_UNVERIFIED = "PARTY_CREATED_UNVERIFIED"
