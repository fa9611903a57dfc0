"""A file arrives once and whole, or people hear why it does not; it stays as it was written."""

import errno
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ach import transport
from ach.enums import TransportKind
from ach.models import File, Originator
from ach.services import contents, cutoffs, delivery, files
from ach.services.originators import SHIPPED_ID
from ach.transport import BadSettings, Fetched, OtherContent, TransportFailed
from ach.transport.folder import FolderTransport
from core.outbox import services as outbox
from core.outbox.models import Event
from core.work import services as work
from ops.models import Incident
from tests.factories import ach_outbound as factory
from tests.factories.ach_outbound import CUTOFF
from tests.factories.sftp_server import PASSWORD, USER, BankServer, serving

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def ready() -> File:
    factory.submitted()
    cutoffs.run_due(now=CUTOFF)
    return File.objects.select_related("originator").get(state="READY")


def use(kind: TransportKind, **settings: Any) -> Originator:
    Originator.objects.filter(public_id=SHIPPED_ID).update(transport=kind, settings=settings)
    return Originator.objects.get(public_id=SHIPPED_ID)


def alarms() -> list[tuple[str, str]]:
    told = Event.objects.filter(name="ach.rail_troubled").order_by("published_at", "id")
    return [(each.payload["alarm"], each.payload["severity"]) for each in told]


class TestFolder:
    def test_a_file_comes_under_another_name_and_is_renamed(self, tmp_path: Path) -> None:
        bank, file = factory.folder_bank(tmp_path), ready()
        content = contents.open_(file)
        way = transport.open_(file.originator, timeout_seconds=1)
        way.stage(file.name, content)
        assert [path.name for path in bank.iterdir()] == [f"{file.name}.part"]
        way.move(file.name, content)
        assert way.deliver(file.name, content) == str(bank / file.name), "the same again changes nothing"
        assert [path.name for path in bank.iterdir()] == [file.name]
        (bank / file.name).unlink()
        assert way.move(file.name, content), "neither part nor file: the bank has taken it"
        (bank / file.name).write_bytes(b"somebody else's")
        with pytest.raises(OtherContent):
            way.deliver(file.name, content)
        assert (bank / file.name).read_bytes() == b"somebody else's"

    def test_what_the_bank_puts_there_is_fetched_until_it_is_done(self, tmp_path: Path) -> None:
        factory.folder_bank(tmp_path)
        (tmp_path / "incoming" / "returns.ach").write_bytes(b"101")
        way = transport.open_(Originator.objects.get(public_id=SHIPPED_ID), timeout_seconds=1)
        assert list(way.fetch()) == [Fetched("returns.ach", b"101")]
        way.done("returns.ach")
        assert list(way.fetch()) == []

    def test_a_full_disk_is_tried_again_with_growing_pauses_and_told_at_the_third(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank, file = factory.folder_bank(tmp_path), ready()

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            now, pauses = CUTOFF, []
            for _ in range(4):
                assert not delivery.deliver(file_id=file.public_id, now=now)
                file.refresh_from_db()
                pauses.append((file.next_try_at - now).total_seconds())
                assert not delivery.deliver(file_id=file.public_id, now=now), "it is not its turn"
                now = file.next_try_at
        assert pauses == [60, 120, 240, 480]
        assert (file.state, file.tries, file.stage) == ("READY", 4, "")
        assert file.state_why == "ACH_NO_SPACE: No space left on device"
        assert alarms() == [("ach.delivery_failed", "P2")] * 2
        assert list(bank.iterdir()) == []
        outbox.drain(now=now)
        assert Incident.objects.get().alarm == "ach.delivery_failed"
        assert delivery.deliver(file_id=file.public_id, now=now)
        assert (bank / file.name).read_bytes() == contents.open_(file)
        outbox.drain(now=now)
        incident = Incident.objects.get()
        assert (incident.state, incident.cause) == ("RESOLVED", f"{file.name} was delivered with try 5")

    def test_what_is_withdrawn_needs_nobody_to_look_any_more(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bank, file = factory.folder_bank(tmp_path), ready()
        bank.rmdir()
        for minutes in (0, 1, 3):
            delivery.deliver(file_id=file.public_id, now=CUTOFF + minutes * MINUTE)
        outbox.drain(now=CUTOFF + 4 * MINUTE)
        assert Incident.objects.get().state == "OPEN"
        files.withdraw(file_id=file.public_id, why="by hand", actor=factory.TREASURER, now=CUTOFF + 5 * MINUTE)
        outbox.drain(now=CUTOFF + 5 * MINUTE)
        assert Incident.objects.get().state == "RESOLVED"

    def test_bytes_that_are_not_those_that_were_written_do_not_leave(self, tmp_path: Path) -> None:
        bank, file = factory.folder_bank(tmp_path), ready()
        other = contents.seal(file, b"another file")
        factory.past_the_rules("UPDATE ach_file SET content = %s WHERE id = %s", other, file.pk)
        assert not delivery.deliver(file_id=file.public_id, now=CUTOFF)
        assert list(bank.iterdir()) == []

    def test_whatever_a_transport_raises_the_file_is_tried_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        factory.folder_bank(tmp_path)
        file = ready()
        with monkeypatch.context() as patched:
            patched.setattr(FolderTransport, "stage", lambda *_: 1 / 0)
            assert not delivery.deliver(file_id=file.public_id, now=CUTOFF)
        file.refresh_from_db()
        assert file.state_why.startswith("ACH_TRANSPORT_FAILED: ZeroDivisionError in ")
        assert delivery.deliver(file_id=file.public_id, now=CUTOFF + MINUTE)

    def test_one_bank_that_does_not_answer_holds_up_no_other(self, tmp_path: Path) -> None:
        file = ready()  # the sandbox bank's transport is not this test's
        use(TransportKind.FILESYSTEM, outgoing=str(tmp_path / "gone"))
        second = Originator.objects.create(
            public_id="org_second", livemode=False, name="SECOND", company_id="1999999999", odfi_routing="123456780",
            destination=" 123456780", destination_name="B", origin="1999999999", origin_name="C",
            transport="FILESYSTEM", settings={"outgoing": str(tmp_path)}, created_at=CUTOFF,
        )  # fmt: skip
        other = factory.submitted(originator=second)
        cutoffs.run_due(now=other.due_at)
        assert delivery.order_due(now=other.due_at) == 2
        work.drain(now=other.due_at)
        file.refresh_from_db()
        other.refresh_from_db()
        assert (file.state, other.state) == ("READY", "SENT")


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BankServer]:
    monkeypatch.setenv("HOLDFAST_ACH_BANK_PASSWORD", PASSWORD)
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(tmp_path / "bank") as server:
        use(
            TransportKind.SFTP, host="127.0.0.1", port=server.port, user=USER, fingerprint=server.fingerprint,
            password_env="HOLDFAST_ACH_BANK_PASSWORD", outgoing="/outgoing", incoming="/incoming",
        )  # fmt: skip
        yield server


class TestSftp:
    def test_a_file_arrives_whole_once_and_the_banks_are_fetched(self, bank: BankServer) -> None:
        file = ready()
        assert delivery.deliver(file_id=file.public_id, now=CUTOFF)
        file.refresh_from_db()
        assert (file.state, file.remote_name) == ("DELIVERED", f"/outgoing/{file.name}")
        content = contents.open_(file)
        arrived = bank.folder / "outgoing"
        assert [(path.name, path.read_bytes()) for path in arrived.iterdir()] == [(file.name, content)]
        way = transport.open_(file.originator, timeout_seconds=5)
        assert way.deliver(file.name, content), "the same again"
        with pytest.raises(OtherContent):
            way.deliver(file.name, content + b"x")
        assert (arrived / file.name).read_bytes() == content
        (bank.folder / "incoming" / "returns.ach").write_bytes(b"101")
        assert list(way.fetch()) == [Fetched("returns.ach", b"101")]
        way.done("returns.ach")
        assert list(way.fetch()) == []

    def test_a_server_with_another_key_gets_nothing_and_is_an_incident_at_once(self, bank: BankServer) -> None:
        """Even where somebody on this machine has accepted the new key."""
        file = ready()
        known = Path(os.environ["HOME"]) / ".ssh" / "known_hosts"
        known.parent.mkdir()
        known.write_text(f"[127.0.0.1]:{bank.port} {bank.key.export_public_key().decode()}")
        originator = file.originator
        use(TransportKind.SFTP, **originator.settings | {"fingerprint": "SHA256:" + "A" * 43})
        for now in (CUTOFF, CUTOFF + 5 * MINUTE):
            assert not delivery.deliver(file_id=file.public_id, now=now)
        assert alarms() == [("ach.host_key_changed", "P1")] * 2
        assert {each.payload["url"] for each in Event.objects.filter(name="ach.rail_troubled")} == {
            f"/admin/ach/files/{File.objects.get().public_id}/"
        }
        assert list((bank.folder / "outgoing").iterdir()) == []
        file.refresh_from_db()
        assert (file.state, file.tries) == ("READY", 2)
        assert "shows another key" in file.state_why

    def test_a_server_that_is_down_gets_the_file_when_it_is_back(self, bank: BankServer) -> None:
        file = ready()
        bank.stop()
        assert not delivery.deliver(file_id=file.public_id, now=CUTOFF)
        file.refresh_from_db()
        assert file.state_why.startswith("ACH_TRANSPORT_FAILED: 127.0.0.1 does not answer")
        again = BankServer(bank.folder)
        again.key, again.port = bank.key, bank.port
        again.start()
        try:
            assert delivery.deliver(file_id=file.public_id, now=CUTOFF + MINUTE)
        finally:
            again.stop()

    def test_a_full_server_is_told_as_such(self, bank: BankServer) -> None:
        file = ready()
        bank.full = True
        way = transport.open_(file.originator, timeout_seconds=5)
        with pytest.raises(TransportFailed, match="a full disk says no more"):
            way.deliver(file.name, contents.open_(file))
        bank.full = False
        assert way.deliver(file.name, contents.open_(file))

    def test_a_wrong_password_is_refused_and_said_without_it(
        self, bank: BankServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = ready()
        monkeypatch.setenv("HOLDFAST_ACH_BANK_PASSWORD", "not-the-password")
        with pytest.raises(TransportFailed) as caught:
            transport.open_(file.originator, timeout_seconds=5).deliver(file.name, b"x")
        assert caught.value.detail == "127.0.0.1 does not let us in"
        monkeypatch.delenv("HOLDFAST_ACH_BANK_PASSWORD")
        with pytest.raises(BadSettings):
            transport.open_(file.originator, timeout_seconds=5)
        use(TransportKind.SFTP, **file.originator.settings | {"password_env": "PATH"})
        with pytest.raises(BadSettings):
            transport.open_(Originator.objects.get(public_id=SHIPPED_ID), timeout_seconds=5)


def test_a_bucket_gets_an_object_once_and_gives_what_the_bank_puts_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    file = ready()
    use(TransportKind.S3, bucket="bank", outgoing="to-bank", incoming="from-bank", region="us-east-1")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bank")
        assert delivery.deliver(file_id=file.public_id, now=CUTOFF)
        content = contents.open_(File.objects.get(pk=file.pk))
        assert client.get_object(Bucket="bank", Key=f"to-bank/{file.name}")["Body"].read() == content
        way = transport.open_(Originator.objects.get(public_id=SHIPPED_ID), timeout_seconds=5)
        assert way.deliver(file.name, content) == f"s3://bank/to-bank/{file.name}"
        with pytest.raises(OtherContent):
            way.deliver(file.name, b"other")
        client.put_object(Bucket="bank", Key="from-bank/returns.ach", Body=b"101")
        assert list(way.fetch()) == [Fetched("returns.ach", b"101")]
        way.done("returns.ach")
        assert list(way.fetch()) == []
        use(TransportKind.S3, bucket="nowhere", outgoing="to-bank", region="us-east-1")
        with pytest.raises(TransportFailed, match="NoSuchBucket"):
            transport.open_(Originator.objects.get(public_id=SHIPPED_ID), timeout_seconds=5).deliver("x", b"")
