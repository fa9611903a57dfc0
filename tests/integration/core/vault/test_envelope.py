"""Fields under lock: where they open, where they do not, and what happens when the key service is away."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.actors import SYSTEM
from core.vault import canonical, envelope, keys, kms, rotation
from core.vault.models import DataKey, KeyUse
from core.vault.purposes import Purpose

pytestmark = pytest.mark.django_db
CONTEXT = {"table": "vault_storedcard", "row": "tok_1", "party": "cus_1"}


@pytest.fixture(autouse=True)
def _fresh_memory():
    keys.forget()
    yield
    keys.forget()


def seal(purpose=Purpose.PAYMENT, plaintext=b"4242", context=CONTEXT) -> bytes:
    return envelope.encrypt(purpose=purpose, plaintext=plaintext, context=context)


def unseal(ciphertext: bytes, purpose=Purpose.PAYMENT, context=CONTEXT) -> bytes:
    return envelope.decrypt(purpose=purpose, ciphertext=ciphertext, context=context)


@pytest.fixture
def key_service_down(monkeypatch):
    """The service fails from the call on; `calls` counts what reached it."""
    calls: list[float] = []

    def down(*_, **__):
        calls.append(time.monotonic())
        raise kms.KeyServiceUnavailable("down")

    def begin() -> list[float]:
        for name in ("generate", "unwrap", "rewrap"):
            monkeypatch.setattr(type(kms.service()), name, down)
        return calls

    return begin


class TestWhereItOpens:
    @pytest.mark.parametrize("plaintext", [b"", b"4242424242424242", bytes(10_000)])
    def test_in_its_own_place(self, plaintext):
        assert unseal(seal(plaintext=plaintext)) == plaintext

    @pytest.mark.parametrize(
        "context",
        [
            {**CONTEXT, "row": "tok_2"},
            {**CONTEXT, "party": "cus_2"},
            {**CONTEXT, "table": "vault_other"},
            {"table": "vault_storedcard", "row": "tok_1"},
            {**CONTEXT, "more": ""},
            {},
        ],
        ids=["row", "party", "table", "less", "more", "nothing"],
    )
    def test_not_in_another_place(self, context):
        with pytest.raises(envelope.UnableToOpen):
            unseal(seal(), context=context)

    def test_not_for_another_purpose(self):
        sealed = seal()
        seal(Purpose.ACH)
        with pytest.raises(envelope.UnableToOpen):
            unseal(sealed, purpose=Purpose.ACH)
        relabelled = sealed[:1] + bytes([Purpose.ACH.number]) + sealed[2:]
        with pytest.raises(envelope.UnableToOpen):
            unseal(relabelled, purpose=Purpose.ACH)

    def test_not_with_any_bit_changed(self):
        sealed = seal()
        for position in range(len(sealed)):
            damaged = bytearray(sealed)
            damaged[position] ^= 1
            with pytest.raises(envelope.UnableToOpen):
                unseal(bytes(damaged))

    def test_not_when_cut_short(self):
        sealed = seal()
        for length in range(len(sealed)):
            with pytest.raises(envelope.UnableToOpen):
                unseal(sealed[:length])

    def test_equal_fields_do_not_look_equal(self):
        assert seal() != seal()

    def test_the_format_is_written_down(self):
        sealed = seal(plaintext=b"12345")
        row = DataKey.objects.get(purpose=Purpose.PAYMENT, use=KeyUse.ENCRYPTION, generation=current().generation)
        assert sealed[:2] == bytes([1, 1])
        assert sealed[2:18] == row.pk.bytes
        assert len(sealed) == 18 + 12 + 5 + 16


def current() -> keys.OpenKey:
    return keys.current(Purpose.PAYMENT, KeyUse.ENCRYPTION)


class TestKeyServiceAway:
    def test_nothing_is_encrypted_without_a_key(self, key_service_down):
        key_service_down()
        with pytest.raises(envelope.VaultUnavailable):
            seal()

    def test_an_open_key_keeps_working(self, key_service_down):
        sealed = seal()
        calls = key_service_down()
        assert unseal(sealed) == b"4242"
        assert unseal(seal(plaintext=b"new")) == b"new"
        assert calls == []

    def test_until_its_time_is_over(self, key_service_down):
        sealed = seal()
        key_service_down()
        current().expires = time.monotonic() - 1
        with pytest.raises(envelope.VaultUnavailable):
            unseal(sealed)
        with pytest.raises(envelope.VaultUnavailable):
            seal()

    def test_a_queue_of_requests_does_not_wait_in_turn(self, key_service_down):
        """After a failure the service is left alone for a second: twenty requests, one call."""
        calls = key_service_down()
        for _ in range(20):
            with pytest.raises(envelope.VaultUnavailable):
                seal()
        assert len(calls) == 1

    def test_it_recovers_by_itself(self, key_service_down, monkeypatch):
        key_service_down()
        with pytest.raises(envelope.VaultUnavailable):
            seal()
        monkeypatch.undo()
        monkeypatch.setattr(keys, "REST_AFTER_FAILURE_SECONDS", 0.0)
        assert unseal(seal()) == b"4242"


class TestDataKeys:
    def test_one_key_service_call_serves_many_fields(self, monkeypatch):
        seal()
        keys.forget()
        calls = []
        service = kms.service()
        original = type(service).unwrap
        monkeypatch.setattr(type(service), "unwrap", lambda *a, **k: calls.append(1) or original(*a, **k))
        for _ in range(100):
            unseal(seal())
        assert len(calls) == 1

    def test_a_key_used_up_gives_way_to_the_next_generation(self):
        first = seal()
        key = current()
        key.uses_left = 0
        second = seal()
        assert current().generation == key.generation + 1
        assert first[2:18] != second[2:18]
        assert (unseal(first), unseal(second)) == (b"4242", b"4242")

    def test_a_key_past_its_day_gives_way_too(self):
        key_id, generation = current().id, current().generation
        DataKey.objects.filter(pk=key_id).update(created_at=datetime.now(UTC) - timedelta(hours=25))
        sealed_before = seal()
        keys.forget()
        assert current().generation == generation + 1
        assert unseal(sealed_before) == b"4242"

    def test_memory_holds_a_bounded_number(self, monkeypatch):
        for purpose in Purpose:
            seal(purpose)
        real = keys.parameters.read
        monkeypatch.setattr(
            keys.parameters, "read", lambda name, **k: 2 if name == "vault.cache_entries" else real(name, **k)
        )
        keys.forget()
        sealed = [(purpose, seal(purpose)) for purpose in Purpose]
        assert len(keys._opened) == 2
        assert all(unseal(ciphertext, purpose) == b"4242" for purpose, ciphertext in sealed)

    def test_a_wrapped_key_moved_to_another_row_does_not_open(self):
        sealed = seal()
        seal(Purpose.ACH)
        other = DataKey.objects.filter(purpose=Purpose.ACH, use=KeyUse.ENCRYPTION).latest("generation")
        DataKey.objects.filter(pk=current().id).update(wrapped=other.wrapped, master_key=other.master_key)
        keys.forget()
        with pytest.raises(envelope.UnableToOpen):
            unseal(sealed)

    def test_open_keys_do_not_print(self):
        assert current().plaintext.hex() not in repr(current())
        assert repr(current().plaintext) not in repr(current())

    def test_no_open_key_is_in_the_database(self):
        key = current()
        stored = bytes(DataKey.objects.get(pk=key.id).wrapped)
        assert key.plaintext not in stored


class TestHashes:
    def test_a_blind_index_is_equal_for_equal_values(self):
        index = envelope.blind_index(purpose=Purpose.PAYMENT, value="4242424242424242")
        assert len(index) == 32
        assert envelope.blind_index(purpose=Purpose.PAYMENT, value="4242424242424242") == index
        assert envelope.blind_index(purpose=Purpose.PAYMENT, value="4242424242424243") != index
        assert envelope.blind_index(purpose=Purpose.ACH, value="4242424242424242") != index

    def test_it_survives_restart_and_new_generations(self):
        index = envelope.blind_index(purpose=Purpose.PAYMENT, value="x")
        current().uses_left = 0
        seal()
        keys.forget()
        assert envelope.blind_index(purpose=Purpose.PAYMENT, value="x") == index

    def test_a_mac_is_not_a_blind_index(self):
        assert envelope.mac(Purpose.AUDIT, b"x") != envelope.blind_index(purpose=Purpose.AUDIT, value="x")
        assert envelope.mac(Purpose.AUDIT, b"x") == envelope.mac(Purpose.AUDIT, b"x")

    def test_its_key_is_not_the_encryption_key(self):
        assert keys.current(Purpose.PAYMENT, KeyUse.HASHING).plaintext != current().plaintext


class TestRotation:
    NOW = datetime(2026, 11, 20, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def _master_key_of_its_own(self, transactional_db, settings, tmp_path):
        """Other tests run beside this one with the usual file."""
        DataKey.objects.all().delete()
        settings.HOLDFAST_MASTER_KEY_FILE = str(tmp_path / "master.json")

    def test_old_fields_and_indexes_stay_readable(self):
        sealed, index = seal(), envelope.blind_index(purpose=Purpose.PAYMENT, value="x")
        before = {row.pk: bytes(row.wrapped) for row in DataKey.objects.filter(purpose=Purpose.PAYMENT)}
        assert (
            rotation.rotate(purposes=[Purpose.PAYMENT], reason="test", actor=SYSTEM, now=self.NOW) == len(before) >= 2
        )
        keys.forget()
        assert unseal(sealed) == b"4242"
        assert envelope.blind_index(purpose=Purpose.PAYMENT, value="x") == index
        for row in DataKey.objects.filter(pk__in=before):
            assert bytes(row.wrapped) != before[row.pk]
            assert row.rewrapped_at == self.NOW

    def test_a_master_key_that_wraps_nothing_any_more_is_not_needed(self):
        """The control of the test above: fields really hang on the new master key alone."""
        sealed = seal()
        rotation.rotate(purposes=list(Purpose), reason="test", actor=SYSTEM, now=self.NOW)
        service, content = kms.service(), kms.service()._read()
        service._write(
            {**content, "keys": {str(content["current"]): content["keys"][str(content["current"])]}}, exclusive=False
        )
        keys.forget()
        try:
            assert unseal(sealed) == b"4242"
        finally:
            service._write(content, exclusive=False)

    def test_terms_are_ninety_days_and_for_the_audit_log_a_hundred_and_eighty(self):
        for purpose in Purpose:
            seal(purpose)
        newest = max(row.rewrapped_at or row.created_at for row in DataKey.objects.all())
        DataKey.objects.update(created_at=newest, rewrapped_at=None)
        assert rotation.due(now=newest + timedelta(days=89)) == []
        assert rotation.due(now=newest + timedelta(days=91)) == [p for p in Purpose if p is not Purpose.AUDIT]
        assert rotation.due(now=newest + timedelta(days=181)) == list(Purpose)


@given(
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)
def test_two_contexts_never_share_their_bytes(one, other):
    assert (canonical.encode("d", one) == canonical.encode("d", other)) is (one == other)


def test_lengths_stand_before_contents():
    """Joined with a bar, these two would be one."""
    assert canonical.encode("d", {"a": "b|c=d"}) != canonical.encode("d", {"a": "b", "c": "d"})
