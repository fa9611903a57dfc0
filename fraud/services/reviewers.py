"""What analysts are good at, as a lead sees it."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from fraud.enums import ReviewSkill
from fraud.models import ReviewerSkill


class UnknownSkill(Refusal):
    code = "UNKNOWN_REVIEW_SKILL"
    title = "There is no such skill"


def set_skills(*, person: Actor, skills: Collection[str], actor: Actor, now: datetime) -> list[str]:
    """Exactly these from now on. Returns them in order. Raises UnknownSkill."""
    unknown = sorted(set(skills) - set(ReviewSkill.values))
    if unknown:
        raise UnknownSkill(f"{unknown[0]} is none of {', '.join(ReviewSkill.values)}")
    wanted = sorted(set(skills))
    with transaction.atomic():
        given = ReviewerSkill.objects.select_for_update().filter(person=str(person))
        known = set(given.values_list("skill", flat=True))
        if known == set(wanted):
            return wanted
        given.exclude(skill__in=wanted).delete()
        ReviewerSkill.objects.bulk_create(
            [
                ReviewerSkill(person=str(person), skill=skill, given_by=str(actor), given_at=now)
                for skill in wanted
                if skill not in known
            ],
            ignore_conflicts=True,
        )
        audit.record(
            actor=actor, action="fraud.reviewer.skills_set", subject=person.id, at=now,
            details={"skills": list(wanted)},
        )  # fmt: skip
    return wanted
