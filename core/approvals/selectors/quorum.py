"""Whose signature counts now: by the policy, the roles and the relations of this moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.approvals import policy, policy_documents, relations
from core.approvals.devices import UNKNOWN_HANDS, Hands
from core.approvals.models import ApprovalRequest, PolicyVersion, Signature, Verdict
from core.approvals.policy import Person, Rule, Seating
from core.approvals.relations import Ties
from core.approvals.selectors import policies
from core.approvals.states import State
from core.staff.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """A signature of the current revision. `objection` says why it does not count (any more); empty when it does."""

    signature: Signature
    objection: str


@dataclass(frozen=True, slots=True)
class Quorum:
    """`rule` is None where no rule of the policy in force fits: then nothing is ever enough.

    `signatures` are all there ever were, `standings` those of the current revision.
    """

    request: ApprovalRequest
    version: PolicyVersion | None
    rule: Rule | None
    signatures: tuple[Signature, ...]
    standings: tuple[Standing, ...]
    ties: Ties = field(repr=False)

    @property
    def counted(self) -> list[User]:
        """Those whose signature counts, in the order they signed."""
        return [standing.signature.signer for standing in self.standings if not standing.objection]

    @property
    def seating(self) -> Seating | None:
        return policy.seat(self.rule.require, map(person, self.counted)) if self.rule else None

    @property
    def is_there(self) -> bool:
        return bool(self.seating and self.seating.is_complete)

    def objection_to(self, user: User, hands: Hands = UNKNOWN_HANDS) -> str:
        """Why this person may not put their signature here now, in this browser; empty when they may."""
        if any(standing.signature.signer_id == user.pk for standing in self.standings):
            return "You have signed this already."
        if why := objection(user, self.request, self.ties):
            return why
        if self.rule is None or not policy.fits_somewhere(self.rule.require, person(user)):
            return "Your roles do not sign this."
        if not policy.helps(self.rule.require, map(person, self.counted), person(user)):
            return "The places your roles could fill are taken."
        return self._objection_to(hands, user)

    def objection_to_denial(self, user: User) -> str:
        """Whoever could sign may deny, also after having signed."""
        if why := objection(user, self.request, self.ties):
            return why
        if self.rule is None or not policy.fits_somewhere(self.rule.require, person(user)):
            return "Your roles do not decide this."
        return ""

    def is_of_the_roles_of(self, user: User) -> bool:
        """Whether their roles could sign it, whatever else keeps them from it."""
        return user.is_active and self.rule is not None and policy.fits_somewhere(self.rule.require, person(user))

    def _objection_to(self, hands: Hands, user: User) -> str:
        """One pair of hands signs once, whatever the account; also what is void by now was signed by them."""
        for signature in self.signatures:
            if signature.verdict == Verdict.SIGN and signature.signer_id != user.pk and hands.were_used(signature):
                return f"{signature.signer} has signed this in the same browser: two people sign in two."
        return ""


def person(user: User) -> Person:
    return Person(user.email, user.roles, user.has_perm)


def objection(user: User, request: ApprovalRequest, ties: Ties) -> str:
    """What separates a person from this request, whatever their roles: a closed account, or a part in it."""
    if not user.is_active:
        return "The account is closed."
    if user.email == request.asker_email:
        return "Whoever asks does not sign."
    if user.email in request.content["people"]:
        return "It is about this person."
    named = request.content.get("signers")
    if named is not None and user.email not in named:
        return f"Only those named sign this: {', '.join(named) or 'nobody'}."
    if why := ties.why(user.email, [*request.content["parties"], request.asker_email]):
        return f"Related: {why}."
    return ""


def of(request: ApprovalRequest, *, now: datetime, extra: Sequence[User] = ()) -> Quorum:
    """`extra` are people who might sign next: their relations are read too."""
    return list_of([request], now=now, extra=extra)[0]


def list_of(requests: Sequence[ApprovalRequest], *, now: datetime, extra: Sequence[User] = ()) -> list[Quorum]:
    """The same for many, in a number of statements that does not grow with them."""
    versions = policies.list_in_force([request.action for request in requests], at=now)
    given = _signatures(requests)
    signers = [signature.signer for found in given.values() for signature in found]
    ties = ties_of([*signers, *extra], requests, now=now)
    return [_quorum(request, versions.get(request.action), given[request.pk], ties) for request in requests]


def ties_of(people: Iterable[User], requests: Sequence[ApprovalRequest], *, now: datetime) -> Ties:
    names = {name for request in requests for name in (*request.content["parties"], request.asker_email)}
    return relations.read(people={user.email for user in people}, names=names, on=now.date())


def _signatures(requests: Sequence[ApprovalRequest]) -> dict[int, list[Signature]]:
    """By request, in the order they were given, with the signers and their roles as they are now."""
    found: dict[int, list[Signature]] = {request.pk: [] for request in requests}
    rows = Signature.objects.filter(request__in=list(found)).select_related("signer").order_by("pk")
    for signature in rows.prefetch_related("signer__role_assignments"):
        found[signature.request_id].append(signature)
    return found


def _quorum(request: ApprovalRequest, version: PolicyVersion | None, signatures: list[Signature], ties: Ties) -> Quorum:
    rule = policy_documents.parse(version.document).rule_for(request.content["facts"]) if version else None
    if request.state == State.EXECUTED:
        ties = Ties(())  # who became related afterwards was not when it counted
    standings = tuple(
        Standing(signature, _objection(signature, request, rule, ties))
        for signature in signatures
        if signature.revision == request.revision and signature.verdict == Verdict.SIGN
    )
    return Quorum(request, version, rule, tuple(signatures), standings, ties)


def _objection(signature: Signature, request: ApprovalRequest, rule: Rule | None, ties: Ties) -> str:
    if why := objection(signature.signer, request, ties):
        return why
    if rule and not policy.fits_somewhere(rule.require, person(signature.signer)):
        return "The role it was given with is gone."
    return ""
