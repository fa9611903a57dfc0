"""Reads of files, inbound files, items, changes and cases, for lists and pages. Sealed bytes are never read here."""

from typing import ClassVar, TypeVar

from django.db.models import Model, Q, QuerySet

from ach.enums import ItemState
from ach.models import AccountStop, Case, Change, Dishonor, File, InboundFile, InboundItem, Originator, Reply
from core.errors import Refusal

Row = TypeVar("Row", bound=Model)


class NotFound(Refusal):
    """Nothing of that name in that mode."""

    code: ClassVar[str] = "ACH_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such thing on the rail"


def get_file(file_id: str, *, livemode: bool) -> File:
    """With its originator, cutoff and the file it replaces. Raises NotFound."""
    return _one(_files().filter(public_id=file_id, livemode=livemode), file_id)


def list_inbound(*, livemode: bool, state: str = "") -> QuerySet[InboundFile]:
    found = InboundFile.objects.select_related("originator").defer("content").filter(livemode=livemode)
    return found.filter(state=state) if state else found


def get_inbound(inbound_id: str, *, livemode: bool) -> InboundFile:
    """With its originator and the file it repeats. Raises NotFound."""
    found = list_inbound(livemode=livemode).select_related("first").defer("content", "first__content")
    return _one(found.filter(public_id=inbound_id), inbound_id)


def list_items(file: InboundFile) -> QuerySet[InboundItem]:
    return _items().filter(file=file)


def list_suspense(*, livemode: bool) -> QuerySet[InboundItem]:
    """Items that match nothing, or more than one entry."""
    return _items().filter(state=ItemState.SUSPENSE, file__livemode=livemode)


def get_item(item_id: str, *, livemode: bool) -> InboundItem:
    """With its file and entry. Raises NotFound."""
    return _one(_items().filter(public_id=item_id, file__livemode=livemode), item_id)


def list_changes(*, livemode: bool, state: str = "") -> QuerySet[Change]:
    found = _changes().filter(item__file__livemode=livemode)
    return found.filter(state=state) if state else found


def get_change(change_id: str, *, livemode: bool) -> Change:
    """With its item and account. Raises NotFound."""
    return _one(_changes().filter(public_id=change_id, item__file__livemode=livemode), change_id)


def find_dishonor(item: InboundItem) -> Dishonor | None:
    """The last one of a return; one that was withdrawn counts until there is another."""
    return Dishonor.objects.filter(item=item).order_by("-id").first()


def find_reply(item: InboundItem) -> Reply | None:
    """What is answered to it, with its file; the last one where it was withdrawn and asked for again."""
    return _replies().filter(item=item).order_by("-id").first()


def list_replies(file: File) -> QuerySet[Reply]:
    """With what they answer, in the order of the file."""
    return _replies().filter(file=file).order_by("batch_number", "trace")


def list_cases(*, livemode: bool, state: str = "", kind: str = "") -> QuerySet[Case]:
    wanted = Q(livemode=livemode)
    if state:
        wanted &= Q(state=state)
    if kind:
        wanted &= Q(kind=kind)
    return Case.objects.filter(wanted)


def get_case(case_id: str, *, livemode: bool) -> Case:
    """Raises NotFound."""
    return _one(Case.objects.filter(public_id=case_id, livemode=livemode), case_id)


def list_originators(*, livemode: bool) -> list[Originator]:
    """Closed ones too: their entries are still there."""
    return list(Originator.objects.filter(livemode=livemode).order_by("name", "id"))


def list_dishonors(*, livemode: bool, state: str = "") -> QuerySet[Dishonor]:
    """With the return and its entry, for pages that order by (requested_at, id)."""
    found = Dishonor.objects.select_related("item__file", "item__entry__party", "contest").defer(
        "item__sealed", "item__file__content", "contest__sealed"
    )
    found = found.filter(livemode=livemode)
    return found.filter(state=state) if state else found


def get_dishonor(dishonor_id: str, *, livemode: bool) -> Dishonor:
    """Raises NotFound."""
    return _one(list_dishonors(livemode=livemode).filter(public_id=dishonor_id), dishonor_id)


def list_stops(*, livemode: bool) -> QuerySet[AccountStop]:
    """Those that stand and those that were lifted."""
    found = AccountStop.objects.select_related("account", "account__party", "item")
    return found.defer("account__sealed", "item__sealed").filter(livemode=livemode)


def _files() -> QuerySet[File]:
    return File.objects.select_related("originator", "cutoff", "replaces", "replaced_by").defer(
        "content", "replaces__content", "replaced_by__content"
    )


def _items() -> QuerySet[InboundItem]:
    return InboundItem.objects.select_related("file", "file__originator", "entry", "entry__account").defer(
        "sealed", "file__content", "entry__account__sealed"
    )


def _replies() -> QuerySet[Reply]:
    return Reply.objects.select_related("file", "item", "change").defer("file__content", "item__sealed")


def _changes() -> QuerySet[Change]:
    return Change.objects.select_related(
        "item", "item__file", "item__entry", "account", "account__party", "replaced_by"
    ).defer("item__sealed", "item__file__content", "account__sealed", "replaced_by__sealed", "successor_sealed")


def _one(found: QuerySet[Row], name: str) -> Row:
    row = found.first()
    if row is None:
        raise NotFound(f"nothing here is named {name[:40]}")
    return row
