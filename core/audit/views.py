"""The audit record as people read it: filter it, open one entry with its place in the chain, prove that it is whole."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from core import clock, console
from core.audit import chain, keys, rows, selectors, verifications
from core.audit.forms import AuditFilter, VerifyForm
from core.audit.models import AuditEntry, AuditVerification, VerificationScope
from core.console import shapes
from core.console.components import Column, Fact, Table

VIEW, VERIFY = "audit.view_auditentry", "audit.verify_record"
SHOWN_VERIFICATIONS = 20
LONGEST_COUNT = 100

console.colour(CLEAN="good", DENIED="bad", WAITING="busy")
console.jump(prefix="ver_", label="Verification", to="admin:audit_verification")


@console.page(
    path="audit/", name="audit", title="Audit record", nav=("Audit", 700), permission=VIEW, key="l",
    filters=AuditFilter,
)  # fmt: skip
def audit_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    form = AuditFilter(request.GET)
    found, branches = selectors.list_filtered(form.filters())
    columns = [
        Column("Recorded", "recorded_at", "stamp"),
        Column("Who", "who", personal=True),
        Column("Action", "action"),
        Column("About", "subject", "id"),
        Column("Result", "result", "status", hide_on_phone=True),
        Column("Request", "correlation_id", "id", hide_on_phone=True),
    ]
    listing = console.Listing(
        "audit",
        columns,
        console.Keyset(found, by=("id",), branches=branches),
        "Audit entries",
        draw=_drawn,
        empty="No entry fits",
        hint="Subjects, people and requests are compared exactly, actions as they begin.",
    )
    context = {"form": form, "newest": _newest(), "may_verify": request.user.has_perm(VERIFY)}
    return console.render_list(request, "audit/list.html", listing, context)


@console.page(
    path="audit/<uuid:entry_id>/",
    name="audit_entry",
    title="Audit entry",
    permission=VIEW,
    shows=console.Shows("audit entry", "entry_id"),
)
def audit_entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One entry with its facts, whether it is what was written, and what stands beside it in the chain."""
    entry = selectors.find_entry(entry_id)
    if entry is None:
        raise Http404
    link = getattr(entry, "link", None)
    neighbours = selectors.list_neighbours(link.seq) if link else {}
    context = {
        "entry": entry,
        "link": link,
        "genuine": _genuine(entry_id),
        "facts": _facts(entry),
        "place": _place(entry),
        "details": json.dumps(entry.facts, indent=2, ensure_ascii=False),
        "before": neighbours.get(link.seq - 1) if link else None,
        "after": neighbours.get(link.seq + 1) if link else None,
    }
    return console.render(request, "audit/entry.html", context)


@console.page(
    path="audit/verifications/", name="audit_verifications", title="Verifications", permission=VIEW,
    methods=("GET", "POST"),
)  # fmt: skip
def verification_list(request: HttpRequest) -> HttpResponse:
    """The latest proofs; POST asks for another one."""
    if request.method == "POST":
        return _ask(request)
    found = list(AuditVerification.objects.order_by("-id")[:SHOWN_VERIFICATIONS])
    columns = [
        Column("Asked for", "requested_at", "stamp"),
        Column("By", "requested_by"),
        Column("Scope", "scope", hide_on_phone=True),
        Column("Answer", "state", "status"),
        Column("Links", "links", "number"),
    ]
    lines = [
        {
            "url": reverse("admin:audit_verification", args=[row.public_id]),
            "requested_at": row.requested_at,
            "requested_by": row.requested_by,
            "scope": row.get_scope_display(),
            "state": row.state,
            "links": row.links,
        }
        for row in found
    ]
    table = Table(columns, lines, caption="Verifications", empty="Nobody has asked for a proof yet")
    shown = {"table": table, "may_verify": request.user.has_perm(VERIFY), "newest": found[0] if found else None}
    return console.render(request, "audit/verifications.html", shown)


@console.page(
    path="audit/verifications/<str:verification_id>/",
    name="audit_verification",
    title="Verification",
    permission=VIEW,
)
def verification_page(request: HttpRequest, verification_id: str) -> HttpResponse:
    """Progress while it runs, the answer when it is there. Asks itself again while it runs."""
    try:
        row = verifications.get(verification_id)
    except verifications.VerificationNotFound:
        raise Http404 from None
    end = selectors.count_links()
    context = {
        "row": row,
        "end": max(end, row.progress, 1),
        "facts": [
            Fact("Asked for by", row.requested_by),
            Fact("Asked for", row.requested_at, "stamp"),
            Fact("Scope", row.get_scope_display()),
            Fact("Finished", row.finished_at, "stamp"),
            Fact("First link", row.from_seq, "number"),
            Fact("Last link", row.to_seq, "number"),
            Fact("Links followed", row.links, "number"),
            Fact("Entries waiting for their link", row.pending, "number"),
            Fact("Anchors outside the database", row.anchors, "number"),
        ],
    }
    return console.render(request, "audit/verification.html", context, fragment="audit/verification_answer.html")


@console.finds("Audit record", permission=VIEW, shapes=["audit entry", "request", "e-mail"])
def find_entries(request: HttpRequest, text: str) -> list[console.Hit]:  # noqa: ARG001
    """An entry by its id, what a request did, what a person did."""
    audit, looks = reverse("admin:audit"), {shape.name for shape, _ in shapes.of(text)}
    if "audit entry" in looks and (entry := selectors.find_entry(UUID(text))):
        address = reverse("admin:audit_entry", args=[entry.pk])
        return [console.Hit(entry.action, address, entry.subject, "id of the entry", exact=True)]
    if "e-mail" in looks and selectors.has_acted(text.lower()):
        return [console.Hit(text.lower(), f"{audit}?actor={quote(text.lower())}", "all that this person did", "actor")]
    if "request" in looks and (number := selectors.count_of_request(text, limit=LONGEST_COUNT)):
        several = f"{number} entries" if number < LONGEST_COUNT else f"{number} entries or more"
        address = f"{audit}?correlation={quote(text)}"
        return [console.Hit(text, address, several, "what this request did", exact=True)]
    return []


def _ask(request: HttpRequest) -> HttpResponse:
    console.require(request, VERIFY)
    form = VerifyForm(request.POST)
    if not form.is_valid():
        raise Http404
    scope = VerificationScope(form.cleaned_data["scope"])
    try:
        row = verifications.request(scope=scope, actor=console.actor(request), now=clock.now())
    except verifications.UnableToVerify as refusal:
        messages.info(request, f"{refusal.detail}.")
        return HttpResponseRedirect(reverse("admin:audit_verifications"))
    return HttpResponseRedirect(reverse("admin:audit_verification", args=[row.public_id]))


def _drawn(found: Sequence[AuditEntry]) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("admin:audit_entry", args=[entry.pk]),
            "recorded_at": entry.recorded_at,
            "who": f"{entry.actor_kind}:{entry.actor_id}",
            "action": entry.action,
            "subject": entry.subject,
            "result": entry.result,
            "correlation_id": entry.correlation_id,
        }
        for entry in found
    ]


def _facts(entry: AuditEntry) -> list[Fact]:
    audit = reverse("admin:audit")
    is_person = entry.actor_kind == "STAFF"
    about = f"{audit}?subject={entry.subject}"
    return [
        Fact("Recorded", entry.recorded_at, "stamp"),
        Fact("Who", f"{entry.actor_kind}:{entry.actor_id}", url=f"{audit}?actor={entry.actor_id}" if is_person else ""),
        Fact("Action", entry.action, url=f"{audit}?action={entry.action}"),
        Fact("About", entry.subject, "id"),
        Fact("All about it", "its entries", url=about),
        Fact("Result", entry.result, "status"),
        Fact(
            "Request",
            entry.correlation_id,
            url=f"{audit}?correlation={entry.correlation_id}" if entry.correlation_id else "",
            hint="all that it did" if entry.correlation_id else "",
        ),
        Fact("Network address", entry.origin, "code"),
    ]


def _place(entry: AuditEntry) -> list[Fact]:
    link = getattr(entry, "link", None)
    facts = [Fact("Entry's seal", bytes(entry.mac).hex(), "code"), Fact("Key", entry.key_id, "code")]
    if link is None:
        return facts
    return [
        Fact("Place", link.seq, "number"),
        Fact("Linked", link.sealed_at, "stamp"),
        Fact("Hash", bytes(link.hash).hex(), "code"),
        Fact("Hash before", bytes(link.previous_hash).hex(), "code"),
        *facts,
    ]


def _genuine(entry_id: UUID) -> bool | None:
    """Whether the row is what was written; None where its key or its version is not at hand."""
    stored = rows.find_entry(entry_id)
    try:
        return stored is not None and stored.is_genuine
    except (chain.UnknownHashVersion, keys.UnknownAuditKey):
        return None


def _newest() -> AuditVerification | None:
    return AuditVerification.objects.order_by("-id").first()
