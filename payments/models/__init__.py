from payments.models.chargeback import Chargeback
from payments.models.payment import GatewayAttempt, Payment
from payments.models.payout import Payout, PayoutSchedule
from payments.models.refund import Refund
from payments.models.sandbox import SandboxCharge, SandboxChargeback, SandboxRefund
from payments.models.settlement import SettlementFile, SettlementMatch
from payments.models.transfer import Booking, Transfer
from payments.models.verification import AccountVerification

__all__ = [
    "AccountVerification",
    "Booking",
    "Chargeback",
    "GatewayAttempt",
    "Payment",
    "Payout",
    "PayoutSchedule",
    "Refund",
    "SandboxCharge",
    "SandboxChargeback",
    "SandboxRefund",
    "SettlementFile",
    "SettlementMatch",
    "Transfer",
]
