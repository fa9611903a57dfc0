"""What is found about a transfer before it is accepted, as entries of the documented audit trail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ach.calendar.settlement import Settlement
from compliance.models import BankAccount
from compliance.services import screening
from compliance.services.screening import NameScreening
from core.actors import Actor
from core.audit import services as audit
from core.audit.chain import JSON
from core.audit.services import Fact
from core.telemetry import context
from fraud.decisions import Assessment
from fraud.enums import Recommendation
from payments import transfer_parameters
from payments.selectors import verifications
from payments.services.transfer_orders import Classified, TransferOrder
from payments.services.transfer_sides import Sides
from payments.transfer_refusals import AccountVerificationFailed

PASS, FAIL, WARNING, REVIEW = "PASS", "FAIL", "WARNING", "REVIEW_REQUIRED"
PREFIX = "payments.check."
NACHA_RULES, OFAC, BSA = "NACHA_OPERATING_RULES", "OFAC_SANCTIONS_COMPLIANCE", "BSA_AML_MONITORING"
UNVERIFIED = "ACCOUNT_UNVERIFIED"
NOT_SCREENED = "SANCTIONS_NOT_SCREENED"
_RESULTS = {PASS: "SUCCESS", WARNING: "SUCCESS", REVIEW: "SUCCESS", FAIL: "DENIED"}


@dataclass(frozen=True, slots=True)
class Check:
    """`outcome` is one of the documented four, `requirement` the rule it is for."""

    action: str
    outcome: str
    requirement: str
    details: Mapping[str, JSON] = field(default_factory=dict)


def nacha(order: TransferOrder, classified: Classified, settlement: Settlement | None) -> tuple[Check, list[str]]:
    """What could not be as asked is a warning with its reason."""
    flags: list[str] = []
    details: dict[str, JSON] = {"errors": [], "complianceLevel": "FULL"}
    if classified.corrected:
        flags.append(f"SEC_CORRECTED:{order.sec}:{classified.sec}")
        details["secCode"] = f"{order.sec} is not for this receiver; {classified.sec} is"
    if settlement is not None and settlement.downgrade is not None:
        flags.append(f"SAME_DAY_DOWNGRADED:{settlement.downgrade.code}")
        details["priority"] = settlement.downgrade.reason
    if settlement is not None and settlement.date_change is not None:
        flags.append(f"EFFECTIVE_DATE_CHANGED:{settlement.date_change.code}")
        details["effectiveDate"] = settlement.date_change.reason
    return Check("nacha_compliance_validation", WARNING if flags else PASS, NACHA_RULES, details), flags


def verification(account: BankAccount, *, livemode: bool, now: datetime) -> tuple[Check, list[str]]:
    """Raises AccountVerificationFailed where nobody has verified it and somebody must have."""
    known = verifications.find_verified(account)
    action = "account_verification"
    if known is not None:
        return Check(action, PASS, NACHA_RULES, {"method": known.method, "verificationId": known.public_id}), []
    if transfer_parameters.is_verification_needed(livemode=livemode, at=now):
        raise AccountVerificationFailed(f"{account.account_id} is not verified")
    return Check(action, WARNING, NACHA_RULES, {"reason": "test data need no verification"}), []


def sanctions(order: TransferOrder, sides: Sides, *, livemode: bool, now: datetime) -> tuple[Check, NameScreening]:
    names = [each.name for each in sides.parties()] + [sides.outside.holder_name]
    if order.customer is not None:
        names.append(order.customer.name)
    found = screening.screen_names([name for name in names if name], livemode=livemode, now=now)
    details: dict[str, JSON] = {
        "isMatch": found.is_match, "matchScore": str(found.match_score), "screeningId": found.screening_id,
    }  # fmt: skip
    if found.is_match:
        details["matchedNames"] = list(found.matched_names)
    if not found.was_screened:
        details["reason"] = "no sanctions list is imported: a person decides"
    outcome = FAIL if found.is_match else PASS if found.was_screened else REVIEW
    return Check("ofac_sanctions_screening", outcome, OFAC, details), found


def fraud(assessment: Assessment) -> Check:
    """A score that asks for a person keeps the transfer waiting for one, payouts too."""
    outcome = {Recommendation.APPROVE: PASS, Recommendation.REVIEW: REVIEW, Recommendation.BLOCK: FAIL}
    details: dict[str, JSON] = {"assessmentId": assessment.assessment_id, "score": assessment.score}
    return Check("fraud_risk_assessment", outcome[assessment.recommendation], BSA, details)


def record(checks: Iterable[Check], *, subject: str, actor: Actor, now: datetime) -> None:
    """One audit row each, in the caller's transaction."""
    facts = [
        Fact(
            actor=actor,
            action=f"{PREFIX}{each.action}",
            subject=subject,
            at=now,
            result=_RESULTS[each.outcome],
            details={"outcome": each.outcome, "requirement": each.requirement, **each.details},
            correlation_id=context.request_id() or None,
        )
        for each in checks
    ]
    audit.record_many(facts)
