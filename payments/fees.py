"""What the marketplace keeps of a payment, and what it gives back with a refund. Pure arithmetic on whole cents.

The schedule is the dated parameter `payments.fee_basis_points` (800 as shipped): a payment keeps the schedule in
force when it was made. 500.00 at 800 basis points: fees 40.00, net 460.00.
"""

from dataclasses import dataclass
from datetime import datetime

from core.money import Money
from core.parameters import services as parameters


@dataclass(frozen=True, slots=True)
class Split:
    """`fee + net` is the amount, to the cent."""

    basis_points: int
    fee: Money
    net: Money


def split(amount: Money, *, basis_points: int) -> Split:
    fee = amount.share(basis_points)
    return Split(basis_points, fee, amount - fee)


def split_at(amount: Money, *, at: datetime) -> Split:
    return split(amount, basis_points=parameters.read("payments.fee_basis_points", at=at))


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What earlier refunds of a payment took from the fee and from the net."""

    fee: Money
    net: Money


def split_refund(payment: Split, *, before: GivenBack, refund: Money) -> GivenBack:
    """Which part of a refund comes from the fee and which from the net. The refund is no more than what is left.

    The fee follows the running total, so that refunds in any parts give back exactly the whole fee in the end: three
    refunds of a 1.00 payment (fee 0.08) by 0.33, 0.33, 0.34 give back 0.03, 0.02, 0.03 of it. Where an earlier refund
    failed and left the total a cent off, neither part is ever asked for more than it still holds.
    """
    whole = payment.fee + payment.net
    total = before.fee + before.net + refund
    target = Money((2 * payment.fee.minor * total.minor + whole.minor) // (2 * whole.minor), whole.currency)
    fee_left, net_left = payment.fee - before.fee, payment.net - before.net
    least = max(0, refund.minor - net_left.minor)
    most = min(refund.minor, fee_left.minor)
    fee = Money(min(max((target - before.fee).minor, least), most), whole.currency)
    return GivenBack(fee, refund - fee)


def gross_of_net(payment: Split, *, before: GivenBack, net: Money) -> GivenBack:
    """The inverse of `split_refund`: the refund whose net part is `net`. It is no more than what is left of the net.

    The fee follows the running total of the net, and the last of the net takes exactly the rest of the fee: 230.00 of
    a net of 460.00 (fee 40.00) is a refund of 250.00.
    """
    total = before.net + net
    target = Money((2 * payment.fee.minor * total.minor + payment.net.minor) // (2 * payment.net.minor), net.currency)
    fee = min(max((target - before.fee).minor, 0), (payment.fee - before.fee).minor)
    return GivenBack(Money(fee, net.currency), net)
