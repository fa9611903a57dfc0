"""After every path a bank account can take, its number is in no table, no log, no event and no answer."""

import logging
from collections.abc import Iterator

import pytest

from compliance.api.bank_accounts import EXAMPLE
from compliance.models import BankAccount
from compliance.services import bank_accounts
from core import clock
from core.approvals.models import ApprovalRequest
from core.clock import FixedClock
from core.outbox import services as outbox
from core.work import services as work
from tests.factories import api, staff
from tests.factories import bank_accounts as factory
from tests.factories.payments import NOW
from tests.integration.payments.test_leaks import database_text
from tests.leaks import find_secrets

pytestmark = pytest.mark.django_db

# The last but one may be a card's number, the last one has letters.
NUMBERS = ["739184650273", "84650", "4242424242424242", "GB29NWBK60161"]
KNOWN = {f"number {place}": number for place, number in enumerate(NUMBERS)}


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with clock.use(FixedClock(NOW)):
        yield


def every_path() -> list[str]:
    """Each number entered, refused, replayed, signed, cooled off, looked at, exported, ended; the answers."""
    people = factory.signers()
    browser = staff.signed_in("COMPLIANCE")
    client = api.client("bank-accounts:read", "bank-accounts:write")
    answers = []
    for place, number in enumerate(NUMBERS):
        factory.party(f"prov_{place}")
        body = {**EXAMPLE, "partyId": f"prov_{place}", "accountNumber": number}
        key = {"Idempotency-Key": f"key-{place}"}
        answers += [client.post("/v1/bank-accounts", body, headers=key) for _ in range(2)]
        answers.append(client.post("/v1/bank-accounts", {**body, "routingNumber": "021000022"}))
        answers.append(client.post("/v1/bank-accounts", {**body, "accountHolderName": f"Jane {number}"}))
        answers.append(client.post("/v1/bank-accounts", {**body, "accountNumber": f"{number} "}))
        answers.append(client.post("/v1/bank-accounts", {**body, "accountType": "PIGGY"}))
        answers.append(client.post("/v1/bank-accounts", body))
        account = BankAccount.objects.get(party__party_id=f"prov_{place}")
        answers.append(browser.get(f"/admin/bank-accounts/{account.account_id}/"))
        answers.append(browser.get(f"/admin/records/compliance/bankaccount/{account.pk}/change/"))
        client.post(f"/v1/bank-accounts/{account.account_id}/retire")
        changed = factory.entered(f"prov_{place}", livemode=False, number=number)
        asked = ApprovalRequest.objects.get(request_id=changed.approval_id)
        answers.append(browser.get(f"/admin/approvals/{asked.request_id}/"))
        factory.signed(changed, *people)
        bank_accounts.activate_due(now=changed.created_at.replace(day=20))
    answers += [browser.get("/admin/bank-accounts/"), client.get("/v1/bank-accounts")]
    exported = browser.get("/admin/bank-accounts/?format=csv")
    outbox.drain(now=NOW)
    work.drain(now=NOW)
    return [*(answer.content.decode() for answer in answers), b"".join(exported.streaming_content).decode()]


def test_no_account_number_is_kept_or_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = every_path()
    for table, row in database_text():
        assert find_secrets(row, KNOWN) == [], table
    for line in [*answers, *(record.getMessage() for record in caplog.records)]:
        assert find_secrets(line, KNOWN) == [], line[:300]
    assert BankAccount.objects.filter(state="ACTIVE").count() == len(NUMBERS)


def test_the_scan_finds_what_is_there() -> None:
    """The control: a number written into a name is found."""
    factory.party(business_name=f"Jane {NUMBERS[0]}")
    assert [table for table, row in database_text() if find_secrets(row, KNOWN)] == ["compliance_party"]
