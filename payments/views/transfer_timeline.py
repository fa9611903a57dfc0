"""Everything that ever happened to one transfer, in the order of time."""

from collections.abc import Iterator
from types import MappingProxyType

from django.urls import reverse

from core.audit import selectors as audit
from core.audit.models import AuditEntry
from core.console.components import Event, Fact
from core.webhooks.selectors import deliveries
from ledger.selectors.entries import EntryView
from payments.selectors.transfer_lists import Story

_CHECK, _TRANSFER, _ENTRY = "payments.check.", "payments.transfer.", "payments.ach_entry."
_TONES = {
    "PASS": "good", "WARNING": "careful", "REVIEW_REQUIRED": "careful", "FAIL": "bad", "returned": "bad",
    "failed": "bad", "refused": "bad", "requires_attention": "bad", "completed": "good", "settled": "good",
    "pending_review": "careful", "pending_approval": "careful",
}  # fmt: skip
# Of the details of an audit row, what says why or how much; never what somebody's account or name is.
_LEFT_OUT = ("console.",)
_SHORT = MappingProxyType({"ofac": "OFAC", "nacha": "NACHA"})
_TOLD = ("why", "reason", "cause", "code", "return_code", "method", "score")


def events(story: Story) -> list[Event]:
    """Requests, checks and steps as the audit record has them, ledger entries, and what the marketplace was told."""
    transfer = story.transfer
    subjects = [transfer.public_id, *([story.payout.public_id] if story.payout else [])]
    subjects += [story.case.case_id] if story.case else []
    told = deliveries.list_events(livemode=transfer.livemode).filter(subject_id__in=subjects).order_by("created_at")
    found = [
        *(_audited(row) for row in audit.list_for_subject(subjects) if not row.action.startswith(_LEFT_OUT)),
        *(_posted(entry) for entry in story.posted),
        *(
            Event(each.created_at, f"Told: {each.type}", "Webhook", url=reverse("admin:public_event", args=[each.pk]))
            for each in told[:100]
        ),
    ]
    return sorted(found, key=lambda event: event.at)


def _audited(row: AuditEntry) -> Event:
    source, title = _titled(row)
    word = str(row.facts.get("outcome") or row.action.rpartition(".")[2])
    said = [f"{name.replace('_', ' ')} {row.facts[name]}" for name in _TOLD if row.facts.get(name)]
    actor = "" if row.actor_kind == "SYSTEM" else f"{row.actor_kind}:{row.actor_id}"
    return Event(row.recorded_at, title, source, ", ".join(said)[:200], actor, _TONES.get(word, "neutral"))


def _titled(row: AuditEntry) -> tuple[str, str]:
    """Where it comes from and what it is, in words: `Check`, `OFAC sanctions screening: pass`."""
    for prefix, source in ((_CHECK, "Check"), (_TRANSFER, "Transfer"), (_ENTRY, "Books")):
        if row.action.startswith(prefix):
            words = " ".join(_SHORT.get(word, word) for word in row.action.removeprefix(prefix).split("_"))
            outcome = str(row.facts.get("outcome", "")).replace("_", " ").lower()
            text = f"{words}: {outcome}" if outcome else words
            return source, f"{text[:1].upper()}{text[1:]}"
    return "Audit", row.action.partition(".")[2].replace(".", " ").replace("_", " ").capitalize()


def _posted(entry: EntryView) -> Event:
    return Event(
        entry.posted_at,
        f"{entry.kind.replace('.', ' ').replace('_', ' ').capitalize()} · {entry.phase.value.lower()}",
        "Ledger",
        url=reverse("admin:entry", args=[entry.entry_id]),
        facts=list(_legs(entry)),
    )


def _legs(entry: EntryView) -> Iterator[Fact]:
    for leg in entry.legs:
        url = reverse("admin:account", args=[leg.account])
        yield Fact(leg.account, leg.amount.minor, "money", leg.amount.currency.code, url, leg.side.lower())
