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


class ReferralState(models.TextChoices):
    OPEN = "OPEN"
    TAKEN = "TAKEN"
    CLOSED = "CLOSED"


class ReferralSubject(models.TextChoices):
    """What another department hands over."""

    REVIEW_CASE = "REVIEW_CASE", "Review case"
    PAYMENT = "PAYMENT", "Payment"
    PARTY = "PARTY", "Party"


class ReferralOutcome(models.TextChoices):
    """What compliance made of it. Nobody outside compliance reads this word."""

    UNFOUNDED = "UNFOUNDED", "Nothing to pursue"
    WATCHED = "WATCHED", "The parties are watched"
    PURSUED = "PURSUED", "Pursued as a suspicion"


class AccountType(models.TextChoices):
    CHECKING = "CHECKING"
    SAVINGS = "SAVINGS"


class BankAccountState(models.TextChoices):
    """PENDING waits for signatures or cools off; one ACTIVE account of a party is paid to."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"
    REJECTED = "REJECTED"
