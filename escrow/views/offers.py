"""Which acts a person is offered on an escrow's page, each as the form it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.forms import Form
from django.http import HttpRequest

from core import console
from core.money import Currency
from escrow.enums import EscrowStatus
from escrow.forms.escrows import AcceptForm, FundForm, HoldForm, RefundForm, ReleaseForm, SatisfyForm
from escrow.models import Escrow
from escrow.selectors.agreements import InForce
from escrow.selectors.pages import Standing
from escrow.services.terms import is_of_staff
from escrow.states import OPEN
from escrow.views import shown

FUND, SATISFY, RELEASE = "escrow.fund_escrow", "escrow.satisfy_condition", "escrow.ask_release"
REFUND, LOCK, PROPOSE = "escrow.refund_escrow", "escrow.lock_escrow", "escrow.propose_terms"
MOVABLE = (EscrowStatus.FUNDED, EscrowStatus.LOCKED)
Bound = Mapping[str, Form]


@dataclass(frozen=True, slots=True)
class Offers:
    """None: not for this person, or not now."""

    fund: Form | None = None
    release: Form | None = None
    refund: Form | None = None
    hold: Form | None = None
    may_free: bool = False
    may_amend: bool = False
    may_take_back: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.fund or self.release or self.refund or self.hold or self.may_amend)


@dataclass(frozen=True, slots=True)
class ConditionOffer:
    """`accept` ends its inspection; `accept_objection` is why this person may not, though their roles may."""

    line: shown.ConditionLine
    form: Form | None
    accept: Form | None = None
    accept_objection: str = ""


def of(request: HttpRequest, found: Standing, bound: Bound | None) -> Offers:
    escrow, sent, may = found.escrow, bound or {}, request.user.has_perm
    movable = escrow.status in MOVABLE
    is_new = escrow.status == EscrowStatus.CREATED
    return Offers(
        fund=sent.get("fund") or FundForm() if is_new and found.terms and may(FUND) else None,
        release=sent.get("release") or release_form(escrow, found.terms)
        if movable and found.question is None and found.terms and may(RELEASE)
        else None,
        refund=sent.get("refund") or refund_form(escrow, found.terms) if (movable or is_new) and may(REFUND) else None,
        hold=sent.get("hold") or HoldForm() if escrow.status in OPEN and may(LOCK) else None,
        may_free=may(LOCK),
        may_amend=(movable or is_new) and found.terms is not None and found.proposed is None and may(PROPOSE),
        may_take_back=found.proposed is not None and is_of_staff(found.proposed) and may(PROPOSE),
    )


def conditions(
    request: HttpRequest, escrow: Escrow, found: Standing, bound: Bound | None, now: datetime
) -> list[ConditionOffer]:
    """Each condition, with the forms that say it is met, or that the payer has looked, for whoever may."""
    if found.terms is None:
        return []
    may = request.user.has_perm(SATISFY) and escrow.status in MOVABLE
    me, sent = str(console.actor(request)), bound or {}
    return [
        _offer(escrow, line, sent, me=me) if may else ConditionOffer(line, None)
        for line in shown.condition_lines(escrow, found.terms, now)
    ]


def _offer(escrow: Escrow, line: shown.ConditionLine, sent: Bound, *, me: str) -> ConditionOffer:
    name, number = line.row.condition_id, line.row.number
    met = sent.get(f"satisfy:{name}") or satisfy_form(line.named, number) if line.may_be_met else None
    if not line.is_inspected:
        return ConditionOffer(line, met)
    if line.row.entered_by == me:
        return ConditionOffer(line, met, accept_objection="You entered that it is met: another person accepts it.")
    return ConditionOffer(line, met, accept=sent.get(f"accept:{name}") or accept_form(escrow, number))


def satisfy_form(named: tuple[str, ...], number: int, data: Mapping[str, str] | None = None) -> SatisfyForm:
    return SatisfyForm(data, named=named, auto_id=f"id_condition_{number}_%s")


def accept_form(escrow: Escrow, number: int, data: Mapping[str, str] | None = None) -> AcceptForm:
    return AcceptForm(data, payer=escrow.payer.party_id, auto_id=f"id_acceptance_{number}_%s")


def release_form(escrow: Escrow, terms: InForce | None, data: Mapping[str, str] | None = None) -> ReleaseForm:
    partial = bool(terms and terms.agreed.release.partial_release_allowed)
    milestones = [each.condition_id for each in terms.agreed.conditions if each.has_share] if terms and partial else []
    return ReleaseForm(
        data, currency=Currency[escrow.currency], is_partial=partial, milestones=milestones, auto_id="id_release_%s"
    )


def refund_form(escrow: Escrow, terms: InForce | None, data: Mapping[str, str] | None = None) -> RefundForm:
    partial = bool(terms and terms.agreed.release.partial_release_allowed) and escrow.status in MOVABLE
    return RefundForm(data, currency=Currency[escrow.currency], is_partial=partial, auto_id="id_refund_%s")
