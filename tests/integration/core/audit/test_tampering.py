"""A database superuser with every trigger switched off changes the record; verification names what was done.

Each case begins with a chain of twelve that verifies, so each test is its own control.
"""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from core.actors import SYSTEM
from core.audit import anchors, sealing, verification
from core.audit import services as audit
from core.audit.findings import Finding, Kind
from core.audit.models import AuditEntry, AuditLink, AuditPending

pytestmark = pytest.mark.django_db

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def record(*subjects: str, at: datetime = NOW) -> None:
    with transaction.atomic():
        audit.record_many([audit.Fact(actor=SYSTEM, action="tests.row.made", subject=s, at=at) for s in subjects])


@pytest.fixture
def chain_of_twelve() -> None:
    record(*(f"row_{number}" for number in range(1, 13)))
    assert sealing.seal_all(now=NOW) == 12
    assert anchors.write_if_due(now=NOW)
    assert verification.verify().findings == []


def as_superuser(*statements: str) -> None:
    """What somebody with the database password of its owner can do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def first_finding() -> Finding:
    with pytest.raises(CommandError) as broken:
        call_command("verify_audit", stdout=io.StringIO())
    found = verification.verify().findings[0]
    assert str(found) in str(broken.value)
    assert broken.value.returncode == 1
    return found


def edit_entry(place: int, change: str) -> str:
    return f"UPDATE audit_entry SET {change} WHERE id = (SELECT entry_id FROM audit_link WHERE seq = {place})"


def edit_link(place: int, change: str) -> str:
    return f"UPDATE audit_link SET {change} WHERE seq = {place}"


def delete_entries(places: str) -> str:
    return f"DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_link WHERE {places})"


def delete_links(places: str) -> str:
    return f"DELETE FROM audit_link WHERE {places}"


def renumber(places: str, by: int) -> tuple[str, str]:
    """In two steps, past the primary key."""
    return (
        f"UPDATE audit_link SET seq = seq + 1000 WHERE {places}",
        f"UPDATE audit_link SET seq = seq - 1000 + {by} WHERE seq > 1000",
    )


EXCHANGE_PLACES = (
    "UPDATE audit_link SET seq = seq + 1000 WHERE seq IN (5, 6)",
    "UPDATE audit_link SET seq = 1011 - seq WHERE seq > 1000",
)
EXCHANGE_ENTRIES = (
    "CREATE TEMP TABLE exchange ON COMMIT DROP AS SELECT seq, entry_id FROM audit_link WHERE seq IN (5, 6)",
    "UPDATE audit_link SET entry_id = gen_random_uuid() WHERE seq IN (5, 6)",
    "UPDATE audit_link l SET entry_id = x.entry_id FROM exchange x WHERE l.seq = 11 - x.seq",
)
FORGE_ENTRY = (
    "INSERT INTO audit_entry SELECT gen_random_uuid(), recorded_at, actor_kind, actor_id, action, 'row_forged', result,"
    " correlation_id, origin, details, hash_version, key_id, sha256('guess') FROM audit_entry LIMIT 1"
)


def forge_link(place: int) -> str:
    return (
        "INSERT INTO audit_link (seq, entry_id, sealed_at, previous_hash, hash, hash_version, key_id)"
        f" SELECT {place}, (SELECT id FROM audit_entry WHERE subject = 'row_forged'), sealed_at, hash, sha256('guess'),"
        f" hash_version, key_id FROM audit_link WHERE seq = {place} - 1"
    )


WITH_MAC = "subject = 'row_x', mac = sha256('row_x')"
WHAT_WAS_DONE: dict[str, tuple[tuple[str, ...], Kind, int | None]] = {
    "subject": ((edit_entry(5, "subject = 'row_x'"),), Kind.EDITED, 5),
    "actor, first": ((edit_entry(1, "actor_id = 'eve'"),), Kind.EDITED, 1),
    "details, last": ((edit_entry(12, "details = '{\"a\":1}'"),), Kind.EDITED, 12),
    "result": ((edit_entry(5, "result = 'DENIED'"),), Kind.EDITED, 5),
    "one microsecond": ((edit_entry(5, "recorded_at = recorded_at - interval '1 microsecond'"),), Kind.EDITED, 5),
    "entry's MAC": ((edit_entry(5, "mac = sha256('guess')"),), Kind.EDITED, 5),
    "entry and its MAC": ((edit_entry(5, WITH_MAC),), Kind.EDITED, 5),
    "entry and its MAC, last": ((edit_entry(12, WITH_MAC),), Kind.EDITED, 12),
    "two entries": ((edit_entry(7, WITH_MAC), edit_entry(3, "subject = 'row_x'")), Kind.EDITED, 3),
    "link's time": ((edit_link(5, "sealed_at = sealed_at - interval '1 day'"),), Kind.EDITED, 5),
    "link's hash": ((edit_link(5, "hash = sha256('guess')"),), Kind.EDITED, 5),
    "link's predecessor": ((edit_link(5, "previous_hash = sha256('guess')"),), Kind.EDITED, 5),
    "entry deleted": ((delete_entries("seq = 5"),), Kind.DELETED, 5),
    "link deleted": ((delete_links("seq = 5"),), Kind.DELETED, 5),
    "first link deleted": ((delete_links("seq = 1"),), Kind.DELETED, 1),
    "entry and link deleted": ((delete_entries("seq = 5"), delete_links("seq = 5")), Kind.DELETED, 5),
    "three deleted": ((delete_entries("seq IN (5, 6, 7)"), delete_links("seq IN (5, 6, 7)")), Kind.DELETED, 5),
    "deleted and renumbered": (
        (delete_entries("seq = 5"), delete_links("seq = 5"), *renumber("seq > 5", by=-1)), Kind.DELETED, 5,
    ),
    "places exchanged": (EXCHANGE_PLACES, Kind.REORDERED, 5),
    "entries exchanged": (EXCHANGE_ENTRIES, Kind.REORDERED, 5),
    "moved to the end": ((edit_link(5, "seq = 13"),), Kind.REORDERED, 5),
    "inserted in the middle": ((*renumber("seq >= 5", by=1), FORGE_ENTRY, forge_link(5)), Kind.INSERTED, 5),
    "appended": ((FORGE_ENTRY, forge_link(13)), Kind.INSERTED, 13),
    "entry without link": ((FORGE_ENTRY,), Kind.INSERTED, None),
    "tail cut": ((delete_entries("seq > 9"), delete_links("seq > 9")), Kind.TRUNCATED, 10),
    "emptied": (("DELETE FROM audit_entry", "DELETE FROM audit_link"), Kind.TRUNCATED, 1),
    "unknown version": ((edit_entry(5, "hash_version = 9"),), Kind.UNREADABLE, 5),
    "unknown key": ((edit_link(5, "key_id = 'mine'"),), Kind.UNREADABLE, 5),
}  # fmt: skip


@pytest.mark.parametrize(("what_was_done", "kind", "seq"), WHAT_WAS_DONE.values(), ids=WHAT_WAS_DONE)
def test_it_is_found_and_named(
    chain_of_twelve: None, what_was_done: tuple[str, ...], kind: Kind, seq: int | None
) -> None:
    as_superuser(*what_was_done)
    found = first_finding()
    assert (found.kind, found.seq) == (kind, seq), str(found)


def test_cutting_only_the_links_leaves_entries_without_a_place(chain_of_twelve: None) -> None:
    as_superuser("DELETE FROM audit_link WHERE seq > 9")
    kinds = [(finding.kind, finding.seq) for finding in verification.verify().findings]
    assert kinds == [(Kind.TRUNCATED, 10), (Kind.FORGOTTEN, None), (Kind.FORGOTTEN, None), (Kind.FORGOTTEN, None)]


def test_a_cut_tail_that_was_sealed_anew_does_not_match_its_anchor(chain_of_twelve: None) -> None:
    """Links removed, entries queued again: the sealer builds a chain that holds, but not the one that was seen."""
    as_superuser(
        "INSERT INTO audit_pending SELECT entry_id FROM audit_link WHERE seq > 9",
        "DELETE FROM audit_link WHERE seq > 9",
    )
    assert sealing.seal_all(now=NOW + timedelta(minutes=1)) == 3
    found = first_finding()
    assert (found.kind, found.seq) == (Kind.REWRITTEN, 12)


def test_without_its_anchors_a_cut_tail_would_not_show(chain_of_twelve: None, settings: LazySettings) -> None:
    """Control: the tail test above rests on the anchors alone, so losing them is itself a finding."""
    Path(settings.HOLDFAST_AUDIT_ANCHORS).unlink()
    as_superuser(delete_entries("seq > 9"), delete_links("seq > 9"))
    assert [finding.kind for finding in verification.verify().findings] == [Kind.UNANCHORED]


def rewrite(settings: LazySettings, change: Callable[[str], str]) -> None:
    path = Path(settings.HOLDFAST_AUDIT_ANCHORS)
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"seq": 12', '"seq": 9'),
        lambda text: text.replace('"kind": "SEALED"', '"kind": "VERIFIED"'),
        lambda text: "garbage\n" + text,
        lambda text: text.replace('"seq": 12', '"seq": "twelve"'),
    ],
)
def test_a_forged_anchor_is_named(chain_of_twelve: None, settings: LazySettings, change: Callable[[str], str]) -> None:
    rewrite(settings, change)
    assert first_finding().kind == Kind.FORGED_ANCHOR


def test_half_a_line_at_the_end_is_a_crash_and_not_a_forgery(chain_of_twelve: None, settings: LazySettings) -> None:
    rewrite(settings, lambda text: text + '{"seq": 13, "ha')
    assert verification.verify().findings == []
    record("row_13", at=NOW + timedelta(minutes=1))
    sealing.seal_all(now=NOW + timedelta(minutes=1))
    assert anchors.write_if_due(now=NOW + timedelta(minutes=1))
    assert verification.verify().findings == []
    assert Path(settings.HOLDFAST_AUDIT_ANCHORS).read_text().count("\n") == 2


class TestBeforeItIsSealed:
    """Between the commit and the sealer, an entry has only its own MAC and its row in the queue."""

    @pytest.fixture(autouse=True)
    def waiting(self, chain_of_twelve: None) -> None:
        record("row_13")
        assert verification.verify().pending == 1

    def test_an_edit_is_found(self) -> None:
        as_superuser("UPDATE audit_entry SET subject = 'row_x' WHERE subject = 'row_13'")
        assert (first_finding().kind, first_finding().seq) == (Kind.EDITED, None)

    def test_an_edit_is_found_also_after_the_sealer_has_linked_it(self) -> None:
        as_superuser("UPDATE audit_entry SET subject = 'row_x' WHERE subject = 'row_13'")
        sealing.seal_all(now=NOW)
        assert (first_finding().kind, first_finding().seq) == (Kind.EDITED, 13)

    def test_a_deleted_entry_is_found_and_does_not_stop_the_sealer(self) -> None:
        as_superuser("DELETE FROM audit_entry WHERE subject = 'row_13'")
        record("row_14")
        assert sealing.seal_all(now=NOW) == 1
        assert (first_finding().kind, first_finding().seq) == (Kind.DELETED, None)

    def test_an_entry_taken_from_the_queue_is_found(self) -> None:
        as_superuser("DELETE FROM audit_pending")
        assert (first_finding().kind, first_finding().seq) == (Kind.FORGOTTEN, None)

    def test_queueing_a_linked_entry_again_is_found_and_does_not_stop_the_sealer(self) -> None:
        as_superuser("INSERT INTO audit_pending SELECT entry_id FROM audit_link WHERE seq = 5")
        assert sealing.seal_all(now=NOW) == 1
        assert (first_finding().kind, first_finding().seq) == (Kind.INSERTED, None)


class TestSinceAnchor:
    def test_it_reads_only_what_came_after_the_last_proof(self, chain_of_twelve: None) -> None:
        call_command("verify_audit", stdout=io.StringIO())
        record("row_13", "row_14", at=NOW + timedelta(minutes=1))
        sealing.seal_all(now=NOW + timedelta(minutes=1))
        result = verification.verify(since_anchor=True)
        assert (result.from_seq, result.links, result.findings) == (12, 3, [])

    def test_it_finds_what_is_wrong_there(self, chain_of_twelve: None) -> None:
        call_command("verify_audit", stdout=io.StringIO())
        record("row_13", "row_14", at=NOW + timedelta(minutes=1))
        sealing.seal_all(now=NOW + timedelta(minutes=1))
        as_superuser("UPDATE audit_entry SET subject = 'row_x' WHERE subject = 'row_14'")
        (found,) = verification.verify(since_anchor=True).findings
        assert (found.kind, found.seq) == (Kind.EDITED, 14)

    def test_control_it_does_not_see_what_was_changed_before(self, chain_of_twelve: None) -> None:
        call_command("verify_audit", stdout=io.StringIO())
        as_superuser("UPDATE audit_entry SET subject = 'row_x' WHERE subject = 'row_5'")
        assert verification.verify(since_anchor=True).findings == []
        assert first_finding().seq == 5

    def test_a_tail_cut_below_the_anchor_is_found(self, chain_of_twelve: None) -> None:
        call_command("verify_audit", stdout=io.StringIO())
        as_superuser(delete_entries("seq > 9"), delete_links("seq > 9"))
        (found,) = verification.verify(since_anchor=True).findings
        assert (found.kind, found.seq) == (Kind.TRUNCATED, 10)

    def test_without_a_proof_it_reads_everything(self, chain_of_twelve: None) -> None:
        assert verification.verify(since_anchor=True).links == 12


def test_an_empty_record_is_whole() -> None:
    assert verification.verify().findings == []
    call_command("verify_audit", stdout=io.StringIO())


def test_a_broken_chain_is_never_confirmed(chain_of_twelve: None, settings: LazySettings) -> None:
    as_superuser("UPDATE audit_entry SET subject = 'row_x' WHERE subject = 'row_5'")
    first_finding()
    assert "VERIFIED" not in Path(settings.HOLDFAST_AUDIT_ANCHORS).read_text()


def test_the_result_can_be_read_by_a_machine(chain_of_twelve: None) -> None:
    out = io.StringIO()
    call_command("verify_audit", "--json", stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue())
    assert (said["links"], said["is_clean"], said["findings"]) == (12, True, [])


def test_the_superuser_helper_really_switches_the_triggers_off(chain_of_twelve: None) -> None:
    """Control: without it the same statements are refused, so the cases above are not refusals in disguise."""
    as_superuser("DELETE FROM audit_link", "DELETE FROM audit_entry")
    assert (AuditEntry.objects.count(), AuditLink.objects.count(), AuditPending.objects.count()) == (0, 0, 0)
