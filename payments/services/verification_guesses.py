"""The holder of an account repeats the amounts of its micro-entries; who guesses too often is not the holder."""

import hmac
import json
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from core.actors import Actor
from core.api.once import Ticket
from core.api.wire import to_wire
from core.errors import FieldError
from core.idempotency import services as idempotency
from core.idempotency.services import Replay
from core.vault import envelope
from core.vault.purposes import Purpose
from payments import transfer_answers as answers
from payments.answers import Answer, problem
from payments.models import AccountVerification
from payments.selectors import verifications as register
from payments.services import verifications
from payments.services.verifications import VerificationIsOver
from payments.transfer_enums import VerificationMethod, VerificationState
from payments.transfer_refusals import AccountVerificationFailed


class AmountsDiffer(AccountVerificationFailed):
    title: ClassVar[str] = "These are not the amounts that were sent"


def confirm(
    *, verification_id: str, amounts: list[int], ticket: Ticket, livemode: bool, actor: Actor, now: datetime
) -> Answer:
    """The amounts as the holder read them, in any order. A wrong guess counts, and is answered with a kept problem.

    Not in a transaction. Raises VerificationNotFound, VerificationIsOver, VaultUnavailable.
    """
    sent = _sent(register.get(verification_id, livemode=livemode))
    with transaction.atomic():
        claim = idempotency.claim(**ticket.fields(), now=now)
        if isinstance(claim, Replay):
            return Answer(claim.status, claim.body, replayed=True)
        verification = verifications.lock(verification_id, livemode=livemode)
        _require_confirmable(verification, now=now)
        if hmac.compare_digest(sent, _spelled(amounts)):
            verifications.end(verification, VerificationState.VERIFIED, "", actor=actor, now=now)
            body = {"success": True, **answers.verification_fields(verification), "timestamp": now}
            answer = Answer(200, to_wire(body))
        else:
            answer = _wrong(verification, actor=actor, now=now)
        idempotency.finish(claim_id=claim.id, status=answer.status, body=answer.body, now=now)
    return answer


def _require_confirmable(verification: AccountVerification, *, now: datetime) -> None:
    if verification.method != VerificationMethod.MICRO_ENTRIES or verification.state != VerificationState.PENDING:
        raise VerificationIsOver(f"it is {verification.state} by {verification.method}")
    if verification.expires_at is not None and verification.expires_at <= now:
        raise VerificationIsOver("the time to confirm is over")
    if verification.settled_at is None:
        raise VerificationIsOver("the micro-entries have not settled yet: nobody can know their amounts")


def _sent(verification: AccountVerification) -> bytes:
    """The amounts, opened ahead of the transaction that compares them; nothing for what nobody can confirm."""
    if verification.method != VerificationMethod.MICRO_ENTRIES or verification.state != VerificationState.PENDING:
        return b""
    return envelope.decrypt(
        purpose=Purpose.ACH, ciphertext=bytes(verification.sealed), context=verifications.sealing_context(verification)
    )


def _spelled(amounts: list[int]) -> bytes:
    return json.dumps(sorted(amounts)).encode()


def _wrong(verification: AccountVerification, *, actor: Actor, now: datetime) -> Answer:
    verification.tries_left -= 1
    if verification.tries_left == 0:
        verifications.end(
            verification, VerificationState.FAILED, "the amounts were guessed too often", actor=actor, now=now
        )
    else:
        verification.save(update_fields=["tries_left"])
        verifications.record(verification, "guessed", actor=actor, now=now, tries_left=verification.tries_left)
    fields = {"tries_left": verification.tries_left, "verification_status": verification.state}
    errors = (FieldError("/amounts", "are not what was sent"),)
    account_id = verification.account.account_id
    return problem(
        AmountsDiffer(errors=errors, fields=fields),
        f"/v1/bank-accounts/{account_id}/verifications/{verification.public_id}/confirm",
    )
