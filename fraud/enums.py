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
    """SHADOW judges beside the active version without effect; SHARED judges a share of the customers."""

    DRAFT = "DRAFT"
    SHADOW = "SHADOW"
    SHARED = "SHARED"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class FeatureSource(models.TextChoices):
    """Where a decision had its history from; anything but the first is degraded."""

    REDIS = "REDIS"
    DATABASE = "DATABASE"
    NONE = "NONE"


class Arm(models.TextChoices):
    """Which version judged while a candidate has a share of the traffic; empty where none has."""

    CANDIDATE = "CANDIDATE"
    CONTROL = "CONTROL"


class LabelSource(models.TextChoices):
    """Who says what a payment was."""

    REPORT = "REPORT", "Reported by the marketplace"
    CHARGEBACK = "CHARGEBACK", "Chargeback"
    ACH_RETURN = "ACH_RETURN", "ACH return as unauthorised"
    DECISION = "DECISION", "Found in review"
    SILENCE = "SILENCE", "Nobody complained in time"


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


class CaseCause(models.TextChoices):
    """Why a person is asked. One case waits per subject and cause; whatever comes after it is a further hit."""

    OUTCOME = "OUTCOME", "The score holds the payment"
    RULE = "RULE", "A rule asks for a person"
    PERSON = "PERSON", "A person asks for another look"
    RESCORE = "RESCORE", "Scored again, it would have been held"
    SECOND_REVIEW = "SECOND_REVIEW", "Second review"


class CaseLevel(models.TextChoices):
    ANALYST = "ANALYST"
    LEAD = "LEAD"


class CaseBoost(models.TextChoices):
    """Why a case stands above the order of the queue."""

    RETURNED = "RETURNED", "Returned"
    ESCALATED = "ESCALATED", "Escalated"
    REASSIGNED = "REASSIGNED", "Assigned"
    RAISED = "RAISED", "Put first"


class ReviewSkill(models.TextChoices):
    """What a case may take more than everybody knows for."""

    HIGH_VALUE = "HIGH_VALUE", "High value"
    ACCOUNT_TAKEOVER = "ACCOUNT_TAKEOVER", "Account takeover"
    CARD_TESTING = "CARD_TESTING", "Card testing"
    SELLER = "SELLER", "Sellers"


class BacktestState(models.TextChoices):
    """FAILED: the rules of one of its versions can no longer be read. The last three are final."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


class PatternKind(models.TextChoices):
    """What unusually many payments have in common."""

    COUNTRY = "COUNTRY", "Country of the address"
    BIN = "BIN", "First digits of the card"
    DEVICE = "DEVICE", "Device"
    SELLER = "SELLER", "Seller"


class PatternMeasure(models.TextChoices):
    """What was counted: every attempt, or those that were held, blocked, declined or failed."""

    ATTEMPTS = "ATTEMPTS", "attempts"
    REFUSED = "REFUSED", "attempts that did not go through"


class Granularity(models.TextChoices):
    """How long one row of the analytics is. A week begins on Monday."""

    DAY = "DAY", "Day"
    WEEK = "WEEK", "Week"
    MONTH = "MONTH", "Month"


class ListKind(models.TextChoices):
    """What the entries of a list are. A card is its fingerprint, an e-mail address its keyed hash."""

    CUSTOMER = "CUSTOMER", "Customers"
    SELLER = "SELLER", "Sellers"
    CARD = "CARD", "Cards"
    BIN = "BIN", "First digits of cards"
    DEVICE = "DEVICE", "Devices"
    EMAIL = "EMAIL", "E-mail addresses"
    IP = "IP", "Addresses"
    COUNTRY = "COUNTRY", "Countries"


class ListEffect(models.TextChoices):
    """What a list is for. Only entries of an ALLOW list let a payment past its review, and each is signed."""

    BLOCK = "BLOCK"
    ALLOW = "ALLOW"
    RISK = "RISK"


class RuleSetMove(models.TextChoices):
    """What happens to a version of the rules; `fraud.rules.states` says from where to where."""

    SHADOW = "SHADOW", "Began to judge in shadow"
    SHARE = "SHARE", "Given a share of the customers"
    UNSHARE = "UNSHARE", "Back in shadow"
    PUBLISH = "PUBLISH", "Put into force"
    SUPERSEDE = "SUPERSEDE", "Superseded"
    WITHDRAW = "WITHDRAW", "Withdrawn"
    ROLL_BACK = "ROLL_BACK", "Put back into force"


class HeldBackReason(models.TextChoices):
    """Why a rule that was true had no effect. STOPPED: by the program; what it would have blocked is reviewed."""

    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    SUPPRESSED = "SUPPRESSED"


class SuppressedKind(models.TextChoices):
    """Whom a rule is silenced for."""

    CUSTOMER = "CUSTOMER"
    CARD = "CARD"
    DEVICE = "DEVICE"
    SELLER = "SELLER"


class ModelState(models.TextChoices):
    """The champion's score is what rules start from; the challenger's is kept beside it without effect."""

    CANDIDATE = "CANDIDATE"
    CHALLENGER = "CHALLENGER"
    CHAMPION = "CHAMPION"
    RETIRED = "RETIRED"


class TrainingState(models.TextChoices):
    ORDERED = "ORDERED"
    DONE = "DONE"
    REFUSED = "REFUSED"


class DriftVerdict(models.TextChoices):
    INSUFFICIENT = "INSUFFICIENT"
    STABLE = "STABLE"
    WARN = "WARN"
    CRITICAL = "CRITICAL"
