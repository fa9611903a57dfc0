"""What the page of one entry says about it."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from ach.enums import EntryState, ItemKind
from ach.models import Entry, InboundItem
from ach.nacha.changes import CHANGE_CODES
from ach.nacha.codes import SEC_CODES, TRANSACTION_CODES
from ach.nacha.reasons import REASONS
from ach.selectors.whole_lives import Life
from ach.views.acting import reference_url, who
from core.console.components import Column, Fact, Table


def facts(life: Life) -> list[Fact]:
    entry = life.entry
    account = entry.account
    shown = [
        Fact("Amount", entry.amount_minor, "money", currency=entry.currency),
        Fact("Direction", entry.get_direction_display()),
        Fact("Kind", entry.get_kind_display()),
        Fact("Party", entry.party.party_id, "code"),
        Fact("On behalf of", entry.on_behalf.party_id if entry.on_behalf else "", "code"),
        Fact("Account", account.masked, "code", url=reverse("admin:bank_account", args=[account.account_id])),
        Fact("Receiving bank", account.routing_number, "code", hint="ABA routing number"),
        Fact("Name in the file", entry.name),
        Fact("Entry class", entry.sec, hint=SEC_CODES[entry.sec].meaning if entry.sec in SEC_CODES else ""),
        Fact("Transaction code", entry.transaction_code, "code", hint=_transaction(entry.transaction_code)),
        Fact("Description", entry.description),
        Fact("Addenda", entry.addenda),
        Fact("Priority", entry.get_priority_display()),
        Fact("Effective date", entry.effective_on),
        Fact("Cutoff", entry.due_at, "stamp"),
        Fact("Follows", entry.original.public_id if entry.original else "", "code", url=_original(entry)),
        Fact("Originator", entry.originator.name, hint=entry.originator.company_id),
    ]
    return [fact for fact in shown if fact.value not in (None, "")]


def way(life: Life) -> Table:
    """Each step of the way with its moment and who did it; steps that have not come are there without one."""
    return Table(
        [Column("Step", "step"), Column("What", "what", "code"), Column("When", "at", "stamp"),
         Column("Who", "who", hide_on_phone=True)],
        [*_asked(life), *_filed(life), *_answered(life)],
        caption="The way of the entry",
    )  # fmt: skip


def _asked(life: Life) -> list[dict[str, Any]]:
    entry = life.entry
    rows = [
        _step("Asked for", entry.reference, entry.created_at, who(entry.created_by), reference_url(entry.reference))
    ]
    if entry.state in (EntryState.HELD, EntryState.PARKED, EntryState.CANCELLED):
        last = next((each for each in reversed(life.record) if each.subject == entry.public_id), None)
        rows.append(
            _step(entry.get_state_display(), entry.state_why, last.recorded_at if last else None,
                  who(f"{last.actor_kind}:{last.actor_id}") if last else "")
        )  # fmt: skip
    return rows


def _filed(life: Life) -> list[dict[str, Any]]:
    entry, file = life.entry, life.entry.file
    if file is None:
        return [] if entry.state == EntryState.CANCELLED else [_step("File", "waits for its cutoff", None)]
    place = reverse("admin:ach_file", args=[file.public_id])
    records = f"{reverse('admin:ach_file_records', args=[file.public_id])}?line={entry.line}#L{entry.line}"
    signed = reverse("admin:approval", args=[file.approval_id]) if file.approval_id else ""
    batch = f"{life.batch.number} · {life.batch.sec} {life.batch.description}" if life.batch else entry.batch_number
    return [
        _step("File", file.name, entry.filed_at, "the program", place),
        _step("Batch", batch, None, url=f"{place}#batches"),
        _step("Line", entry.line, file.built_at, url=records if entry.line else ""),
        _step("Trace", entry.trace, None),
        _step("Signatures", file.approval_id or "none needed", None, url=signed),
        _step("Delivered", file.remote_name, file.delivered_at, who(file.by_hand) if file.by_hand else "the program"),
        _step("Acknowledged", "by the bank" if file.acknowledged_at else "", file.acknowledged_at),
    ]


def _answered(life: Life) -> list[dict[str, Any]]:
    entry = life.entry
    settles = f"on {entry.settles_on}" if entry.settles_on else ""
    rows = [_step("Settled", settles, entry.settled_at)] if entry.file else []
    for item in life.items:
        what = f"{item.get_kind_display()} {item.code}".strip()
        rows.append(_step("Came back", what, item.applied_at, who(item.matched_by), item_url(item)))
    return rows


def _step(step: str, what: object, at: object, by: str = "", url: str = "") -> dict[str, Any]:
    return {"step": step, "what": what, "at": at, "who": by if at else "", "url": url}


def answers(items: Sequence[InboundItem]) -> Table:
    return Table(
        [Column("Code", "code"), Column("State", "state", "status"), Column("File", "file", hide_on_phone=True),
         Column("Line", "line", "number", hide_on_phone=True), Column("Received", "at", "stamp")],
        [
            {"code": code_in_words(item), "state": item.state, "file": item.file.name, "line": item.line,
             "at": item.file.received_at, "url": item_url(item)}
            for item in items
        ],
        caption="What came back",
        empty="Nothing has come back",
    )  # fmt: skip


def item_url(item: InboundItem) -> str:
    return reverse("admin:ach_item", args=[item.public_id])


def code_in_words(item: InboundItem) -> str:
    """`R01 insufficient funds`; a code that nobody knows stands alone."""
    if item.kind == ItemKind.CHANGE and item.code in CHANGE_CODES:
        return f"{item.code} {CHANGE_CODES[item.code].meaning}"
    if item.code in REASONS:
        return f"{item.code} {REASONS[item.code].meaning}"
    return f"{item.get_kind_display()} {item.code}".strip()


def _transaction(code: str) -> str:
    known = TRANSACTION_CODES.get(code)
    return f"{known.kind} {known.direction}, {known.account}" if known else ""


def _original(entry: Entry) -> str:
    return reverse("admin:ach_entry", args=[entry.original.public_id]) if entry.original else ""
