"""Into which parts the money of an escrow is laid: one for each milestone with a share of its own, else one."""

from dataclasses import dataclass

from core.money import Money
from escrow.terms.agreed import Agreed, Condition


@dataclass(frozen=True, slots=True)
class Share:
    """`condition_id` is the milestone that frees it; None: the conditions together."""

    condition_id: str | None
    amount: Money


def split(agreed: Agreed, amount: Money) -> list[Share]:
    """In the order of the terms; sums to `amount` exactly, also after a fee. Shares of nothing are left out.

    Leftover units go to the largest remainders, first come first; none is left without a unit while another has two.
    """
    sharing = [condition for condition in agreed.conditions if condition.has_share]
    if not sharing:
        return [Share(None, amount)]
    parts = _at_least_one(amount.allocate([_weight(condition) for condition in sharing]))
    return [Share(each.condition_id, part) for each, part in zip(sharing, parts, strict=True) if part.minor]


def _weight(condition: Condition) -> int:
    milestone = condition.milestone
    if milestone is None:
        return 0
    return (milestone.basis_points if milestone.amount_minor is None else milestone.amount_minor) or 0


def _at_least_one(parts: list[Money]) -> list[Money]:
    parts = list(parts)
    for index, part in enumerate(parts):
        largest = max(range(len(parts)), key=lambda i: (parts[i].minor, -i))
        if part.minor == 0 and parts[largest].minor > 1:
            unit = Money(1, part.currency)
            parts[index], parts[largest] = parts[index] + unit, parts[largest] - unit
    return parts
