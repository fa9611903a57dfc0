"""The words of the sandbox bank."""

from django.db.models import TextChoices


class InboxState(TextChoices):
    RECEIVED = "RECEIVED", "Received, not read"
    ACCEPTED = "ACCEPTED", "Accepted"
    REJECTED = "REJECTED", "Rejected"


class PostingState(TextChoices):
    """`DISHONORED`: our bank did not take the return, so the money stands as settled. `CONTESTED`: it is returned after
    all. `REFUSED`: the file was accepted at first and refused later."""

    ACCEPTED = "ACCEPTED", "Accepted, not settled"
    SETTLED = "SETTLED", "Settled"
    RETURNED = "RETURNED", "Returned"
    DISHONORED = "DISHONORED", "Return dishonored"
    CONTESTED = "CONTESTED", "Dishonored return contested"
    REFUSED = "REFUSED", "Refused with its file"


class MovementKind(TextChoices):
    SETTLEMENT = "SETTLEMENT", "Settlement"
    RETURN = "RETURN", "Return"
    DISHONOR = "DISHONOR", "Dishonored return"
    CONTEST = "CONTEST", "Contested dishonored return"
    OTHER = "OTHER", "No ACH entry of ours"


class OutboxKind(TextChoices):
    ACKNOWLEDGEMENT = "ACKNOWLEDGEMENT", "Acknowledgement"
    ANSWERS = "ANSWERS", "Returns and corrections"
