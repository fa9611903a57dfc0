"""Make an agreement: parties screened, terms read and checked, versions agreed by both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction

from compliance.enums import PARTY_CREATED_UNVERIFIED, PartyType
from compliance.models import Party
from compliance.services import parties, screening
from compliance.services.parties import PartyRef
from compliance.services.screening import Screening
from core import ids
from core.actors import Actor
from core.errors import FieldError, Refusal
from core.money import Currency, Money
from core.outbox import services as outbox
from core.parameters import services as parameters
from escrow import parameters as configured
from escrow.enums import ConditionState, ConditionType, EscrowStatus, TermsState, TimerKind
from escrow.events import EscrowCreated
from escrow.models import Condition, Escrow, Terms
from escrow.selectors import approvers
from escrow.services import escrows, exposure, timers
from escrow.terms import checker, document, names
from escrow.terms.document import Agreed

ATTESTED = "ATTESTED"


class ComplianceScreeningFailed(Refusal):
    """Says nothing about why: a reason may tip somebody off."""

    code: ClassVar[str] = "COMPLIANCE_SCREENING_FAILED"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The escrow cannot be opened for these parties"


class UnsafeTerms(Refusal):
    """The terms can be read and must not be agreed: each error names the path of what is wrong."""

    code: ClassVar[str] = "UNSAFE_TERMS"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "These terms cannot be agreed"


class AmountNotAccepted(Refusal):
    code: ClassVar[str] = "INVALID_ESCROW"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The escrow cannot be opened"


@dataclass(frozen=True, slots=True)
class EscrowOrder:
    """What `POST /v1/escrows` asks for. `document` holds the four blocks of the terms in wire form.

    `parties_confirm`: each side confirms by itself before money is taken; else the marketplace attests both.
    """

    payer_id: str
    payee_id: str
    amount_minor: int
    currency: str
    document: Mapping[str, Any]
    service_id: str = ""
    booking_id: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    parties_confirm: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Terms that were read and found safe, with what is said of the names in them."""

    agreed: Agreed
    flags: list[str]


def create(order: EscrowOrder, *, livemode: bool, actor: Actor, now: datetime, claim_id: int | None = None) -> Escrow:
    """CREATED, waiting for its money. Raises InvalidTerms, UnsafeTerms, ComplianceScreeningFailed, PartyNotFound."""
    amount = _amount(order, now)
    with transaction.atomic():
        payer, payee, entered = _parties(order, livemode=livemode, actor=actor, now=now)
        found = screening.screen([payer, payee], now=now)
        if not found.passed:
            raise ComplianceScreeningFailed
        read = read_terms(order.document, payer=payer, payee=payee, amount=amount, now=now)
        escrow = _row(order, payer, payee, found, [*entered, *read.flags], livemode=livemode, actor=actor, now=now)
        escrow.claim_id = claim_id
        escrow.save(force_insert=True)
        note_checks(escrow, found, actor=actor, now=now)
        state = TermsState.PROPOSED if order.parties_confirm else TermsState.AGREED
        keep(escrow, order.document, state=state, proposed_by=str(actor), reason="", now=now)
        expiry = now + configured.hours("escrow.funding_expiry_hours", now)
        timers.set_(escrow, TimerKind.FUNDING_EXPIRY, expiry, now=now)
        escrows.record(
            escrow, "created", actor=actor, now=now, amount_minor=escrow.amount_minor, currency=escrow.currency,
            booking_id=escrow.booking_id,
        )  # fmt: skip
        outbox.publish(EscrowCreated(escrow.public_id, escrow.amount_minor, escrow.currency, livemode, now), now=now)
    return escrow


def read_terms(wire: Mapping[str, Any], *, payer: Party, payee: Party, amount: Money, now: datetime) -> Read:
    """Raises InvalidTerms for what cannot be read, UnsafeTerms for what must not be agreed."""
    agreed = document.parse(wire)
    may_sign = approvers.may_sign(_named(agreed), parties=(payer.party_id, payee.party_id), now=now)
    chosen = names.eligible(agreed, payer_id=payer.party_id, payee_id=payee.party_id, staff=may_sign)
    eligible = approvers.count(parties=(payer.party_id, payee.party_id), now=now) if chosen is None else len(chosen)
    limits = checker.Limits(longest_hold_hours=parameters.read("escrow.longest_hold_hours", at=now))
    faults = checker.check(agreed, amount_minor=amount.minor, eligible_count=eligible, limits=limits)
    if faults:
        raise UnsafeTerms(
            faults[0].message,
            errors=tuple(FieldError(fault.path, fault.message) for fault in faults),
            fields={"faults": [{"path": fault.path, "code": fault.code} for fault in faults]},
        )
    flags = names.flags(agreed, payer_id=payer.party_id, payee_id=payee.party_id, staff=may_sign)
    return Read(agreed, flags)


def flag_anew(escrow: Escrow, agreed: Agreed, *, now: datetime) -> None:
    """What is said of the names in amended terms takes the place of what was said of the ones before."""
    parties = (escrow.payer.party_id, escrow.payee.party_id)
    may_sign = approvers.may_sign(_named(agreed), parties=parties, now=now)
    entered = [flag for flag in escrow.compliance_flags if flag.startswith(PARTY_CREATED_UNVERIFIED)]
    said = names.flags(agreed, payer_id=parties[0], payee_id=parties[1], staff=may_sign)
    escrow.compliance_flags = [*entered, *said]


def keep(
    escrow: Escrow, wire: Mapping[str, Any], *, state: TermsState, proposed_by: str, reason: str, now: datetime
) -> Terms:
    """Store the next version of the terms, with its conditions where it is in force at once."""
    in_force = state == TermsState.AGREED
    at, by = (now, ATTESTED) if in_force else (None, "")
    terms = Terms.objects.create(
        escrow=escrow,
        version=Terms.objects.filter(escrow=escrow).count() + 1,
        document=dict(wire),
        digest=document.digest(wire),
        state=state,
        proposed_by=proposed_by,
        reason=reason,
        payer_agreed_at=at,
        payer_agreed_by=by,
        payee_agreed_at=at,
        payee_agreed_by=by,
        created_at=now,
        in_force_at=at,
    )
    if in_force:
        write_conditions(escrow, terms)
    return terms


def write_conditions(escrow: Escrow, terms: Terms) -> list[Condition]:
    agreed = document.parse(terms.document)
    return Condition.objects.bulk_create(
        Condition(
            escrow=escrow,
            terms=terms,
            condition_id=condition.condition_id,
            number=number,
            type=ConditionType(condition.type),
            description=condition.description,
            state=ConditionState.OPEN,
        )
        for number, condition in enumerate(agreed.conditions, start=1)
    )


def _named(agreed: Agreed) -> list[str]:
    return [
        *agreed.release.approver_user_ids,
        *agreed.disputes.mediator_user_ids,
        *agreed.timeouts.escalation_user_ids,
    ]


def _amount(order: EscrowOrder, now: datetime) -> Money:
    if order.currency not in parameters.read("payments.currencies", at=now):
        raise AmountNotAccepted(errors=(FieldError("/currency", "is not switched on"),))
    if order.amount_minor < 1:
        raise AmountNotAccepted(errors=(FieldError("/amount", "must be at least 1"),))
    return Money(order.amount_minor, Currency[order.currency])


def _parties(order: EscrowOrder, *, livemode: bool, actor: Actor, now: datetime) -> tuple[Party, Party, list[str]]:
    references = [PartyRef(order.payer_id, PartyType.CUSTOMER), PartyRef(order.payee_id, PartyType.PROVIDER)]
    ensured = parties.ensure_many(references=references, livemode=livemode, actor=actor, now=now)
    entered = [f"{PARTY_CREATED_UNVERIFIED}:{name}" for name, each in sorted(ensured.items()) if each.created]
    return ensured[order.payer_id].party, ensured[order.payee_id].party, entered


def _row(
    order: EscrowOrder, payer: Party, payee: Party, found: Screening, flags: list[str], *, livemode: bool,
    actor: Actor, now: datetime,
) -> Escrow:  # fmt: skip
    public_id = ids.escrow(now)
    escrow = Escrow(
        public_id=public_id,
        account=public_id,
        livemode=livemode,
        status=EscrowStatus.CREATED,
        payer=payer,
        payee=payee,
        booking_id=order.booking_id,
        service_id=order.service_id,
        amount_minor=order.amount_minor,
        currency=order.currency,
        risk_score=found.risk_score,
        compliance_flags=flags,
        metadata=dict(order.metadata),
        created_by=str(actor),
        created_at=now,
        updated_at=now,
    )
    lock = exposure.available(escrow, funded_at=now, now=now)
    escrow.available_at, escrow.available_why = lock.at, lock.why
    return escrow


def note_checks(escrow: Escrow, found: Screening, *, actor: Actor, now: datetime) -> None:
    escrows.record(escrow, "validated", actor=actor, now=now, errors=[])
    escrows.record(
        escrow, "screened", actor=actor, now=now, passed=found.passed, risk_score=found.risk_score,
        aml_flags=list(found.aml_flags), kyc_flags=list(found.kyc_flags),
    )  # fmt: skip
