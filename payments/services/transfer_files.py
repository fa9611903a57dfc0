"""The entries of a file, followed by pages. The place is in the order of work, so that a crash goes on where it was."""

from datetime import datetime

from ach.selectors import entries as register
from core.work import services as work
from payments.services import transfer_bookings

FOLLOW = "payments.follow_file"
PAGE = 500


def follow_page(*, file_id: str, after: int, now: datetime) -> int:
    """One page in the caller's transaction, and the order of the next; how many entries it had.

    Pages have names of their own: news of the same file that come meanwhile begin again at its first.
    """
    name, _, _ = file_id.partition("#")
    page = register.names_in_file(name, after_id=after, limit=PAGE)
    if not page:
        return 0
    transfer_bookings.follow([public_id for _, public_id in page], now=now)
    if len(page) == PAGE:
        last, _ = page[-1]
        work.enqueue(kind=FOLLOW, key=f"{name}#{last}", payload={"after": last}, due_at=now, now=now)
    return len(page)
