"""Verify that an account is open and can be reached: by prenote, by micro-entries, or on a trusted source's word.

The rules: live entries follow a prenote from the third banking day after it settled, where nothing came back.
Micro-entries credit less than 1.00 each, are taken back by one debit, are called ACCTVERIFY, and whoever sends them
watches how many go out and come back.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction

from ach import descriptions, sec
from ach.enums import Direction, EntryKind
from ach.services import entries
from ach.services.entries import NewEntry
from compliance.enums import BankAccountState
from compliance.models import BankAccount
from compliance.selectors import bank_accounts as accounts
from compliance.services.parties import require_good_standing
from core import ids
from core.actors import SYSTEM, Actor
from core.approvals import services as approvals
from core.audit import services as audit
from core.audit.chain import JSON
from core.errors import FieldError, Refusal
from core.outbox import services as outbox
from core.vault import envelope
from core.vault.purposes import Purpose
from payments.models import AccountVerification
from payments.selectors import verifications as register
from payments.services import transfer_holds, verification_volumes
from payments.transfer_enums import VerificationMethod, VerificationState
from payments.transfer_events import VerificationEnded
from payments.transfer_parameters import number
from payments.transfer_refusals import AccountVerificationFailed

# What test data get, so that a client can be written against them.
TEST_AMOUNTS = (32, 45)
TRUST = "payments.trust_account"
PRENOTE_DESCRIPTION = "PRENOTE"
OPEN = (BankAccountState.PENDING, BankAccountState.ACTIVE)


class VerificationUnderWay(Refusal):
    code: ClassVar[str] = "VERIFICATION_UNDER_WAY"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The account is being verified already"


class VerificationIsOver(Refusal):
    """It ended, or waits for something else than this."""

    code: ClassVar[str] = "VERIFICATION_STATE_FORBIDS"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The verification does not wait for this"


@dataclass(frozen=True, slots=True)
class NewVerification:
    """`source` and `source_reference` are for a trusted source: who vouches, and the name of their own record."""

    account_id: str
    method: VerificationMethod
    source: str = ""
    source_reference: str = ""


def start(*, new: NewVerification, livemode: bool, actor: Actor, now: datetime) -> AccountVerification:
    """Send what verifies the account, or ask for the signatures that do.

    Raises BankAccountNotFound, PartyNotEligible, AccountVerificationFailed (the account has ended, a source is not
    named), VerificationUnderWay, VelocityLimitExceeded, InvalidEntry, NobodyCanSign.
    """
    with transaction.atomic():
        account = _locked(new.account_id, livemode)
        require_good_standing(account.party)
        if account.state not in OPEN:
            raise AccountVerificationFailed(f"the account is {account.state}")
        if AccountVerification.objects.filter(account=account, state=VerificationState.PENDING).exists():
            raise VerificationUnderWay
        verification = AccountVerification(
            public_id=ids.prefixed("bav", now), livemode=livemode, account=account, method=new.method,
            created_by=str(actor), created_at=now,
        )  # fmt: skip
        match new.method:
            case VerificationMethod.PRENOTE:
                _send_prenote(verification, actor=actor, now=now)
            case VerificationMethod.MICRO_ENTRIES:
                verification_volumes.require_room(account, livemode=livemode, now=now)
                _send_micro_entries(verification, actor=actor, now=now)
            case VerificationMethod.TRUSTED_SOURCE:
                _ask_to_trust(verification, new.source, new.source_reference, now=now)
        record(verification, "started", actor=actor, now=now, method=new.method)
    return verification


def lock(verification_id: str, *, livemode: bool | None = None) -> AccountVerification:
    """Raises VerificationNotFound."""
    found = register.get(verification_id, livemode=livemode)
    locked = AccountVerification.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("account__party").get(pk=found.pk)


def end(verification: AccountVerification, state: VerificationState, why: str, *, actor: Actor, now: datetime) -> None:
    """A locked one, once: with its audit row and event. What is verified may still fail later, by a return."""
    verification.state, verification.why, verification.ended_at = state, why[:200], now
    if state == VerificationState.VERIFIED:
        verification.verified_at = now
    verification.save(update_fields=["state", "why", "ended_at", "verified_at", "tries_left", "approval_id"])
    record(verification, state.lower(), actor=actor, now=now, why=verification.why)
    account = verification.account
    outbox.publish(
        VerificationEnded(
            verification.public_id, account.account_id, account.party.party_id, verification.method, state,
            verification.livemode, now,
        ),
        now=now,
    )  # fmt: skip


def record(verification: AccountVerification, verb: str, *, actor: Actor, now: datetime, **details: JSON) -> None:
    audit.record(
        actor=actor, action=f"payments.verification.{verb}", subject=verification.public_id, at=now,
        details={"account_id": verification.account.account_id, "livemode": verification.livemode, **details},
    )  # fmt: skip


def _locked(account_id: str, livemode: bool) -> BankAccount:
    found = accounts.get(account_id=account_id, livemode=livemode)
    rows = BankAccount.objects.select_for_update(of=("self",), no_key=True).select_related("party")
    return rows.get(pk=found.pk)


def _send_prenote(verification: AccountVerification, *, actor: Actor, now: datetime) -> None:
    verification.save(force_insert=True)
    _submit(verification, EntryKind.PRENOTE, "", Direction.CREDIT, 0, PRENOTE_DESCRIPTION, actor=actor, now=now)


def _send_micro_entries(verification: AccountVerification, *, actor: Actor, now: datetime) -> None:
    """Two credits and the debit of both, to settle together."""
    largest = number("micro_largest_minor", now)
    first = secrets.randbelow(largest) + 1
    second = (first + secrets.randbelow(largest - 1)) % largest + 1
    amounts = (first, second) if verification.livemode else TEST_AMOUNTS
    verification.sealed = envelope.encrypt(
        purpose=Purpose.ACH, plaintext=json.dumps(sorted(amounts)).encode(), context=sealing_context(verification)
    )
    verification.tries_left = number("micro_tries", now)
    verification.expires_at = now + timedelta(days=number("micro_days", now))
    verification.save(force_insert=True)
    entries_ = [(Direction.CREDIT, amounts[0]), (Direction.CREDIT, amounts[1]), (Direction.DEBIT, sum(amounts))]
    for place, (direction, minor) in enumerate(entries_, start=1):
        _submit(verification, EntryKind.MICRO, f":{place}", direction, minor, descriptions.MICRO, actor=actor, now=now)


def _submit(
    verification: AccountVerification, kind: EntryKind, place: str, direction: Direction, minor: int,
    description: str, *, actor: Actor, now: datetime,
) -> None:  # fmt: skip
    account = verification.account
    new = NewEntry(
        kind=kind,
        reference=f"{verification.public_id}{place}",
        account=account,
        direction=direction,
        amount_minor=minor,
        sec=sec.derive(direction, account.party.kind),
        description=description,
        individual_id=verification.public_id[-15:],
    )
    entry = entries.submit(new=new, livemode=verification.livemode, actor=actor, now=now).entry
    if minor:
        transfer_holds.open_for_verification(entry, now=now)


def _ask_to_trust(verification: AccountVerification, source: str, reference: str, *, now: datetime) -> None:
    """Store it and ask for its signatures. Raises AccountVerificationFailed without a source, NobodyCanSign."""
    errors = tuple(
        FieldError(pointer, "names who vouches, and their record of it")
        for pointer, value in (("/trustedSource", source), ("/sourceReference", reference))
        if not value.strip()
    )
    if errors:
        raise AccountVerificationFailed("a trusted source is named with its reference", errors=errors)
    verification.source, verification.source_reference = source.strip(), reference.strip()
    verification.save(force_insert=True)
    request = approvals.ask(
        action=TRUST, subject=verification.public_id, given={},
        reason=f"Asked for by {verification.created_by}", actor=SYSTEM, now=now,
    )  # fmt: skip
    verification.approval_id = request.request_id
    verification.save(update_fields=["approval_id"])


def sealing_context(verification: AccountVerification) -> dict[str, str]:
    """What the sealed amounts are bound to."""
    return {
        "table": "payments_accountverification", "row": verification.public_id,
        "party": verification.account.party.party_id, "mode": "live" if verification.livemode else "test",
    }  # fmt: skip
