"""What a run proved, signed: a keyed hash over a document that names the certificate before.

The key lives in the vault (purpose ESCROW, keys that only make MACs), as that of the audit record does under its own
purpose: whoever can write the database cannot sign. The digest also stands in the audit record, which is anchored
outside; so a chain of certificates that was cut or made anew shows.
"""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from django.db import transaction

from core import ids
from core.actors import SYSTEM
from core.audit import services as audit
from core.audit.models import AuditEntry
from core.outbox import services as outbox
from core.vault import envelope
from core.vault.purposes import Purpose
from escrow.events import CertificateSigned
from escrow.models import Certificate, ReconciliationRun
from escrow.selectors import reconciliation as selectors

KEY_ID = "vault-escrow-1"
SIGNED = "escrow.certificate.signed"
_LABEL = b"holdfast/escrow-certificate/v1\x00"


def sign(*, run: ReconciliationRun, now: datetime) -> Certificate:
    """Of a finished run; it has one. Raises VaultUnavailable while no key can be opened."""
    if found := Certificate.objects.filter(run=run).first():
        return found
    before = Certificate.objects.filter(book=run.book).order_by("-number").first()
    document = canonical(_facts(run, before, now))
    digest, mac = hashlib.sha256(document.encode()).hexdigest(), _mac(document)
    with transaction.atomic():
        made = Certificate.objects.create(
            public_id=ids.prefixed("crt", now),
            run=run,
            book=run.book,
            number=before.number + 1 if before else 1,
            document=document,
            digest=digest,
            previous_digest=before.digest if before else "",
            key_id=KEY_ID,
            mac=mac,
            signed_at=now,
        )
        audit.record(
            actor=SYSTEM, action=SIGNED, subject=made.public_id, at=now,
            details={"run": run.public_id, "book": run.book, "number": made.number, "digest": digest},
        )  # fmt: skip
        outbox.publish(CertificateSigned(made.public_id, run.public_id, run.book, digest, now), now=now)
    return made


def verify(certificate_id: str) -> list[str]:
    """What is wrong with it or with any before it, in sentences; nothing is. Raises CertificateNotFound."""
    certificate = selectors.get_certificate(certificate_id)
    chain = list(
        Certificate.objects.filter(book=certificate.book, number__lte=certificate.number)
        .select_related("run")
        .order_by("number")
    )
    said = _said_in_the_record([each.public_id for each in chain])
    wrong, before = [], None
    for place, each in enumerate(chain, start=1):
        wrong += _faults(each, before, place, said.get(each.public_id, ""))
        before = each
    return wrong


def canonical(facts: dict[str, Any]) -> str:
    """One spelling for one content: sorted names, no spaces, no floats."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _facts(run: ReconciliationRun, before: Certificate | None, now: datetime) -> dict[str, Any]:
    assert run.finished_at is not None
    return {
        "version": 1,
        "book": run.book,
        "number": before.number + 1 if before else 1,
        "previousDigest": before.digest if before else "",
        "run": run.public_id,
        "isFull": run.is_full,
        "state": run.state,
        "finishedAt": run.finished_at.isoformat(),
        "signedAt": now.isoformat(),
        "checks": [{"name": check["name"], "found": check["found"]} for check in run.checks],
        "openBreaks": run.found,
        **run.totals,
    }


def _faults(certificate: Certificate, before: Certificate | None, place: int, said: str) -> list[str]:
    name, wrong = f"certificate {certificate.number} ({certificate.public_id})", []
    facts = _read(certificate.document)
    if not hmac.compare_digest(_mac(certificate.document), bytes(certificate.mac)):
        wrong.append(f"{name}: the document is not the one that was signed")
    if hashlib.sha256(certificate.document.encode()).hexdigest() != certificate.digest:
        wrong.append(f"{name}: the digest is not that of the document")
    columns = (certificate.number, certificate.previous_digest, certificate.book, certificate.run.public_id)
    if tuple(facts.get(key) for key in ("number", "previousDigest", "book", "run")) != columns:
        wrong.append(f"{name}: the row says something else than the document")
    if certificate.number != place or certificate.previous_digest != (before.digest if before else ""):
        wrong.append(f"{name}: it does not follow the certificate before")
    if said != certificate.digest:
        wrong.append(f"{name}: the audit record knows another digest, or none")
    return wrong


def _said_in_the_record(certificate_ids: list[str]) -> dict[str, str]:
    rows = AuditEntry.objects.filter(subject__in=certificate_ids, action=SIGNED).order_by("id")
    return {row.subject: str(row.facts.get("digest", "")) for row in rows}


def _read(document: str) -> dict[str, Any]:
    try:
        facts = json.loads(document)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _mac(document: str) -> bytes:
    return envelope.mac(Purpose.ESCROW, _LABEL + document.encode())
