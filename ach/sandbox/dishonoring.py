"""A dishonored return that comes in a file of ours: the money stands as settled again."""

from datetime import datetime

from ach.models import SandboxMovement, SandboxPosting
from ach.sandbox import moments
from ach.sandbox.behaviours import Say
from ach.sandbox.enums import MovementKind, PostingState
from ach.sandbox.judging import Undone


def undo(said: Undone, *, originator_id: int, at: datetime) -> None:
    """Within the transaction of its file. A return that the bank does not know, or has undone, is passed over."""
    known = SandboxPosting.objects.select_for_update(no_key=True).filter(
        inbox__originator_id=originator_id, trace=said.original_trace, state=PostingState.RETURNED
    )
    for posting in known.order_by("-id"):
        back = posting.movements.filter(kind=MovementKind.RETURN).order_by("id").last()
        if back is None or posting.told[-1]["trace"] != said.return_trace:
            continue
        day = moments.banking_day_of(at)
        SandboxMovement.objects.create(
            posting=posting, day=day, kind=MovementKind.DISHONOR, code=said.code, amount_minor=-back.amount_minor
        )
        posting.state = PostingState.DISHONORED
        posting.told = [*posting.told, told(Say.DISHONOR, said.code, said.trace, day.isoformat())]
        posting.save(update_fields=["state", "told"])
        return


def told(say: Say, code: str, trace: str, day: str) -> dict[str, str]:
    """A row of `SandboxPosting.told`."""
    return {"say": say, "code": code, "trace": trace, "day": day}
