"""What of escrows is signed: the release of what they hold. Importing this also declares who is related to whom."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.urls import reverse

from compliance.models import Party
from compliance.selectors import bank_accounts
from core import approvals
from core.approvals import Content, Execution
from core.audit.chain import JSON
from core.errors import Refusal
from escrow import approvals_disputes as approvals_disputes
from escrow import approvals_receivables as approvals_receivables
from escrow import approvals_reconciliation as approvals_reconciliation
from escrow import relations as relations
from escrow.enums import EscrowStatus, PartState
from escrow.models import Escrow, Part
from escrow.selectors import agreements
from escrow.selectors.agreements import InForce
from escrow.selectors.escrows import EscrowNotFound
from escrow.services import escrows, releases, signing
from escrow.services.parts import InsufficientBalance
from escrow.states import EscrowStateForbids

MOST_SIGNATURES = 5
STAFF = "STAFF:"


class InvalidRelease(Refusal):
    """What is asked to be signed is no release: parts that are not named, or an amount that they do not make."""

    code: ClassVar[str] = "INVALID_RELEASE"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "This is no release"


def _rule(count: int) -> dict[str, JSON]:
    """The highest number also answers for more, which terms may not ask for."""
    when: JSON = {"gte": count} if count == MOST_SIGNATURES else count
    return {
        "name": "one signature" if count == 1 else f"{count} signatures",
        "when": {"signatures": when},
        "require": {"permission": "escrow.approve_release", "count": count},
    }


class ReleaseEscrow(approvals.Action):
    """The subject is the escrow's id; given are `parts` (numbers) and `amountMinor`, their sum."""

    name: ClassVar[str] = releases.ACTION
    title: ClassVar[str] = "Release an escrow"
    ask_permission: ClassVar[str] = "escrow.ask_release"
    ask_scope: ClassVar[str] = "escrows:write"
    policy: ClassVar[Mapping[str, JSON]] = {
        "expiresHours": 720,
        "rules": [_rule(count) for count in range(MOST_SIGNATURES, 0, -1)],
    }

    def hold(self, *, subject: str) -> None:
        list(Escrow.objects.select_for_update(no_key=True).filter(public_id=subject).values_list("pk"))

    def content(self, *, subject: str, given: Mapping[str, JSON], now: datetime) -> Content:
        """Raises EscrowNotFound, EscrowStateForbids (ended, disputed), InsufficientBalance (a part has ended)."""
        escrow = _escrow(subject)
        parts = _parts(escrow, given)
        terms = agreements.in_force(escrow)
        amount = escrows.money(escrow, sum(part.amount_minor for part in parts))
        count = max(1, signing.needed(escrow, terms.agreed, amount, now=now).count)
        return Content(
            summary=f"Release {amount} of {subject} to {escrow.payee.name}",
            version=_version(escrow, parts),
            evidence=_evidence(terms),
            facts={
                "amountMinor": amount.minor,
                "currency": escrow.currency,
                "signatures": count,
                "sellerAgeDays": signing.seller_age_days(escrow),
                "riskScore": escrow.risk_score,
                "livemode": escrow.livemode,
            },
            people=_who_said_so(terms),
            parties=frozenset({escrow.payer.party_id, escrow.payee.party_id}),
            signers=signing.named_signers(escrow, terms.agreed, count=count, now=now),
            url=reverse("admin:escrow", args=[escrow.public_id]),
        )

    def effect(self, execution: Execution) -> None:
        releases.execute_signed(
            escrow_id=execution.subject,
            part_numbers=_numbers(execution.given),
            approval_id=execution.request_id,
            signers=execution.signed_by,
            reason=execution.reason,
            now=execution.now,
        )


def _escrow(public_id: str) -> Escrow:
    escrow = Escrow.objects.select_related("payer", "payee").filter(public_id=public_id).first()
    if escrow is None:
        raise EscrowNotFound(f"no escrow is named {public_id}")
    if escrow.status not in (EscrowStatus.FUNDED, EscrowStatus.LOCKED):
        raise EscrowStateForbids(f"the escrow is {escrow.status}")
    return escrow


def _parts(escrow: Escrow, given: Mapping[str, JSON]) -> list[Part]:
    numbers = _numbers(given)
    parts = list(Part.objects.filter(escrow=escrow, number__in=numbers, state=PartState.HELD).order_by("number"))
    if len(parts) != len(numbers):
        raise InsufficientBalance("a part of it has ended already", fields={"available": escrow.held_minor})
    if sum(part.amount_minor for part in parts) != given.get("amountMinor"):
        raise InvalidRelease("the amount is not that of the parts")
    return parts


def _numbers(given: Mapping[str, JSON]) -> list[int]:
    numbers = given.get("parts")
    if not isinstance(numbers, list) or not numbers or not all(type(number) is int for number in numbers):
        raise InvalidRelease("parts: a list of their numbers")
    found: list[Any] = numbers
    if len(set(found)) != len(found):
        raise InvalidRelease("parts: each once")
    return found


def _version(escrow: Escrow, parts: list[Part]) -> dict[str, JSON]:
    return {
        "escrowVersion": escrow.version,
        "heldMinor": escrow.held_minor,
        "partsReleased": [
            {"number": part.number, "amountMinor": part.amount_minor, "condition": part.condition_id} for part in parts
        ],
        "payee": escrow.payee.party_id,
        "beneficiaryAccount": _beneficiary(escrow.payee),
    }


def _beneficiary(payee: Party) -> JSON:
    """The account the payee is paid to: as people read it, and a digest of its fingerprint. The number itself never."""
    account = bank_accounts.find_active(payee)
    if account is None:
        return "none"
    digest = hashlib.sha256(account.fingerprint.encode()).hexdigest()
    return {"account": account.account_id, "number": account.masked, "version": account.version, "digest": digest}


def _evidence(terms: InForce) -> dict[str, JSON]:
    return {
        "termsVersion": terms.terms.version,
        "termsDigest": terms.terms.digest,
        "conditions": {
            name: {
                "state": condition.state,
                "saidBy": condition.met_by,
                **({"acceptedBy": condition.accepted_by} if condition.accepted_by else {}),
                "documents": [
                    {"name": str(each.get("name", "")), "sha256": str(each.get("sha256", ""))}
                    for each in condition.evidence
                ],
            }
            for name, condition in terms.conditions.items()
        },
    }


def _who_said_so(terms: InForce) -> frozenset[str]:
    """Staff who said or entered that a condition is met, or accepted it, do not sign for what rests on it."""
    said = {
        name for each in terms.conditions.values() for name in (each.met_by, each.entered_by, each.accepted_by)
    }  # fmt: skip
    return frozenset(name.removeprefix(STAFF) for name in said if name.startswith(STAFF))


approvals.register(ReleaseEscrow())
