"""Ask, sign, deny, withdraw.

from core.approvals import services as approvals

approvals.ask(action="switches.open", subject="switch:PAYMENTS", given={…}, reason="…", actor=actor, now=now)
"""

from core.approvals.refusals import (
    ActionRefused,
    ApprovalClosed,
    AskedAlready,
    ContentChanged,
    NobodyCanSign,
    NotAllowedToAsk,
    NotAllowedToSign,
    ReasonMissing,
)
from core.approvals.selectors.requests import ApprovalNotFound
from core.approvals.services.requests import ask, expire_due, void, withdraw
from core.approvals.services.signing import deny, execute_again, sign

__all__ = [
    "ActionRefused",
    "ApprovalClosed",
    "ApprovalNotFound",
    "AskedAlready",
    "ContentChanged",
    "NobodyCanSign",
    "NotAllowedToAsk",
    "NotAllowedToSign",
    "ReasonMissing",
    "ask",
    "deny",
    "execute_again",
    "expire_due",
    "sign",
    "void",
    "withdraw",
]
