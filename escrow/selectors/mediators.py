"""Who may mediate a dispute: named in the terms or entitled, neither its raiser nor tied to either side."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core.approvals import relations
from core.approvals.relations import Ties
from core.staff import roles
from core.staff.models import User
from escrow.models import Dispute, Evidence, Submission
from escrow.terms.agreed import Agreed

PERMISSION = "escrow.mediate_dispute"
STAFF = "STAFF:"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One who has the permission. `objection` is a sentence; empty where nothing speaks against them."""

    email: str
    name: str
    objection: str


def candidates(dispute: Dispute, agreed: Agreed, *, now: datetime) -> list[Candidate]:
    """Everybody with the permission, in a fixed number of statements."""
    people = _entitled()
    named = _named(agreed, people)
    ties = _ties(dispute, [person.email for person in people], now)
    spoke = speakers(dispute)
    return [
        Candidate(person.email, person.full_name, _objection(dispute, person.email, named, spoke, ties))
        for person in people
    ]


def objection_to(dispute: Dispute, agreed: Agreed, email: str, *, now: datetime) -> str:
    """Why this person does not mediate it; empty where they may."""
    for candidate in candidates(dispute, agreed, now=now):
        if candidate.email == email:
            return candidate.objection
    return "Your roles do not mediate disputes."


def speakers(dispute: Dispute) -> frozenset[str]:
    """Staff who entered evidence for a side, by e-mail. One statement."""
    staged, submitted = (
        model.objects.filter(dispute=dispute, by__startswith=STAFF).order_by().values_list("by")
        for model in (Evidence, Submission)
    )
    return frozenset(by.removeprefix(STAFF) for (by,) in staged.union(submitted))


def _entitled() -> list[User]:
    active = User.objects.filter(is_active=True).prefetch_related("role_assignments").order_by("email")
    return [person for person in active if roles.grants(person.roles, PERMISSION)]


def _named(agreed: Agreed, people: Iterable[User]) -> frozenset[str]:
    """Whom the terms name among the staff who mediate; empty: anybody does."""
    wanted = {name.lower() for name in agreed.disputes.mediator_user_ids}
    return frozenset(person.email for person in people if person.email.lower() in wanted)


def _ties(dispute: Dispute, emails: list[str], now: datetime) -> Ties:
    return relations.read(people=emails, names=_concerned(dispute), on=now.date())


def _concerned(dispute: Dispute) -> list[str]:
    raiser = dispute.raised_by.removeprefix(STAFF) if dispute.raised_by.startswith(STAFF) else ""
    return [name for name in (dispute.escrow.payer.party_id, dispute.escrow.payee.party_id, raiser) if name]


def _objection(
    dispute: Dispute, email: str, named: frozenset[str], spoke: frozenset[str], ties: Ties
) -> str:  # fmt: skip
    if dispute.raised_by == f"{STAFF}{email}":
        return "Whoever raised a dispute does not mediate it."
    if email in spoke:
        return "Whoever entered evidence for a side does not mediate between them."
    if named and email not in named:
        return f"The terms name who mediates: {', '.join(sorted(named))}."
    if why := ties.why(email, _concerned(dispute)):
        return f"Related: {why}."
    return ""
