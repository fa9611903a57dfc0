"""The embedded holder of master keys: one file, made once, readable by its owner alone."""

import json
import os
import threading

import pytest

from core.vault.kms import KeyServiceUnavailable, KeyUnreadable, WrappedKey
from core.vault.kms.local import LocalKeys
from core.vault.purposes import Purpose

CONTEXT = {"party": "platform", "row": "7"}


@pytest.fixture
def keys(tmp_path):
    service = LocalKeys(tmp_path / "keys" / "master.json")
    service.prepare(first_start=True)
    return service


def test_a_data_key_opens_where_it_was_wrapped(keys):
    made = keys.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
    assert len(made.plaintext) == 32
    assert made.key.master_key == "local:PAYMENT:1"
    assert made.plaintext not in made.key.wrapped
    assert keys.unwrap(purpose=Purpose.PAYMENT, key=made.key, context=CONTEXT) == made.plaintext


@pytest.mark.parametrize(
    ("purpose", "context"),
    [
        (Purpose.ACH, CONTEXT),
        (Purpose.PAYMENT, {**CONTEXT, "row": "8"}),
        (Purpose.PAYMENT, {**CONTEXT, "party": "other"}),
        (Purpose.PAYMENT, {}),
    ],
    ids=["other purpose", "other row", "other party", "no context"],
)
def test_a_data_key_opens_nowhere_else(keys, purpose, context):
    made = keys.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
    with pytest.raises(KeyUnreadable):
        keys.unwrap(purpose=purpose, key=made.key, context=context)


def test_a_changed_byte_is_seen(keys):
    made = keys.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
    for position in range(len(made.key.wrapped)):
        damaged = bytearray(made.key.wrapped)
        damaged[position] ^= 1
        with pytest.raises(KeyUnreadable):
            keys.unwrap(purpose=Purpose.PAYMENT, key=WrappedKey(made.key.master_key, bytes(damaged)), context=CONTEXT)


def test_the_file_is_the_owners_alone(keys):
    assert keys.path.stat().st_mode & 0o777 == 0o600
    assert keys.path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_file_others_can_reach_is_refused(keys, mode):
    keys.path.chmod(mode)
    with pytest.raises(KeyServiceUnavailable, match="owner only"):
        keys.generate(purpose=Purpose.PAYMENT, context=CONTEXT)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(keys):
    os.chown(keys.path, 65534, 65534)
    with pytest.raises(KeyServiceUnavailable, match="another user"):
        keys.generate(purpose=Purpose.PAYMENT, context=CONTEXT)


def test_a_link_is_not_followed(keys, tmp_path):
    link = LocalKeys(tmp_path / "link.json")
    link.path.symlink_to(keys.path)
    with pytest.raises(KeyServiceUnavailable):
        link.generate(purpose=Purpose.PAYMENT, context=CONTEXT)


def test_a_damaged_file_is_refused_without_its_content(keys):
    keys.path.write_text('{"current": 1, "keys": {"1": "c2VjcmV0')
    with pytest.raises(KeyServiceUnavailable, match="damaged") as caught:
        keys.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
    assert "c2VjcmV0" not in str(caught.value)


def test_a_lost_file_is_not_replaced_once_keys_exist(keys):
    keys.path.unlink()
    with pytest.raises(KeyServiceUnavailable, match="restore it"):
        keys.prepare(first_start=False)
    assert not keys.path.exists()


def test_a_second_start_keeps_the_key(keys):
    before = keys.path.read_bytes()
    LocalKeys(keys.path).prepare(first_start=True)
    assert keys.path.read_bytes() == before


def test_many_first_starts_at_once_make_one_key(tmp_path):
    """Each loser reads the winner's file, whole: a half-written one is never in place."""
    path, start, opened = tmp_path / "keys" / "master.json", threading.Barrier(8), []

    def begin():
        service = LocalKeys(path)
        start.wait()
        service.prepare(first_start=True)
        opened.append(json.loads(path.read_text())["keys"]["1"])

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
    assert len(set(opened)) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["master.json"]


def test_rotation_keeps_old_wrappings_readable(keys):
    made = keys.generate(purpose=Purpose.PAYMENT, context=CONTEXT)
    assert keys.rotate() == 2
    assert keys.unwrap(purpose=Purpose.PAYMENT, key=made.key, context=CONTEXT) == made.plaintext
    fresh = keys.rewrap(purpose=Purpose.PAYMENT, key=made.key, context=CONTEXT)
    assert fresh.master_key == "local:PAYMENT:2"
    assert keys.unwrap(purpose=Purpose.PAYMENT, key=fresh, context=CONTEXT) == made.plaintext
    assert keys.path.stat().st_mode & 0o777 == 0o600
