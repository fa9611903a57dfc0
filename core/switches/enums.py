from django.db import models


class Switch(models.TextChoices):
    """What can be stopped on its own. Each guards one kind of effect, named where `require_open` stands."""

    PAYMENTS = "PAYMENTS"
    REFUNDS = "REFUNDS"
    PAYOUTS = "PAYOUTS"
    RELEASES = "RELEASES"
    ACH_TRANSFERS = "ACH_TRANSFERS"
    CARD_TOKENS = "CARD_TOKENS"
    CARD_REVEAL = "CARD_REVEAL"
    FRAUD_SCORING = "FRAUD_SCORING"
    WEBHOOKS = "WEBHOOKS"


class State(models.TextChoices):
    OPEN = "OPEN"
    CLOSED = "CLOSED"
