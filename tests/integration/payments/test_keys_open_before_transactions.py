"""What a request seals or opens, it asks the key service for before its transaction: locks wait for nobody outside."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from django.db import connection, transaction

from core import clock
from core.clock import FixedClock
from core.vault import envelope, keys, kms
from core.vault.purposes import Purpose
from payments.api import transfer_examples as examples
from payments.selectors import verifications as register
from tests.factories import ach_transfers as ach
from tests.factories import api
from tests.factories.api import ApiClient
from tests.factories.payments import NOW
from tests.integration.payments.test_account_verifications import settle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.use(FixedClock(NOW)):
        yield


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each time the key service is asked about keys of ACH: whether a transaction waits for it."""
    calls: list[bool] = []

    class Watched:
        """The key service itself, and who waits for it."""

        def __init__(self, service: kms.KeyService) -> None:
            self.service, self.provider, self.prepare = service, service.provider, service.prepare

        def generate(self, *, purpose: Purpose, context: Mapping[str, str]) -> kms.NewDataKey:
            self._note(purpose)
            return self.service.generate(purpose=purpose, context=context)

        def unwrap(self, *, purpose: Purpose, key: kms.WrappedKey, context: Mapping[str, str]) -> bytes:
            self._note(purpose)
            return self.service.unwrap(purpose=purpose, key=key, context=context)

        @staticmethod
        def _note(purpose: Purpose) -> None:
            if purpose == Purpose.ACH:
                calls.append(connection.in_atomic_block)

    watched = Watched(kms.service())
    monkeypatch.setattr(kms, "service", lambda: watched)
    return calls


def cold() -> None:
    """As a process that has just started and answered its readiness check."""
    keys.forget()
    envelope.warm(Purpose.PAYMENT, Purpose.AUDIT, Purpose.DATABASE)


def client(*scopes: str) -> ApiClient:
    made = api.client(*scopes)
    cold()
    return made


def test_a_bank_account_is_entered(asked: list[bool]) -> None:
    ach.known("prov_new_001")
    body = {
        "partyId": "prov_new_001", "accountHolderName": "New Studio", "routingNumber": "021000021",
        "accountNumber": "000123456789", "accountType": "CHECKING",
    }  # fmt: skip
    assert client("bank-accounts:write").post("/v1/bank-accounts", body).status_code == 201
    assert set(asked) == {False}


def test_micro_entries_are_sent_and_confirmed(asked: list[bool]) -> None:
    path = f"/v1/bank-accounts/{ach.account(ach.SELLER)}/verifications"
    backend = client("bank-accounts:write")
    asked.clear()
    made = backend.post(path, {"method": "MICRO_ENTRIES"})
    assert made.status_code == 201
    assert set(asked) == {False}
    verification = register.get(made.json()["verificationId"])
    with transaction.atomic():
        settle(verification, at=NOW + timedelta(days=1))

    cold()
    asked.clear()
    confirmed = backend.post(f"{path}/{verification.public_id}/confirm", {"amounts": [32, 45]})
    assert confirmed.json()["status"] == "VERIFIED"
    assert set(asked) == {False}


def test_a_transfer_names_an_account_that_only_the_sandbox_knows(asked: list[bool]) -> None:
    answer = client("ach:write").post("/v1/ach-transfers", examples.TRANSFER)
    assert answer.status_code == 201, answer.content
    assert set(asked) == {False}
