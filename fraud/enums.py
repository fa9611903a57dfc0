"""Words of fraud decisions, as they stand in the database and in the API."""

from django.db import models


class Outcome(models.TextChoices):
    """What a score means. NO_ADVICE: it could not be scored, which never means approve."""

    APPROVE = "APPROVE"
    REVIEW = "REVIEW"
    BLOCK = "BLOCK"
    INVESTIGATE = "INVESTIGATE"
    NO_ADVICE = "NO_ADVICE"


class Recommendation(models.TextChoices):
    """The documented field knows three words; INVESTIGATE is a block, and no advice is a review."""

    APPROVE = "APPROVE"
    REVIEW = "REVIEW"
    BLOCK = "BLOCK"


class RiskLevel(models.TextChoices):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class AttemptOutcome(models.TextChoices):
    """How an attempted payment ended, as far as it is known when it is handed down."""

    APPROVED = "APPROVED"
    HELD = "HELD"
    DECLINED = "DECLINED"
    BLOCKED = "BLOCKED"
    FAILED = "FAILED"


class RuleSetState(models.TextChoices):
    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class CaseState(models.TextChoices):
    OPEN = "OPEN"
    CLAIMED = "CLAIMED"
    DECIDED = "DECIDED"


class CaseDecision(models.TextChoices):
    APPROVE = "APPROVE"
    DECLINE = "DECLINE"


class CaseOutcome(models.TextChoices):
    """What the person found out, kept apart from what was done: it becomes the label that later scores learn from."""

    GENUINE = "GENUINE", "Genuine"
    SUSPECTED_FRAUD = "SUSPECTED_FRAUD", "Suspected fraud"
    CONFIRMED_FRAUD = "CONFIRMED_FRAUD", "Confirmed fraud"
    UNDETERMINED = "UNDETERMINED", "Could not be determined"


class FraudType(models.TextChoices):
    """The four documented kinds of fraud report; lower case on the wire."""

    PAYMENT_FRAUD = "payment_fraud", "Payment fraud"
    ACCOUNT_TAKEOVER = "account_takeover", "Account takeover"
    IDENTITY_THEFT = "identity_theft", "Identity theft"
    VELOCITY_ABUSE = "velocity_abuse", "Velocity abuse"


RECOMMENDATIONS = {
    Outcome.APPROVE: Recommendation.APPROVE,
    Outcome.REVIEW: Recommendation.REVIEW,
    Outcome.BLOCK: Recommendation.BLOCK,
    Outcome.INVESTIGATE: Recommendation.BLOCK,
    Outcome.NO_ADVICE: Recommendation.REVIEW,
}

RISK_LEVELS = {
    Outcome.APPROVE: RiskLevel.LOW,
    Outcome.REVIEW: RiskLevel.MEDIUM,
    Outcome.BLOCK: RiskLevel.HIGH,
    Outcome.INVESTIGATE: RiskLevel.HIGH,
}
