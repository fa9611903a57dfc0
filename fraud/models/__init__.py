from fraud.models.assessment import Assessment
from fraud.models.observation import Observation
from fraud.models.report import FraudReport
from fraud.models.review_case import ReviewCase
from fraud.models.rule_set import RuleSet

__all__ = ["Assessment", "FraudReport", "Observation", "ReviewCase", "RuleSet"]
