"""The terms that hold for an escrow now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from core.errors import Refusal
from escrow.enums import TermsState
from escrow.models import Condition, Escrow, Terms
from escrow.terms import document
from escrow.terms.document import Agreed


class TermsNotAgreed(Refusal):
    """Not both sides have agreed to the terms yet: no money is taken under them."""

    code: ClassVar[str] = "TERMS_NOT_AGREED"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The terms are not agreed by both sides"


@dataclass(frozen=True, slots=True)
class InForce:
    """The agreed version and its conditions by id, in their order."""

    terms: Terms
    agreed: Agreed
    conditions: Mapping[str, Condition]

    @property
    def states(self) -> Mapping[str, str]:
        return {name: condition.state for name, condition in self.conditions.items()}


def in_force(escrow: Escrow) -> InForce:
    """Raises TermsNotAgreed."""
    terms = Terms.objects.filter(escrow=escrow, state=TermsState.AGREED).first()
    if terms is None:
        raise TermsNotAgreed
    conditions = Condition.objects.filter(terms=terms).order_by("number")
    return InForce(terms, document.parse(terms.document), {each.condition_id: each for each in conditions})


def list_versions(escrow: Escrow) -> list[Terms]:
    """Newest first."""
    return list(Terms.objects.filter(escrow=escrow).order_by("-version"))
