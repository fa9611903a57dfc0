"""The documented words of an escrow."""

from django.db.models import TextChoices


class EscrowStatus(TextChoices):
    CREATED = "CREATED"
    FUNDED = "FUNDED"
    LOCKED = "LOCKED"
    RELEASED = "RELEASED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"
