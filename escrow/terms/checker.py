"""Whether terms are safe to hold money under: each end reachable, each promise kept, nothing stuck.

Judged against every behaviour: anybody may satisfy any condition at any hour or never, payers may be silent for good.
House policies (signatures by amount, time locks of the funding rail) only delay a release and are not judged here.
"""

from collections.abc import Sequence

from core.errors import FieldError
from escrow.terms import ends, numbers, shares, windows
from escrow.terms.agreed import Agreed
from escrow.terms.document import InvalidTerms
from escrow.terms.faults import Fault, FaultCode, Limits

__all__ = ["Fault", "FaultCode", "Limits", "check", "refuse"]


def check(agreed: Agreed, *, amount_minor: int, eligible_count: int, limits: Limits) -> list[Fault]:
    """Everything unsafe, in the order of the document's groups, one fault per place. Empty: accepted."""
    hours = list(numbers.hour_faults(agreed))
    found = hours + list(numbers.count_faults(agreed, eligible_count=eligible_count, limits=limits))
    found += shares.faults(agreed, amount_minor=amount_minor)
    # Hours that make no sense would accuse each other.
    if not hours:
        found += [*ends.faults(agreed), *windows.faults(agreed, limits=limits)]
    first: dict[str, Fault] = {}
    for fault in found:
        first.setdefault(fault.path, fault)
    return list(first.values())


def refuse(faults: Sequence[Fault]) -> None:
    """Raises InvalidTerms with every fault at its place; does nothing where there is none."""
    if faults:
        errors = tuple(FieldError(fault.path, fault.message) for fault in faults)
        raise InvalidTerms("The terms are not safe to hold money under.", errors=errors)
