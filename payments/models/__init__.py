from payments.models.payment import GatewayAttempt, Payment
from payments.models.refund import Refund
from payments.models.sandbox import SandboxCharge, SandboxRefund
from payments.models.settlement import SettlementFile, SettlementMatch

__all__ = [
    "GatewayAttempt",
    "Payment",
    "Refund",
    "SandboxCharge",
    "SandboxRefund",
    "SettlementFile",
    "SettlementMatch",
]
