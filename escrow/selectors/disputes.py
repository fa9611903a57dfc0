"""Reads of disputes: one, many, what each side has said, what belongs to the case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from core.errors import Refusal
from escrow.dispute_enums import DisputeSide, DisputeState, EvidenceKind
from escrow.dispute_states import WAITING
from escrow.models import Dispute, DisputeCause, Escrow, Evidence, Submission

PARTIES = (DisputeSide.PAYER, DisputeSide.PAYEE)


class DisputeNotFound(Refusal):
    code = "DISPUTE_NOT_FOUND"
    status = 404
    title = "No such dispute"


@dataclass(frozen=True, slots=True)
class Story:
    """What one side says: the last statement, the last document under each name, and whether it has submitted."""

    side: DisputeSide
    statement: str = ""
    documents: Sequence[Evidence] = ()
    submission: Submission | None = None

    @property
    def is_empty(self) -> bool:
        return not self.statement and not self.documents


def get(dispute_id: str, *, livemode: bool) -> Dispute:
    """With its escrow and the parties. Raises DisputeNotFound."""
    found = list_in_mode(livemode=livemode).filter(public_id=dispute_id).first()
    if found is None:
        raise DisputeNotFound
    return found


def list_in_mode(*, livemode: bool) -> QuerySet[Dispute]:
    return Dispute.objects.select_related("escrow__payer", "escrow__payee", "escrow__payment").filter(livemode=livemode)


def list_waiting(*, livemode: bool, mediator: str | None = None) -> QuerySet[Dispute]:
    """Not ended. `mediator`: an e-mail, or empty for those nobody has."""
    found = list_in_mode(livemode=livemode).filter(state__in=sorted(WAITING))
    return found if mediator is None else found.filter(mediator=mediator)


def list_of_escrow(escrow: Escrow) -> list[Dispute]:
    """Newest first."""
    found = Dispute.objects.select_related("escrow__payer", "escrow__payee").filter(escrow=escrow)
    return list(found.order_by("-opened_at", "-id"))


def find_open(escrow: Escrow) -> Dispute | None:
    return Dispute.objects.filter(escrow=escrow, state__in=sorted(WAITING)).first()


def causes_of(disputes: Sequence[Dispute]) -> Mapping[int, list[DisputeCause]]:
    """Of many, in one statement, by primary key."""
    found: dict[int, list[DisputeCause]] = {dispute.pk: [] for dispute in disputes}
    for cause in DisputeCause.objects.filter(dispute__in=list(found)).order_by("id"):
        found[cause.dispute_id].append(cause)
    return found


def list_causes(dispute: Dispute) -> list[DisputeCause]:
    return list(DisputeCause.objects.filter(dispute=dispute).order_by("id"))


def stories(dispute: Dispute) -> dict[DisputeSide, Story]:
    """Both sides, in two statements."""
    return stories_of([dispute])[dispute.pk]


def stories_of(disputes: Sequence[Dispute]) -> Mapping[int, dict[DisputeSide, Story]]:
    """The same for many, in two statements, by primary key."""
    keys = [dispute.pk for dispute in disputes]
    said = list(Evidence.objects.filter(dispute__in=keys).order_by("id"))
    closed = list(Submission.objects.filter(dispute__in=keys))
    return {
        key: {
            side: _story(
                side,
                [each for each in said if (each.dispute_id, each.side) == (key, side)],
                next((each for each in closed if (each.dispute_id, each.side) == (key, side)), None),
            )
            for side in PARTIES
        }
        for key in keys
    }


def is_heard(dispute: Dispute, told: Mapping[DisputeSide, Story], *, now: datetime) -> bool:
    """Both sides have submitted, or the time for it is over."""
    return now >= dispute.evidence_due_at or all(story.submission for story in told.values())


def count_waiting(*, livemode: bool, email: str) -> dict[str, int]:
    """How many wait: all, nobody's, this person's, for signatures."""
    counted = list_waiting(livemode=livemode).aggregate(
        waiting=Count("pk"),
        free=Count("pk", filter=Q(mediator="")),
        mine=Count("pk", filter=Q(mediator=email)),
        proposed=Count("pk", filter=Q(state=DisputeState.PROPOSED)),
    )
    return {name: int(number) for name, number in counted.items()}


def _story(side: DisputeSide, said: Sequence[Evidence], submission: Submission | None) -> Story:
    statements = [each.text for each in said if each.kind == EvidenceKind.STATEMENT]
    documents = {each.name: each for each in said if each.kind == EvidenceKind.DOCUMENT}
    return Story(side, statements[-1] if statements else "", tuple(documents.values()), submission)
