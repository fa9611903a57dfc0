from fraud.models.assessment import Assessment
from fraud.models.backtest import Backtest
from fraud.models.case_parts import CaseHit, CaseNote, CaseViewer
from fraud.models.daily import DailyAnalyst, DailyRule, DailyScores, FigureDay
from fraud.models.hold_back import RulePause, Suppression
from fraud.models.label import Label
from fraud.models.list import List, ListEntry, ListVersion
from fraud.models.model_evidence import ModelComparison, ModelDrift
from fraud.models.model_version import ModelExplanation, ModelTraining, ModelVersion
from fraud.models.observation import Observation
from fraud.models.pattern import UnusualPattern
from fraud.models.report import FraudReport
from fraud.models.review_case import ReviewCase
from fraud.models.reviewer_skill import ReviewerSkill
from fraud.models.risk_reset import RiskReset
from fraud.models.rule_set import RuleSet, RuleSetStep
from fraud.models.second_review import SecondReview
from fraud.models.weekly_report import WeeklyReport

__all__ = [
    "Assessment",
    "Backtest",
    "CaseHit",
    "CaseNote",
    "CaseViewer",
    "DailyAnalyst",
    "DailyRule",
    "DailyScores",
    "FigureDay",
    "FraudReport",
    "Label",
    "List",
    "ListEntry",
    "ListVersion",
    "ModelComparison",
    "ModelDrift",
    "ModelExplanation",
    "ModelTraining",
    "ModelVersion",
    "Observation",
    "ReviewCase",
    "ReviewerSkill",
    "RiskReset",
    "RulePause",
    "RuleSet",
    "RuleSetStep",
    "SecondReview",
    "Suppression",
    "UnusualPattern",
    "WeeklyReport",
]
