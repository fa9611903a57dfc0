from django.db import models


class Switch(models.TextChoices):
    """What can be stopped on its own. A member comes with the service it stops: `core.switches.catalogue` says which.

    Each is named after what runs while it is open, so closing is always the safe direction. Whoever adds a way round a
    check names its switch after the way round: open then lets it run, and closed is safe again.
    """

    PAYMENTS = "PAYMENTS"
    REFUNDS = "REFUNDS"
    ESCROW_MOVEMENTS = "ESCROW_MOVEMENTS"
    ACH_TRANSFERS = "ACH_TRANSFERS"
    CARD_TOKENS = "CARD_TOKENS"
    CARD_REVEAL = "CARD_REVEAL"
    FRAUD_SCORING = "FRAUD_SCORING"
    FRAUD_BYPASS = "FRAUD_BYPASS"
    WEBHOOKS = "WEBHOOKS"


class State(models.TextChoices):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Decided(models.TextChoices):
    """What became of an operation under a turn that is out of the ordinary."""

    REFUSED = "REFUSED"
    ALLOWED = "ALLOWED"
