"""Words of the payments domain. `PaymentStatus` is the documented API vocabulary; the others are ours."""

from django.db.models import TextChoices


class PaymentStatus(TextChoices):
    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class Step(TextChoices):
    """The recovery point of a payment: what has to be known or done next, whoever finds the row."""

    AUTHORISE = "AUTHORISE"  # the authorisation was or is about to be sent
    HOLD = "HOLD"  # authorised, not captured; a person decides
    CAPTURE = "CAPTURE"  # approved; the capture was or is about to be sent
    VOID = "VOID"  # declined, cancelled or lapsed; the void was or is about to be sent
    DONE = "DONE"


class VoidReason(TextChoices):
    """Why a held authorisation is given back; decides the final status."""

    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    LAPSED = "LAPSED"


class PaymentMethod(TextChoices):
    CARD = "card"
    ACH = "ach"
    WIRE = "wire"


class RefundStatus(TextChoices):
    PENDING = "PENDING"  # money set aside in the ledger, gateway not yet known to have it
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ChargebackState(TextChoices):
    OPEN = "OPEN"  # the network has taken the money; it may be contested
    WON = "WON"  # the network has given it back
    LOST = "LOST"  # it stays gone, the network says
    ACCEPTED = "ACCEPTED"  # it stays gone, we say


class ChargebackKind(TextChoices):
    """What the card's holder says, read from the network's reason code."""

    FRAUD = "FRAUD", "Not paid by the card's holder"
    NOT_RECEIVED = "NOT_RECEIVED", "Nothing received"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED", "Not as described"
    NOT_REFUNDED = "NOT_REFUNDED", "A promised refund did not come"
    DUPLICATE = "DUPLICATE", "Paid twice, or another amount"
    OTHER = "OTHER", "Another reason"


class Operation(TextChoices):
    """What was asked of a gateway."""

    AUTHORISE = "AUTHORISE"
    CHARGE = "CHARGE"
    CAPTURE = "CAPTURE"
    VOID = "VOID"
    REFUND = "REFUND"
    FIND = "FIND"


class AttemptOutcome(TextChoices):
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    TIMED_OUT = "TIMED_OUT"
    UNAVAILABLE = "UNAVAILABLE"
    REFUSED_BY_BREAKER = "REFUSED_BY_BREAKER"
    NOT_FOUND = "NOT_FOUND"


class SettlementFileStatus(TextChoices):
    STORED = "STORED"
    IMPORTED = "IMPORTED"
    UNREADABLE = "UNREADABLE"


class MatchOutcome(TextChoices):
    MATCHED = "MATCHED"
    MISSING = "MISSING"  # we captured or refunded, no file says so
    EXTRA = "EXTRA"  # a file says so, we know nothing of it or it was settled before
    DIFFERENT = "DIFFERENT"  # both know it, with another amount or currency


class LineKind(TextChoices):
    CHARGE = "CHARGE"
    REFUND = "REFUND"
    CHARGEBACK = "CHARGEBACK"
    CHARGEBACK_RETURN = "CHARGEBACK_RETURN"  # a won chargeback


class ChargeState(TextChoices):
    """What a card network says of a charge."""

    AUTHORISED = "AUTHORISED"
    CAPTURED = "CAPTURED"
    VOIDED = "VOIDED"
    DECLINED = "DECLINED"
