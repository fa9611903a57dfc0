from django.db import models


class Book(models.TextChoices):
    """Two ledgers that never meet: real money and the sandbox."""

    LIVE = "live"
    TEST = "test"


class Phase(models.TextChoices):
    """What an entry does to balances.

    POSTED moves money. PENDING reserves it on every leg until it is captured or voided. HOLD reserves on one account
    without saying where the money will go. VOID ends a reservation without moving money.
    """

    POSTED = "POSTED"
    PENDING = "PENDING"
    HOLD = "HOLD"
    VOID = "VOID"
