"""Keys are rotated while payments run; whoever dies in the middle leaves the rest to the next step."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.db import connection
from moto import mock_aws

from core.actors import SYSTEM
from core.audit import selectors as audit_log
from core.outbox.models import Event
from core.vault import cards, envelope, keys, kms, rotation
from core.vault.kms.aws import AwsKms
from core.vault.models import DataKey, KeyRotation, KeyUse
from core.vault.purposes import Purpose
from core.vault.tasks import rotate_keys
from payments.models import Payment
from tests.factories.payments import pay

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
CONTEXT = {"table": "vault_storedcard", "row": "tok_1", "party": "cus_1"}
MANY = 12


@pytest.fixture(autouse=True)
def _fresh_memory() -> Iterator[None]:
    keys.forget()
    yield
    keys.forget()


@pytest.fixture(params=["local", "aws"])
def service(request: pytest.FixtureRequest, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Either holder of master keys, with no data key yet."""
    DataKey.objects.all().delete()
    settings.HOLDFAST_MASTER_KEY_FILE = str(tmp_path / "master.json")
    if request.param == "local":
        yield kms.service()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("kms", region_name="us-east-1")
        aliases = {purpose: f"alias/{purpose.lower()}" for purpose in Purpose}
        for alias in aliases.values():
            client.create_alias(AliasName=alias, TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
        made = AwsKms(aliases=aliases, region="us-east-1", timeout_seconds=5, client=client)
        monkeypatch.setattr(kms, "_service", made)
        yield made


def point_aliases_at_new_keys(service: Any) -> None:
    """What an operator does in the AWS account; the local file rotates by itself."""
    if isinstance(service, AwsKms):
        for alias in service.aliases.values():
            made = service._client.create_key()["KeyMetadata"]["KeyId"]
            service._client.update_alias(AliasName=alias, TargetKeyId=made)


def generations(number: int = MANY) -> list[bytes]:
    """Fields under as many data keys of one purpose."""
    sealed = []
    for _ in range(number):
        sealed.append(envelope.encrypt(purpose=Purpose.PAYMENT, plaintext=b"4242", context=CONTEXT))
        keys.current(Purpose.PAYMENT, KeyUse.ENCRYPTION).uses_left = 0
    return sealed


def readable(sealed: list[bytes]) -> bool:
    keys.forget()
    return all(
        envelope.decrypt(purpose=Purpose.PAYMENT, ciphertext=each, context=CONTEXT) == b"4242" for each in sealed
    )


def begin() -> KeyRotation:
    return rotation.begin(purposes=[Purpose.PAYMENT], reason="a drill", actor=SYSTEM, now=NOW)


def test_a_run_moves_every_data_key_to_the_new_master_key(service: Any) -> None:
    sealed = generations()
    before = set(DataKey.objects.values_list("master_key", flat=True))
    point_aliases_at_new_keys(service)
    run = begin()
    assert rotation.list_progress(run) == [rotation.Progress("PAYMENT", 0, MANY)]
    assert not rotation.advance(rotation_id=run.rotation_id, now=NOW, limit=5)
    assert rotation.list_progress(run) == [rotation.Progress("PAYMENT", 5, MANY)]
    while not rotation.advance(rotation_id=run.rotation_id, now=NOW, limit=5):
        continue
    after = set(DataKey.objects.filter(purpose="PAYMENT").values_list("master_key", flat=True))
    assert before.isdisjoint(after)
    assert readable(sealed)


def test_whoever_dies_in_the_middle_leaves_the_rest(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = generations()
    run, calls, real = begin(), [], type(service).rewrap

    def dies_at_the_eighth(self: Any, **asked: Any) -> Any:
        calls.append(1)
        if len(calls) == 8:
            raise SystemExit
        return real(self, **asked)

    monkeypatch.setattr(type(service), "rewrap", dies_at_the_eighth)
    with pytest.raises(SystemExit):
        rotation.advance(rotation_id=run.rotation_id, now=NOW)
    assert rotation.list_progress(run) == [rotation.Progress("PAYMENT", 7, MANY)]
    assert readable(sealed), "half of it is under the old master key, half under the new one"
    assert rotation.advance(rotation_id=run.rotation_id, now=NOW)
    assert len(calls) == 8 + (MANY - 7), "what was wrapped is not wrapped again"
    assert readable(sealed)
    assert Event.objects.filter(name="vault.keys_rotated").count() == 1


def test_payments_run_meanwhile(service: Any) -> None:
    """Threads charge and store cards through the services while keys move under them, generation by generation."""
    sealed, failures, stop = generations(30), [], threading.Event()
    paid: list[str] = []

    def buy() -> None:
        try:
            while not stop.is_set():
                keys.forget()
                answer = pay()
                paid.append(str(answer.body["paymentId"]))
        except Exception as error:  # noqa: BLE001 - whatever it is, the payment failed
            failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=buy) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            point_aliases_at_new_keys(service)
            run = begin()
            while not rotation.advance(rotation_id=run.rotation_id, now=NOW, limit=3):
                continue
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(paid) >= 3
    assert Payment.objects.count() == len(paid)
    assert readable(sealed)
    token = Payment.objects.values_list("card_token", flat=True)[0]
    shown = cards.reveal(token=token, reason="proof", actor=SYSTEM, now=NOW, livemode=False)
    assert shown.number == "4242424242424242"


def test_one_run_at_a_time(service: Any) -> None:
    generations(1)
    begin()
    with pytest.raises(rotation.UnableToRotate, match="runs already"):
        begin()


def test_a_key_that_does_not_open_keeps_no_other(service: Any) -> None:
    generations(4)
    broken = DataKey.objects.order_by("created_at")[1]
    DataKey.objects.filter(pk=broken.pk).update(wrapped=bytes(broken.wrapped)[:-1] + b"?")
    run = begin()
    with pytest.raises(kms.KeyUnreadable):
        rotation.advance(rotation_id=run.rotation_id, now=NOW)
    assert rotation.list_progress(run)[0].done == 3
    run.refresh_from_db()
    assert (run.state, run.last_error != "") == ("RUNNING", True)


def test_the_job_begins_what_is_due_and_goes_on_after_an_outage(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = generations(3)
    newest = DataKey.objects.order_by("-created_at")[0].created_at
    rotate_keys(now=newest + timedelta(days=89))
    assert not KeyRotation.objects.exists()

    def down(*_: object, **__: object) -> None:
        raise kms.KeyServiceUnavailable("down")

    later = newest + timedelta(days=91)
    with monkeypatch.context() as outage:
        outage.setattr(type(service), "rewrap", down)
        rotate_keys(now=later)
    run = KeyRotation.objects.get()
    assert (run.state, run.last_error, run.reason) == ("RUNNING", "down", "their term is over")
    rotate_keys(now=later + timedelta(minutes=1))
    run.refresh_from_db()
    assert (run.state, run.last_error) == ("DONE", "")
    assert readable(sealed)
    rotate_keys(now=later + timedelta(minutes=2))
    assert KeyRotation.objects.count() == 1
    actions = [entry.action for entry in audit_log.list_for_subject(run.rotation_id)]
    assert actions == ["vault.rotation.begun", "vault.keys.rotated"]
