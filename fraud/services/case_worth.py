"""What a case is worth: the loss to expect, its place in the queue, and who should know about such cases."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from core.parameters import services as parameters
from fraud import priority
from fraud.enums import ReviewSkill
from fraud.models import Assessment, CaseHit, ReviewCase
from fraud.models.review_case import WAITING
from fraud.selectors import loss_bands

PRICED_AT_ONCE = 500
# Two places in the queue that differ by less are the same place.
SAME_PLACE = 1e-9


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rules of an assessment say: in words, strongest first, and the codes of those that were true."""

    why: str
    codes: list[str]


def evidence(assessment_row_id: int | None) -> Evidence:
    """Empty where there is no assessment."""
    if assessment_row_id is None:
        return Evidence("", [])
    hits = Assessment.objects.filter(pk=assessment_row_id).values_list("hits", flat=True).first() or []
    raising = sorted((hit for hit in hits if hit["points"] > 0), key=lambda hit: -hit["points"])
    return Evidence("; ".join(hit["description"] for hit in raising), [hit["code"] for hit in hits])


def skills(codes: Collection[str], amount_minor: int, *, at: datetime) -> list[str]:
    """By the rules that were true and the amount, as the parameters have it."""
    pairs = (pair.split() for pair in parameters.read("fraud.rule_skills", at=at))
    needed = {skill for code, skill in pairs if code in codes}
    if amount_minor >= parameters.read("fraud.skill_high_value_minor", at=at):
        needed.add(ReviewSkill.HIGH_VALUE.value)
    return sorted(needed)


def price(case: ReviewCase, *, at: datetime, bands: priority.Bands | None = None, further_minor: int = 0) -> None:
    """Set expected loss and place in the queue; not yet saved. `bands` as in the parameter, which they replace.

    `further_minor` are the amounts of further hits: what one payment of somebody shows, the others are suspected of.
    """
    case.expected_loss_minor = priority.expected_loss(
        case.amount_minor + further_minor,
        case.score,
        bands=bands if bands is not None else parameters.read("fraud.loss_by_score", at=at),
        unscored=parameters.read("fraud.loss_unscored", at=at),
    )
    half_life = parameters.read("fraud.queue_half_life_hours", at=at)
    case.priority = priority.priority(case.expected_loss_minor, case.due_at, half_life_hours=half_life)


def reprice(*, now: datetime) -> int:
    """Give every waiting case the loss and place that labels and parameters give it today. Returns how many moved.

    Some hundred cases a transaction; nothing is recorded, as nothing was decided.
    """
    bands = loss_bands.read(as_of=now)
    moved, last = 0, 0
    while True:
        with transaction.atomic():
            waiting = ReviewCase.objects.filter(state__in=WAITING, pk__gt=last).order_by("pk")
            batch = list(waiting.select_for_update(of=("self",))[:PRICED_AT_ONCE])
            if not batch:
                return moved
            moved += _reprice(batch, bands, now=now)
            last = batch[-1].pk


def further_amount(case: ReviewCase) -> int:
    """Minor units of every hit after the first."""
    return case.further_hits.aggregate(total=Sum("amount_minor"))["total"] or 0


def _reprice(batch: Sequence[ReviewCase], bands: priority.Bands, *, now: datetime) -> int:
    hits = CaseHit.objects.filter(case__in=batch).values_list("case_id").annotate(total=Sum("amount_minor"))
    further = dict(hits.order_by())
    changed = []
    for case in batch:
        before = (case.expected_loss_minor, case.priority)
        price(case, at=now, bands=bands, further_minor=further.get(case.pk, 0))
        if case.expected_loss_minor != before[0] or abs(case.priority - before[1]) > SAME_PLACE:
            changed.append(case)
    ReviewCase.objects.bulk_update(changed, ["expected_loss_minor", "priority"])
    return len(changed)
