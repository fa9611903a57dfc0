"""An account is verified by what is sent to it, or on somebody's word; not by asking often."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ach.models import Entry
from core import clock
from core.approvals import services as approvals
from core.approvals.models import ApprovalRequest
from core.clock import FixedClock
from core.staff import presence
from ledger import chart
from payments.models import AccountVerification
from payments.selectors import verifications as register
from payments.services import transfer_bookings, verification_news, verifications
from payments.services.verifications import NewVerification
from payments.transfer_enums import VerificationMethod
from tests.factories import ach_transfers as ach
from tests.factories import api, bank_accounts, staff
from tests.factories.ach_transfers import BACKEND, SELLER
from tests.factories.api import ApiClient
from tests.factories.approvals import code_of
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday() -> Any:
    with clock.use(FixedClock(NOW)):
        yield


@pytest.fixture
def backend() -> ApiClient:
    return api.client("bank-accounts:read", "bank-accounts:write")


def entries(verification: AccountVerification) -> list[Entry]:
    return list(Entry.objects.filter(reference__startswith=verification.public_id).order_by("pk"))


def settle(verification: AccountVerification, *, at: datetime) -> list[str]:
    names = []
    for entry in entries(verification):
        ach.sent(entry)
        ach.settled(entry, now=at)
        names.append(entry.public_id)
    transfer_bookings.follow(names, now=at)
    verification_news.settled(names, now=at)
    return names


def start(method: VerificationMethod, **more: Any) -> AccountVerification:
    new = NewVerification(ach.account(SELLER), method, **more)
    return verifications.start(new=new, livemode=False, actor=BACKEND, now=NOW)


def test_a_prenote_verifies_on_the_third_banking_day() -> None:
    """Sent on Monday 2 March, settled on Tuesday: live entries from Friday, 8:30 in New York."""
    verification = start(VerificationMethod.PRENOTE)
    (entry,) = entries(verification)
    assert (entry.kind, entry.amount_minor, entry.transaction_code) == ("PRENOTE", 0, "23")
    settle(verification, at=NOW + timedelta(days=1))
    friday = datetime.fromisoformat("2026-03-06T13:30:00+00:00")
    assert register.get(verification.public_id).live_from == friday
    assert verification_news.end_due(now=friday - timedelta(seconds=1)) == 0
    assert verification_news.end_due(now=friday) == 1
    assert register.find_verified(verification.account) is not None


@pytest.mark.parametrize("news", ["return", "change"])
def test_a_prenote_of_which_something_comes_back_verifies_nothing(news: str) -> None:
    verification = start(VerificationMethod.PRENOTE)
    (name,) = settle(verification, at=NOW + timedelta(days=1))
    if news == "return":
        verification_news.returned(name, code="R03", now=NOW)
    else:
        verification_news.change_asked(verification.account.account_id, code="C01", now=NOW)
    assert register.get(verification.public_id).state == "FAILED"
    assert verification_news.end_due(now=NOW + timedelta(days=20)) == 0


def test_micro_entries_are_confirmed_by_their_amounts(backend: ApiClient) -> None:
    """0.32 and 0.45 go out, 0.77 comes back: nothing is left of it as a cost."""
    path = f"/v1/bank-accounts/{ach.account(SELLER)}/verifications"
    made = backend.post(path, {"method": "MICRO_ENTRIES"}).json()
    assert (made["status"], made["triesLeft"]) == ("PENDING", 3)
    verification = register.get(made["verificationId"])
    assert [(each.direction, each.amount_minor, each.description) for each in entries(verification)] == [
        ("CREDIT", 32, "ACCTVERIFY"), ("CREDIT", 45, "ACCTVERIFY"), ("DEBIT", 77, "ACCTVERIFY"),
    ]  # fmt: skip
    confirm = f"{path}/{verification.public_id}/confirm"
    early = backend.post(confirm, {"amounts": [32, 45]})
    assert (early.status_code, early.json()["code"]) == (409, "VERIFICATION_STATE_FORBIDS")
    settle(verification, at=NOW + timedelta(days=1))
    assert ach.held_by(chart.costs("account_verification")) == 0
    wrong = backend.post(confirm, {"amounts": [32, 46]}, headers={"Idempotency-Key": "w"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "ACCOUNT_VERIFICATION_FAILED")
    assert wrong.json()["triesLeft"] == 2
    again = backend.post(confirm, {"amounts": [32, 46]}, headers={"Idempotency-Key": "w"})
    assert (again["Idempotent-Replayed"], register.get(verification.public_id).tries_left) == ("true", 2)
    right = backend.post(confirm, {"amounts": [45, 32]}).json()
    assert (right["status"], right["success"]) == ("VERIFIED", True)
    assert not {32, 45, 77} & {*backend.get(path).json()["data"][0].values()}


def test_amounts_are_guessed_three_times_and_expire(backend: ApiClient) -> None:
    verification = start(VerificationMethod.MICRO_ENTRIES)
    settle(verification, at=NOW + timedelta(days=1))
    confirm = f"/v1/bank-accounts/{verification.account.account_id}/verifications/{verification.public_id}/confirm"
    for left in (2, 1, 0):
        assert backend.post(confirm, {"amounts": [1, 2]}).json()["triesLeft"] == left
    assert backend.post(confirm, {"amounts": [32, 45]}).json()["code"] == "VERIFICATION_STATE_FORBIDS"
    other = start(VerificationMethod.MICRO_ENTRIES)
    assert verification_news.end_due(now=NOW + timedelta(days=10)) == 1
    assert register.get(other.public_id).state == "EXPIRED"


def test_one_account_gets_micro_entries_three_times_a_month(backend: ApiClient) -> None:
    """Also under another id, of another party: it is the same account."""
    for _ in range(3):
        verification = start(VerificationMethod.MICRO_ENTRIES)
        verification_news.returned(entries(verification)[0].public_id, code="R03", now=NOW)
    refused = backend.post(
        f"/v1/bank-accounts/{verification.account.account_id}/verifications", {"method": "MICRO_ENTRIES"}
    )
    assert (refused.status_code, refused.json()["violatedPolicies"]) == (429, ["micro_entries.per_account"])


def test_a_trusted_source_takes_two_people(backend: ApiClient) -> None:
    people = staff.person("COMPLIANCE"), staff.person("CONTROLLER")
    account = bank_accounts.active(SELLER, livemode=False)
    path = f"/v1/bank-accounts/{account.account_id}/verifications"
    unnamed = backend.post(path, {"method": "TRUSTED_SOURCE"}).json()
    assert [each["pointer"] for each in unnamed["errors"]] == ["/trustedSource", "/sourceReference"]
    named = {"method": "TRUSTED_SOURCE", "trustedSource": "bank letter", "sourceReference": "doc_17"}
    verification = register.get(backend.post(path, named).json()["verificationId"])
    busy = backend.post(path, {"method": "PRENOTE"})
    assert busy.json()["code"] == "VERIFICATION_UNDER_WAY"
    for number, person in enumerate(people):
        question = ApprovalRequest.objects.get(request_id=verification.approval_id)
        approvals.sign(
            request_id=question.request_id, user=person.user, digest=question.digest, code=code_of(person), reason="",
            device="Firefox on Linux", origin="198.51.100.7", now=NOW, present=presence.present(),
        )  # fmt: skip
        assert (register.find_verified(account) is not None) == (number == 1)
    verification_news.stopped(account.account_id, code="R02", now=NOW)
    assert register.find_verified(account) is None, "a return speaks louder"
