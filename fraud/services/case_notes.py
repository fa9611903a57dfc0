"""What people leave on a case for whoever reads it next, and who is reading it now."""

from datetime import datetime

from django.db import transaction

from core.actors import Actor
from core.audit import services as audit
from core.errors import Refusal
from fraud.models import CaseNote, CaseViewer, ReviewCase
from fraud.services.case_claims import CaseNotFound

LONGEST = 2_000


class InvalidNote(Refusal):
    code = "INVALID_CASE_NOTE"
    title = "The note cannot be kept"


def add(*, case_id: str, text: str, actor: Actor, now: datetime) -> CaseNote:
    """Kept for good, on decided cases too. Raises CaseNotFound, InvalidNote for an empty or too long one."""
    if not text.strip() or len(text) > LONGEST:
        raise InvalidNote(f"a note has 1 to {LONGEST:,} characters")
    case = _case(case_id)
    with transaction.atomic():
        note = CaseNote.objects.create(case=case, text=text.strip(), written_by=str(actor), written_at=now)
        audit.record(actor=actor, action="fraud.case.noted", subject=case_id, at=now, details={"note": note.pk})
    return note


def look(*, case: ReviewCase, actor: Actor, now: datetime) -> None:
    """This person has the case on the screen. No record: the access log keeps who looked."""
    CaseViewer.objects.bulk_create(
        [CaseViewer(case=case, person=str(actor), seen_at=now)],
        update_conflicts=True,
        unique_fields=["case", "person"],
        update_fields=["seen_at"],
    )


def _case(case_id: str) -> ReviewCase:
    case = ReviewCase.objects.filter(case_id=case_id).first()
    if case is None:
        raise CaseNotFound(f"no case is named {case_id}")
    return case
