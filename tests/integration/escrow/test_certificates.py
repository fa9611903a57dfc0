"""What a night proved is signed and chained; whatever is done to a certificate afterwards is found."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core.audit.models import AuditEntry
from core.vault import envelope
from escrow.models import Certificate
from escrow.services import certificates, reconciliation
from tests.factories.payments import NOW
from tests.factories.reconciliation import held, released, run, tamper

pytestmark = pytest.mark.django_db


def nights(number: int) -> list[Certificate]:
    for night in range(number):
        run(nightly=True, now=NOW + timedelta(days=night))
    return list(Certificate.objects.order_by("number"))


def test_a_night_is_certified_with_its_sums_and_the_ends_of_both_chains() -> None:
    released(held(), 20_000)
    [made] = nights(1)
    said = json.loads(made.document)
    assert (said["state"], said["openBreaks"], said["number"], said["previousDigest"]) == ("CLEAN", 0, 1, "")
    assert said["escrows"][0]["heldMinor"] == 26_000
    assert len(said["ledger"]["headsDigest"]) == 64
    assert set(said["audit"]) == {"links", "head"}
    assert made.digest == hashlib.sha256(made.document.encode()).hexdigest()
    assert made.document == certificates.canonical(said), "one spelling"
    assert certificates.verify(made.public_id) == []
    recorded = AuditEntry.objects.get(subject=made.public_id)
    assert recorded.facts["digest"] == made.digest


def test_certificates_name_the_one_before_and_the_heads_move_with_the_ledger() -> None:
    held()
    first, second = nights(2)
    held()
    third = run(nightly=True, now=NOW + timedelta(days=3)).certificate
    assert (second.previous_digest, third.previous_digest) == (first.digest, second.digest)
    heads = [json.loads(each.document)["ledger"]["headsDigest"] for each in (first, second, third)]
    assert heads[0] == heads[1] != heads[2]


def test_usual_runs_by_day_certify_nothing_and_a_full_audit_does() -> None:
    run()
    assert not Certificate.objects.exists()
    assert run(is_full=True).certificate.number == 1


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ("document = replace(document, '\"openBreaks\":0', '\"openBreaks\":1')",
         {"the document is not the one that was signed", "the digest is not that of the document"}),
        ("digest = repeat('0', 64)",
         {"the digest is not that of the document", "the audit record knows another digest, or none"}),
        ("previous_digest = repeat('0', 64)",
         {"the row says something else than the document", "it does not follow the certificate before"}),
        ("mac = decode(repeat('00', 32), 'hex')", {"the document is not the one that was signed"}),
    ],
)  # fmt: skip
def test_a_certificate_that_was_touched_is_found(change: str, faults: set[str]) -> None:
    _, second, _ = nights(3)
    tamper(f"UPDATE escrow_certificate SET {change} WHERE number = 2")
    wrong = certificates.verify(second.public_id)
    assert {fault.partition(": ")[2] for fault in wrong} == faults
    assert all(second.public_id in fault for fault in wrong)


def test_one_that_was_made_anew_or_taken_out_is_found_from_any_later_one() -> None:
    held()
    first, _, third = nights(3)
    tamper("DELETE FROM escrow_certificate WHERE number = 2")
    wrong = certificates.verify(third.public_id)
    assert wrong == [f"certificate 3 ({third.public_id}): it does not follow the certificate before"]
    assert certificates.verify(first.public_id) == []


def test_the_document_of_one_row_does_not_stand_in_another() -> None:
    nights(2)
    tamper("UPDATE escrow_certificate SET document = o.document, mac = o.mac, digest = o.digest"
           " FROM escrow_certificate o WHERE escrow_certificate.number = 2 AND o.number = 1")  # fmt: skip
    second = Certificate.objects.get(number=2)
    assert {fault.partition(": ")[2] for fault in certificates.verify(second.public_id)} == {
        "the row says something else than the document", "the audit record knows another digest, or none",
    }  # fmt: skip


def test_the_database_keeps_certificates_and_lets_none_follow_the_same_one() -> None:
    [made] = nights(1)
    for change in (lambda: Certificate.objects.filter(pk=made.pk).update(digest="x"), made.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    other = run()
    with pytest.raises(DatabaseError, match="certificate_has_its_own_number"), transaction.atomic():
        Certificate.objects.create(
            public_id="crt_2", run=other, book="test", number=1, document="{}", digest="x", key_id="k", mac=b"",
            signed_at=NOW,
        )  # fmt: skip


def test_a_certificate_that_had_to_wait_for_the_key_service_is_signed_by_the_next_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    night = NOW.replace(hour=4)

    def unavailable(*_: object) -> bytes:
        raise envelope.VaultUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(certificates, "_mac", unavailable)
        assert [each.state for each in reconciliation.run_nightly(now=night)] == ["CLEAN", "CLEAN"]
    assert not Certificate.objects.exists()
    assert reconciliation.run_nightly(now=night + timedelta(minutes=15)) == []
    assert Certificate.objects.count() == 2
