"""How many signatures a release needs, why, and whose."""

from dataclasses import dataclass
from datetime import datetime

from core.money import Money
from core.parameters import services as parameters
from escrow.models import Escrow
from escrow.parameters import amount_from
from escrow.selectors import approvers
from escrow.services import escrows
from escrow.terms import names
from escrow.terms.document import Agreed


@dataclass(frozen=True, slots=True)
class Needed:
    """`count` 0: none. `reasons` are clauses for the screen."""

    count: int
    reasons: tuple[str, ...]


def needed(escrow: Escrow, agreed: Agreed, amount: Money, *, now: datetime) -> Needed:
    """What the house asks for (amount, age of the seller, risk) and what the terms do; the larger number counts.

    The amount is judged together with what was released before and with the fee that was kept of it: a large one is not
    let go in small parts, and 5,000.00 that was paid by card is 5,000.00.
    """
    house = tuple(reason for reason in (_by_amount(escrow, amount, now), _by_risk(escrow, now)) if reason)
    count = int(parameters.read("escrow.signatures_least", at=now)) if house else 0
    rule = agreed.release
    if not rule.requires_manual_approval:
        return Needed(count, house)
    by_terms = f"The terms ask for {rule.minimum_approvals_required} of their approvers"
    return Needed(max(count, rule.minimum_approvals_required), (*house, by_terms))


def named_signers(escrow: Escrow, agreed: Agreed, *, count: int, now: datetime) -> frozenset[str] | None:
    """The approvers that the terms name, as far as they may be staff; None where the names do not bind.

    Whoever of them may not sign now stays named: that a role is taken does not change what was signed.
    """
    parties = (escrow.payer.party_id, escrow.payee.party_id)
    may_sign = approvers.may_sign(agreed.release.approver_user_ids, parties=parties, now=now)
    able = names.eligible(agreed, payer_id=parties[0], payee_id=parties[1], staff=may_sign, at_least=count)
    if able is None:
        return None
    return frozenset(name.lower() for name in agreed.release.approver_user_ids if "@" in name)


def seller_age_days(escrow: Escrow) -> int:
    """Whole days that the payee was known when the money came in: what does not change while it waits."""
    return max(0, ((escrow.funded_at or escrow.created_at) - escrow.payee.created_at).days)


def _by_amount(escrow: Escrow, amount: Money, now: datetime) -> str:
    total = escrows.money(escrow, escrow.released_minor + escrow.fee_minor + amount.minor)
    beside = [
        words
        for words, is_so in (("what was released before", escrow.released_minor), ("the fee", escrow.fee_minor))
        if is_so
    ]
    so_far = f"{total}, with {' and '.join(beside)}," if beside else f"{total}"
    from_minor = amount_from("escrow.signatures_from", escrow.currency, now)
    if from_minor is None:
        return f"No amount is set from which {escrow.currency} needs signatures, so every release does"
    if total.minor >= from_minor:
        return f"{so_far} is at least {escrows.money(escrow, from_minor)}"
    days = int(parameters.read("escrow.new_seller_days", at=now))
    new_from = amount_from("escrow.new_seller_signatures_from", escrow.currency, now)
    if new_from is not None and total.minor >= new_from and seller_age_days(escrow) < days:
        limit = escrows.money(escrow, new_from)
        return f"{so_far} is at least {limit}, and the seller was known for less than {days} days"
    return ""


def _by_risk(escrow: Escrow, now: datetime) -> str:
    limit = int(parameters.read("escrow.signatures_from_risk_score", at=now))
    return f"The risk score {escrow.risk_score} is at least {limit}" if escrow.risk_score >= limit else ""
