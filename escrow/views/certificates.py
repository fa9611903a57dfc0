"""Certificates: what each night proved, and whether it is still what was signed."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from core import console
from core.console.components import Column, Fact
from escrow.models import Certificate
from escrow.selectors import reconciliation as selectors
from escrow.services import certificates

VIEW = "escrow.view_certificate"

console.jump(prefix="crt_", label="Certificate", to="admin:escrow_certificate")


@console.page(path="escrow/certificates/", name="escrow_certificates", title="Certificates", permission=VIEW)
def certificate_list(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    columns = [
        Column("Number", "number", "number"),
        Column("Signed", "signed_at", "stamp"),
        Column("Answer", "state", "status"),
        Column("Run", "run", "id", hide_on_phone=True),
        Column("Digest", "digest", "code", hide_on_phone=True),
    ]
    book = "live" if console.is_live(request) else "test"
    listing = console.Listing(
        "certificates",
        columns,
        console.Keyset(selectors.list_certificates(book), by=("number",)),
        "Certificates",
        draw=lambda rows: [_line(row) for row in rows],
        empty="None was signed yet",
        hint="One is signed every night, and with every full audit.",
    )
    return console.render_list(request, "escrow/certificates.html", listing)


@console.page(
    path="escrow/certificates/<str:certificate_id>/", name="escrow_certificate", title="Certificate", permission=VIEW,
)  # fmt: skip
def certificate_page(request: HttpRequest, certificate_id: str) -> HttpResponse:
    """The document as it was signed; the signature and everything before it are verified now."""
    try:
        row = selectors.get_certificate(certificate_id)
    except selectors.CertificateNotFound:
        raise Http404 from None
    context = {
        "row": row,
        "wrong": certificates.verify(certificate_id),
        "document": json.dumps(json.loads(row.document), indent=2, ensure_ascii=False),
        "facts": [
            Fact("Number", row.number, "number"),
            Fact("Book", row.book),
            Fact("Signed", row.signed_at, "stamp"),
            Fact("Run", row.run.public_id, "id"),
            Fact("Answer", row.run.state, "status"),
            Fact("Digest", row.digest, "code"),
            Fact("Digest before", row.previous_digest, "code"),
            Fact("Key", row.key_id, "code"),
        ],
    }
    return console.render(request, "escrow/certificate.html", context)


def _line(row: Certificate) -> dict[str, Any]:
    return {
        "url": reverse("admin:escrow_certificate", args=[row.public_id]),
        "number": row.number,
        "signed_at": row.signed_at,
        "state": row.run.state,
        "run": row.run.public_id,
        "digest": f"{row.digest[:16]}…",
    }
