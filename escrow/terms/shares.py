"""Whether milestones divide the amount: all of it, none twice, each freed by its own condition."""

from collections.abc import Iterator

from escrow.terms.agreed import Agreed, Condition
from escrow.terms.faults import Fault, FaultCode
from escrow.terms.words import ConditionType

WHOLE = 10_000
"""Basis points of the whole amount."""


def faults(agreed: Agreed, *, amount_minor: int) -> Iterator[Fault]:
    sharing = [(i, condition) for i, condition in enumerate(agreed.conditions) if condition.has_share]
    if not sharing:
        return
    for index, condition in enumerate(agreed.conditions):
        yield from _one(index, condition, amount_minor)
    yield from _sums(sharing, amount_minor)
    if not agreed.release.partial_release_allowed:
        message = "milestones with amounts of their own are released one by one"
        yield Fault("/releaseConditions/partialReleaseAllowed", FaultCode.SHARES_NEED_PARTIAL_RELEASE, message)
    if not agreed.release.all_conditions_met:
        message = "if one condition were enough, what the other milestones are to free would never end"
        yield Fault("/releaseConditions/allConditionsMet", FaultCode.SHARES_NEED_ALL_CONDITIONS, message)


def _one(index: int, condition: Condition, amount_minor: int) -> Iterator[Fault]:
    path, milestone = f"/escrowConditions/{index}/milestoneData", condition.milestone
    if milestone is None or not milestone.has_share:
        if condition.type is ConditionType.MILESTONE_REACHED:
            yield Fault(path, FaultCode.SHARE_MISSING, "other milestones have an amount or a percentage, this one none")
        return
    amount, points = milestone.amount_minor, milestone.basis_points
    if amount is not None and points is not None:
        yield Fault(path, FaultCode.SHARE_TWICE, "give an amount or a percentage, not both")
    if amount is not None and amount < 1:
        yield Fault(f"{path}/amount", FaultCode.NOT_POSITIVE, "must be at least 1")
    if points is not None and points < 1:
        yield Fault(f"{path}/percentage", FaultCode.NOT_POSITIVE, "must be at least 0.01")
    elif points is not None and amount_minor * points < WHOLE:
        yield Fault(f"{path}/percentage", FaultCode.SHARE_TOO_SMALL, "is less than the smallest unit of the currency")


def _sums(sharing: list[tuple[int, Condition]], amount_minor: int) -> Iterator[Fault]:
    """At the last milestone, where the sum is wrong."""
    milestones = [condition.milestone for _, condition in sharing if condition.milestone]
    amounts = [each.amount_minor for each in milestones if each.amount_minor is not None]
    points = [each.basis_points for each in milestones if each.basis_points is not None]
    last = f"/escrowConditions/{sharing[-1][0]}/milestoneData"
    if amounts and points:
        yield Fault(last, FaultCode.SHARES_MIXED, "all milestones have amounts, or all have percentages")
    elif amounts and sum(amounts) != amount_minor:
        message = f"the amounts sum to {sum(amounts)}, the escrow is {amount_minor}"
        yield Fault(f"{last}/amount", FaultCode.SHARES_DO_NOT_SUM, message)
    elif points and sum(points) != WHOLE:
        whole, hundredths = divmod(sum(points), 100)
        message = f"the percentages sum to {whole}.{hundredths:02d}, not to 100"
        yield Fault(f"{last}/percentage", FaultCode.SHARES_DO_NOT_SUM, message)
