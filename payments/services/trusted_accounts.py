"""An account that somebody else has verified, a bank data service or its bank: two people believe it, or none."""

from datetime import datetime

from core.actors import SYSTEM, Actor
from payments.models import AccountVerification
from payments.services import verifications
from payments.services.verifications import TRUST as TRUST
from payments.services.verifications import VerificationIsOver
from payments.transfer_enums import VerificationMethod, VerificationState


def require_waiting(verification: AccountVerification, approval_id: str = "") -> None:
    """Raises VerificationIsOver."""
    waits = verification.state == VerificationState.PENDING and verification.method == VerificationMethod.TRUSTED_SOURCE
    if not waits or approval_id not in ("", verification.approval_id):
        raise VerificationIsOver(f"it is {verification.state}")


def execute_signed(*, verification_id: str, approval_id: str, actor: Actor, now: datetime) -> None:
    """The effect of the last signature. Raises VerificationIsOver."""
    verification = verifications.lock(verification_id)
    require_waiting(verification, approval_id)
    verifications.end(verification, VerificationState.VERIFIED, "", actor=actor, now=now)


def end_unsigned(*, verification_id: str, state: str, now: datetime) -> None:
    """Denied, withdrawn or expired: nobody vouches for it."""
    verification = verifications.lock(verification_id)
    if verification.state == VerificationState.PENDING:
        verifications.end(verification, VerificationState.FAILED, f"not signed: {state.lower()}", actor=SYSTEM, now=now)
