"""The words of disputes, of what was lost late, and of what is kept back."""

from django.db.models import TextChoices


class DisputeSide(TextChoices):
    """Who raised it. NETWORK: a chargeback or a return took part of a sale whose rest is still held."""

    PAYER = "PAYER"
    PAYEE = "PAYEE"
    STAFF = "STAFF"
    NETWORK = "NETWORK"


class DisputeReason(TextChoices):
    NOT_DELIVERED = "NOT_DELIVERED", "The service was not delivered"
    NOT_AS_AGREED = "NOT_AS_AGREED", "It is not what was agreed"
    CANCELLED = "CANCELLED", "It was cancelled"
    DUPLICATE = "DUPLICATE", "Paid twice"
    WITHHELD = "WITHHELD", "Delivered, and not paid"
    UNAUTHORISED = "UNAUTHORISED", "The payer did not order it"
    OTHER = "OTHER", "Something else"


class DisputeState(TextChoices):
    """OPEN: nobody mediates. EVIDENCE: somebody hears both. ESCALATED: signatures decide. PROPOSED: they are asked."""

    OPEN = "OPEN"
    EVIDENCE = "EVIDENCE"
    ESCALATED = "ESCALATED"
    PROPOSED = "PROPOSED"
    RESOLVED = "RESOLVED"
    WITHDRAWN = "WITHDRAWN"


class DisputeOutcome(TextChoices):
    RELEASE = "RELEASE"
    REFUND = "REFUND"
    SPLIT = "SPLIT"


class ResolvedHow(TextChoices):
    MEDIATOR = "MEDIATOR", "by its mediator"
    SIGNED = "SIGNED", "by signatures"
    CLOCK = "CLOCK", "by the terms, at their day"
    NETWORK = "NETWORK", "by the network that took the money back"


class CauseKind(TextChoices):
    """What a case is made of. RESTORED: the network gave back what it had taken."""

    ESCROW = "ESCROW"
    CHARGEBACK = "CHARGEBACK"
    ACH_RETURN = "ACH_RETURN"
    RESTORED = "RESTORED"


TAKING = frozenset({CauseKind.CHARGEBACK, CauseKind.ACH_RETURN})


class EvidenceKind(TextChoices):
    STATEMENT = "STATEMENT"
    DOCUMENT = "DOCUMENT"


class ReceivableState(TextChoices):
    OPEN = "OPEN"
    RECOVERED = "RECOVERED"
    WRITTEN_OFF = "WRITTEN_OFF"


class RecoveryKind(TextChoices):
    """SETTLED: the account was paid otherwise. WRITTEN_OFF: it became a cost."""

    WITHHELD = "WITHHELD", "kept from what it is owed"
    SETTLED = "SETTLED", "paid otherwise"
    WRITTEN_OFF = "WRITTEN_OFF", "written off"
