"""Which acts a person is offered on an escrow's page, each as the form it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.forms import Form
from django.http import HttpRequest

from core.money import Currency
from escrow.enums import EscrowStatus
from escrow.forms.escrows import FundForm, HoldForm, RefundForm, ReleaseForm, SatisfyForm
from escrow.models import Escrow
from escrow.selectors.agreements import InForce
from escrow.selectors.pages import Standing
from escrow.states import OPEN
from escrow.views import shown

FUND, SATISFY, RELEASE = "escrow.fund_escrow", "escrow.satisfy_condition", "escrow.ask_release"
REFUND, LOCK = "escrow.refund_escrow", "escrow.lock_escrow"
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

    @property
    def is_empty(self) -> bool:
        return not (self.fund or self.release or self.refund or self.hold)


@dataclass(frozen=True, slots=True)
class ConditionOffer:
    line: shown.ConditionLine
    form: Form | None


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
    )


def conditions(
    request: HttpRequest, escrow: Escrow, found: Standing, bound: Bound | None, now: datetime
) -> list[ConditionOffer]:
    """Each condition, with the form that says it is met for whoever may."""
    if found.terms is None:
        return []
    may = request.user.has_perm(SATISFY) and escrow.status in MOVABLE
    return [
        ConditionOffer(
            line,
            (bound or {}).get(f"satisfy:{line.row.condition_id}") or satisfy_form(line.named, line.row.number)
            if may and line.may_be_met
            else None,
        )
        for line in shown.condition_lines(escrow, found.terms, now)
    ]


def satisfy_form(named: tuple[str, ...], number: int, data: Mapping[str, str] | None = None) -> SatisfyForm:
    return SatisfyForm(data, named=named, auto_id=f"id_condition_{number}_%s")


def release_form(escrow: Escrow, terms: InForce | None, data: Mapping[str, str] | None = None) -> ReleaseForm:
    partial = bool(terms and terms.agreed.release.partial_release_allowed)
    milestones = [each.condition_id for each in terms.agreed.conditions if each.has_share] if terms and partial else []
    return ReleaseForm(
        data, currency=Currency[escrow.currency], is_partial=partial, milestones=milestones, auto_id="id_release_%s"
    )


def refund_form(escrow: Escrow, terms: InForce | None, data: Mapping[str, str] | None = None) -> RefundForm:
    partial = bool(terms and terms.agreed.release.partial_release_allowed) and escrow.status in MOVABLE
    return RefundForm(data, currency=Currency[escrow.currency], is_partial=partial, auto_id="id_refund_%s")
