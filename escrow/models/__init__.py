from escrow.models.clocks import Lock, Timer
from escrow.models.disputes import Dispute, DisputeCause, Evidence, Submission
from escrow.models.escrow import Escrow
from escrow.models.parts import Movement, Part
from escrow.models.receivables import Receivable, Recovery, Reserve
from escrow.models.reconciliation import Break, Certificate, ReconciliationRun, StateExport
from escrow.models.setbacks import Setback
from escrow.models.statements import BankStatement, LineMatch, StatementFile, StatementLine
from escrow.models.terms import Condition, Terms

__all__ = [
    "BankStatement",
    "Break",
    "Certificate",
    "Condition",
    "Dispute",
    "DisputeCause",
    "Escrow",
    "Evidence",
    "LineMatch",
    "Lock",
    "Movement",
    "Part",
    "Receivable",
    "ReconciliationRun",
    "Recovery",
    "Reserve",
    "Setback",
    "StateExport",
    "StatementFile",
    "StatementLine",
    "Submission",
    "Terms",
    "Timer",
]
