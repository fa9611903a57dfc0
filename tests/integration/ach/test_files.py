"""Who lets a file go: nobody below a total, two people above; refused, rebuilt, or carried by hand."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import transaction

from ach import approvals as acts
from ach.models import Batch, Cutoff, Entry, File
from ach.services import contents, cutoffs, delivered, delivery, files, rebuilding
from ach.services import entries as verbs
from ach.services.files import NotTheSamePerson, NotThisFile, NotYours
from ach.services.withdrawing import FileMayHaveLeft, locked
from ach.states import EntryStateForbids, FileStateForbids
from core.actors import SYSTEM, Actor
from core.approvals.models import ApprovalRequest
from core.approvals.services import deny, sign
from core.outbox import services as outbox
from core.outbox.models import Event
from core.staff import presence
from core.work import services as work
from tests.factories import ach_outbound as factory
from tests.factories import staff
from tests.factories.ach_outbound import CUTOFF, TREASURER
from tests.factories.approvals import code_of

pytestmark = pytest.mark.django_db
CONTROLLER = Actor("STAFF", "usr_controller", frozenset({"CONTROLLER"}))
LARGE, VERY_LARGE = 5_000_000, 50_000_000


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return factory.folder_bank(tmp_path)


def built(*amounts: int) -> File:
    for amount in amounts or (46_000,):
        factory.submitted(amount_minor=amount)
    cutoffs.run_due(now=CUTOFF)
    return File.objects.select_related("originator", "cutoff").get()


def act(request: ApprovalRequest, person: staff.Person, how=sign, reason: str = "") -> None:
    request.refresh_from_db()
    how(
        request_id=request.request_id, user=person.user, digest=request.digest, code=code_of(person), reason=reason,
        device="Firefox on Linux", origin="198.51.100.7", now=CUTOFF, present=presence.present(),
    )  # fmt: skip


class TestSignatures:
    def test_treasury_and_controller_release_a_file_from_fifty_thousand_on(self, bank: Path) -> None:
        treasurer, controller = staff.person("TREASURY"), staff.person("CONTROLLER")
        file = built(LARGE - 1, 1)
        assert (file.state, delivery.deliver(file_id=file.public_id, now=CUTOFF)) == ("UNSIGNED", False)
        request = ApprovalRequest.objects.get(request_id=file.approval_id)
        assert request.summary == (f"Release {file.name}: 2 entries in 1 batch, credits 50,000.00 USD, debits 0.00 USD")
        act(request, treasurer)
        file.refresh_from_db()
        assert file.state == "UNSIGNED"
        act(request, controller)
        file.refresh_from_db()
        assert file.state == "READY"
        assert delivery.deliver(file_id=file.public_id, now=CUTOFF)

    def test_a_cent_less_goes_by_itself(self, bank: Path) -> None:
        assert built(LARGE - 1).state == "READY"

    def test_from_half_a_million_on_compliance_signs_too(self, bank: Path) -> None:
        for role in ("TREASURY", "CONTROLLER", "COMPLIANCE"):
            staff.person(role)
        file = built(VERY_LARGE)
        request = ApprovalRequest.objects.get(request_id=file.approval_id)
        assert request.needed == 3

    def test_where_nobody_can_sign_it_waits_and_is_asked_for_again(self, bank: Path) -> None:
        file = built(LARGE)
        assert (file.state, Cutoff.objects.get().state) == ("BUILT", "BUILT")
        staff.person("TREASURY"), staff.person("CONTROLLER")
        cutoffs.run_due(now=CUTOFF + timedelta(minutes=1))
        file.refresh_from_db()
        assert file.state == "UNSIGNED"

    def test_refused_it_never_leaves_and_its_entries_wait_for_the_next_cutoff(self, bank: Path) -> None:
        people = staff.person("TREASURY"), staff.person("CONTROLLER")
        file = built(LARGE)
        entry = Entry.objects.get()
        with pytest.raises(EntryStateForbids):
            verbs.cancel(entry_id=entry.public_id, why="too late", actor=TREASURER, now=CUTOFF)
        act(ApprovalRequest.objects.get(request_id=file.approval_id), people[1], deny, "not our invoice")
        outbox.drain(now=CUTOFF)
        file.refresh_from_db()
        entry.refresh_from_db()
        assert (file.state, file.state_why) == ("WITHDRAWN", "denied: not our invoice")
        assert (entry.state, entry.file, entry.trace, entry.line) == ("WAITING", None, "", None)
        assert entry.due_at == datetime(2026, 3, 3, 0, 50, tzinfo=UTC), "20:00 in New York, less ten minutes"
        told = Event.objects.get(name="ach.file_withdrawn").payload
        assert (told["file_id"], told["replaced_by"]) == (file.public_id, "")
        assert Cutoff.objects.get().state == "DONE"
        assert verbs.cancel(entry_id=entry.public_id, why="not ours", actor=TREASURER, now=CUTOFF).state == "CANCELLED"


class TestRebuilding:
    def test_the_new_file_has_the_same_batches_and_traces_under_another_modifier(self, bank: Path) -> None:
        old = built(46_000, 125_055)
        before = contents.open_(File.objects.get(pk=old.pk)).splitlines()
        new = files.rebuild(file_id=old.public_id, why="the folder was full", actor=TREASURER, now=CUTOFF)
        cutoffs.run_due(now=CUTOFF)
        new, old = File.objects.get(pk=new.pk), File.objects.get(pk=old.pk)
        after = contents.open_(new).splitlines()
        assert (old.state, new.state, new.replaces_id, new.modifier) == ("WITHDRAWN", "READY", old.pk, "B")
        assert before[1:] == after[1:], "all but the header"
        assert before[0][:33] + b"B" + before[0][34:] == after[0]
        assert Batch.objects.filter(file=new).count() == 1
        assert list(Entry.objects.values_list("file", "state")) == [(new.pk, "FILED")] * 2
        assert Event.objects.get(name="ach.file_withdrawn").payload["replaced_by"] == new.public_id
        with pytest.raises(FileStateForbids):
            files.rebuild(file_id=old.public_id, why="again", actor=TREASURER, now=CUTOFF)

    def test_nobody_signs_for_a_file_that_was_replaced(self, bank: Path) -> None:
        staff.person("TREASURY"), staff.person("CONTROLLER")
        old = built(LARGE)
        new = files.rebuild(file_id=old.public_id, why="another header", actor=TREASURER, now=CUTOFF)
        assert ApprovalRequest.objects.get(request_id=old.approval_id).state == "WITHDRAWN"
        cutoffs.run_due(now=CUTOFF)
        outbox.drain(now=CUTOFF)
        new.refresh_from_db()
        assert (new.state, ApprovalRequest.objects.get(request_id=new.approval_id).state) == ("UNSIGNED", "PENDING")
        assert Entry.objects.get().file_id == new.pk

    def test_a_file_that_may_have_left_takes_two_people_and_a_try_in_between_voids_it(self, bank: Path) -> None:
        treasurer, controller = staff.person("TREASURY"), staff.person("CONTROLLER")
        old = built()
        File.objects.filter(pk=old.pk).update(stage="MOVING", tries=1, state_why="the line broke")
        for verb in (files.rebuild, files.withdraw):
            with pytest.raises(FileMayHaveLeft):
                verb(file_id=old.public_id, why="unclear", actor=TREASURER, now=CUTOFF)
        actor = Actor("STAFF", treasurer.user.email, frozenset({"TREASURY"}))
        request = files.ask_rebuild(file_id=old.public_id, why="the bank has not got it", actor=actor, now=CUTOFF)
        act(request, controller)
        new = File.objects.get(replaces=old)
        cutoffs.run_due(now=CUTOFF)
        new.refresh_from_db()
        assert (new.state, new.entry_count) == ("READY", 1)
        with pytest.raises(rebuilding.FileChanged):
            rebuilding.rebuild_signed(file_id=new.public_id, version={}, why="x", actor=actor, now=CUTOFF)
        assert acts.RebuildFile.ask_permission == "ach.rebuild_file"

    def test_what_the_bank_rejects_is_built_anew_with_its_entries_filed_again(self, bank: Path) -> None:
        old = built()
        delivery.deliver(file_id=old.public_id, now=CUTOFF)
        File.objects.filter(pk=old.pk).update(state="REJECTED")
        old.refresh_from_db()
        new = rebuilding.rebuild_signed(
            file_id=old.public_id, version=rebuilding.covered(old), why="rejected", actor=CONTROLLER, now=CUTOFF
        )
        entry = Entry.objects.get()
        assert (entry.file_id, entry.state, entry.settles_on) == (new.pk, "FILED", None)
        cutoffs.run_due(now=CUTOFF)
        assert delivery.deliver(file_id=new.public_id, now=CUTOFF)
        entry.refresh_from_db()
        assert (entry.state, entry.settles_on) == ("SENT", date(2026, 3, 3))
        assert sorted(path.name[-5:] for path in bank.iterdir()) == ["A.ach", "B.ach"]


class TestByHand:
    def test_one_carries_it_and_another_confirms_by_its_hash(self, bank: Path) -> None:
        file = built()
        name, content = files.export(file_id=file.public_id, actor=TREASURER, now=CUTOFF)
        file = File.objects.get(pk=file.pk)
        assert (name, content) == (file.name, contents.open_(file))
        assert not delivery.deliver(file_id=file.public_id, now=CUTOFF), "no program delivers it any more"
        assert delivery.order_due(now=CUTOFF) == 0
        both = Actor("STAFF", TREASURER.id, frozenset({"CONTROLLER"}))
        with pytest.raises(NotTheSamePerson):
            files.confirm_by_hand(file_id=file.public_id, sha256=file.sha256, by=both, now=CUTOFF)
        for who in (TREASURER, SYSTEM):
            with pytest.raises(NotYours):
                files.confirm_by_hand(file_id=file.public_id, sha256=file.sha256, by=who, now=CUTOFF)
        with pytest.raises(NotYours):
            files.export(file_id=file.public_id, actor=CONTROLLER, now=CUTOFF)
        with pytest.raises(NotThisFile):
            files.confirm_by_hand(file_id=file.public_id, sha256="0" * 64, by=CONTROLLER, now=CUTOFF)
        done = files.confirm_by_hand(file_id=file.public_id, sha256=file.sha256.upper(), by=CONTROLLER, now=CUTOFF)
        assert (done.state, done.by_hand, done.confirmed_by) == ("DELIVERED", str(TREASURER), str(CONTROLLER))
        assert Entry.objects.get().state == "SENT"

    def test_nobody_takes_a_file_out_while_it_is_being_delivered(self, bank: Path) -> None:
        file = built()
        File.objects.filter(pk=file.pk).update(stage="SENDING")
        with pytest.raises(FileMayHaveLeft):
            files.export(file_id=file.public_id, actor=TREASURER, now=CUTOFF)
        with pytest.raises(NotTheSamePerson):
            files.confirm_by_hand(file_id=file.public_id, sha256=file.sha256, by=CONTROLLER, now=CUTOFF)


class TestAfterwards:
    def test_a_file_that_came_after_the_banks_deadline_settles_a_day_later(self, bank: Path) -> None:
        file = built()
        late = CUTOFF + timedelta(hours=5)
        assert delivery.deliver(file_id=file.public_id, now=late)
        entry = Entry.objects.get()
        assert (entry.effective_on, entry.settles_on) == (date(2026, 3, 3), date(2026, 3, 4))
        assert entry.settles_at == datetime(2026, 3, 4, 13, 30, tzinfo=UTC)

    def test_treasury_gets_the_totals_by_mail(self, bank: Path) -> None:
        person = staff.person("TREASURY")
        file = built(46_000, 125_055)
        delivery.deliver(file_id=file.public_id, now=CUTOFF)
        outbox.drain(now=CUTOFF)
        work.drain(now=CUTOFF)
        (sent,) = mail.outbox
        assert sent.bcc == [person.user.email]
        for words in ("entries 2", "1,710.55", "0004200004", file.sha256[:8], "PPD PAYOUT"):
            assert words in sent.body

    def test_what_has_left_is_not_delivered_again(self, bank: Path) -> None:
        file = built()
        delivery.deliver(file_id=file.public_id, now=CUTOFF)
        assert not delivery.deliver(file_id=file.public_id, now=CUTOFF + timedelta(days=1))
        with pytest.raises(FileStateForbids), transaction.atomic():
            delivered.mark(locked(file.public_id), remote_name="x", actor=TREASURER, now=CUTOFF)
