"""How often two people who judged the same case agreed, and whose first decisions were overturned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from core.actors import Actor
from fraud.enums import CaseState
from fraud.models import ReviewCase, SecondReview
from fraud.models.review_case import WAITING

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one analyst or one finding. `overturned` are differences a lead settled against the first decision."""

    name: str
    reviewed: int
    agreed: int
    overturned: int

    @property
    def agreement(self) -> str:
        """In whole percent; empty where nothing was judged again."""
        return f"{self.agreed * PERCENT // self.reviewed} %" if self.reviewed else ""

    @property
    def overturn(self) -> str:
        return f"{self.overturned * PERCENT // self.reviewed} %" if self.reviewed else ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Rows of the first cases that somebody is judging again, ids of their payments, and of payers and payees."""

    cases: Sequence[int]
    payments: Sequence[str]
    parties: Sequence[str]


def rates(*, livemode: bool, since: datetime, by: str) -> list[Rate]:
    """By `first_by` (analysts) or `first__outcome` (what the first one found), most judged first. One statement."""
    found = (
        _concluded(livemode, since)
        .values_list(by)
        .annotate(
            reviewed=Count("id"), agreed=Count("id", filter=Q(agrees=True)), overturned=Count("id", filter=_OVERTURNED)
        )
        .order_by("-reviewed", by)
    )
    return [Rate(*row) for row in found]


def list_differences(*, livemode: bool, limit: int = 100) -> list[SecondReview]:
    """What a lead has still to settle, oldest first."""
    found = SecondReview.objects.filter(first__livemode=livemode, agrees=False, settled_at=None)
    return list(found.select_related("first", "second").order_by("concluded_at", "id")[:limit])


def count_waiting(*, livemode: bool) -> int:
    return SecondReview.objects.filter(first__livemode=livemode, agrees=None).count()


def find_for_first(*, case_id: str) -> SecondReview | None:
    """With both cases."""
    return SecondReview.objects.select_related("first", "second").filter(first__case_id=case_id).first()


def find_blinding(*, case: ReviewCase, actor: Actor) -> ReviewCase | None:
    """The second review of this case that the person is working on: until it is decided, this one is not for them."""
    found = _in_hand(actor).filter(first=case).select_related("second").first()
    return found.second if found else None


def find_blinding_payment(*, payment_id: str, actor: Actor) -> ReviewCase | None:
    """The same for the payment: what became of it tells what was found first."""
    found = _in_hand(actor).filter(second__payment_id=payment_id).select_related("second").first()
    return found.second if found else None


def hidden_from(actor: Actor) -> Hidden:
    """What this person must not be shown, of both modes. One statement, by the index of what they hold."""
    found = list(_in_hand(actor).select_related("second"))
    seconds = [review.second for review in found]
    return Hidden(
        cases=[review.first_id for review in found],
        payments=[case.payment_id for case in seconds if case.payment_id],
        parties=[party_id for case in seconds for party_id in (case.payer_id, case.payee_id) if party_id],
    )


def _in_hand(actor: Actor) -> QuerySet[SecondReview]:
    """Undecided, and held or given to this person; also when the claim has lapsed, until another takes it."""
    mine = Q(second__state=CaseState.CLAIMED, second__claimed_by=str(actor)) | Q(
        second__state__in=WAITING, second__assigned_to=str(actor)
    )
    return SecondReview.objects.filter(mine, agrees=None)


def _concluded(livemode: bool, since: datetime) -> QuerySet[SecondReview]:
    return SecondReview.objects.filter(first__livemode=livemode, agrees__isnull=False, concluded_at__gt=since)


_FRAUD = ["SUSPECTED_FRAUD", "CONFIRMED_FRAUD"]
# Fraud where the first one found none, or the other way round.
_OVERTURNED = Q(settled_outcome="GENUINE", first__outcome__in=_FRAUD) | Q(
    settled_outcome__in=_FRAUD, first__outcome="GENUINE"
)
