"""The pages of payout accounts: what they show, to whom, and at what cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compliance.models import BankAccount
from compliance.services import bank_accounts
from core.audit.models import AuditEntry
from tests.factories import bank_accounts as factory
from tests.factories import staff
from tests.factories.bank_accounts import NUMBER, PROVIDER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Client:
    return staff.signed_in("COMPLIANCE")


def shown(client: Client, account: BankAccount) -> str:
    response = client.get(reverse("admin:bank_account", args=[account.account_id]))
    assert response.status_code == 200
    return response.content.decode()


def listed(client: Client, query: str = "") -> str:
    return client.get(f"{reverse('admin:bank_accounts')}{query}").content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [("COMPLIANCE", 200), ("CONTROLLER", 200), ("TREASURY", 200), ("AUDITOR", 200), ("FRAUD_ANALYST", 403)],
)
def test_who_sees_them(role: str, status: int) -> None:
    account, client = factory.active(), staff.signed_in(role)
    assert client.get(reverse("admin:bank_accounts")).status_code == status
    assert client.get(reverse("admin:bank_account", args=[account.account_id])).status_code == status


def test_the_list_is_narrowed_by_status_and_party(officer: Client) -> None:
    factory.signers()
    mine, other = factory.active(), factory.active("prov_other")
    waiting = factory.entered(livemode=False)
    for query, expected in (
        ("", {mine, other, waiting}),
        ("?status=ACTIVE", {mine, other}),
        (f"?party={PROVIDER}", {mine, waiting}),
        (f"?party={PROVIDER}&status=PENDING", {waiting}),
        ("?party=prov_unknown", set()),
    ):
        html = listed(officer, query)
        assert {each for each in (mine, other, waiting) if each.account_id in html} == expected, query
    assert "•••• " in listed(officer)


def test_live_accounts_are_not_shown_among_test_data(officer: Client) -> None:
    account = factory.active(livemode=True)
    assert account.account_id not in listed(officer)
    assert officer.get(reverse("admin:bank_account", args=[account.account_id])).status_code == 404


class TestWhatHappensNext:
    def test_one_that_waits_leads_to_its_signatures_and_to_what_is_paid_to_until_then(self, officer: Client) -> None:
        factory.signers()
        old, new = factory.active(), factory.entered(livemode=False)
        html = shown(officer, new)
        assert reverse("admin:approval", args=[new.approval_id]) in html
        assert "If nobody signs, it is rejected" in html
        assert reverse("admin:bank_account", args=[old.account_id]) in html

    def test_one_that_cools_off_says_until_when(self, officer: Client) -> None:
        people = factory.signers()
        factory.active()
        html = shown(officer, factory.signed(factory.entered(livemode=False), *people))
        assert "cools off until" in html
        assert "5 Mar 2026" in html

    def test_one_that_was_replaced_says_by_which(self, officer: Client) -> None:
        people = factory.signers()
        old = factory.active()
        new = factory.signed(factory.entered(livemode=False), *people)
        bank_accounts.activate_due(now=NOW + timedelta(hours=72))
        assert f"Replaced by {new.account_id}" in shown(officer, old)
        assert f"in the place of {old.account_id}" in shown(officer, new)


def test_whose_else_it_is_is_said_on_both_pages(officer: Client) -> None:
    mine, hers = factory.active(number=NUMBER), factory.active("cus_other", number=NUMBER)
    assert "Also of 1 other party" in shown(officer, mine)
    assert "cus_other" in shown(officer, mine)
    assert PROVIDER in shown(officer, hers)
    assert "Also of" not in shown(officer, factory.active("prov_alone"))


def test_a_page_about_a_shared_account_stays_short(officer: Client) -> None:
    accounts = [factory.active(f"prov_{number}", number=NUMBER) for number in range(24)]
    html = shown(officer, accounts[0])
    assert "Also of 23 other parties" in html
    assert "And 3 more." in html


def test_who_looked_is_recorded(officer: Client) -> None:
    account = factory.active()
    shown(officer, account)
    assert AuditEntry.objects.filter(subject=account.account_id, actor_kind="STAFF").exists()


def test_lists_and_pages_cost_the_same_whatever_there_is(officer: Client) -> None:
    def cost(address: str) -> int:
        officer.get(address)
        with CaptureQueriesContext(connection) as made:
            assert officer.get(address).status_code == 200
        return len(made)

    first = factory.active(number=NUMBER)
    page, list_address = reverse("admin:bank_account", args=[first.account_id]), reverse("admin:bank_accounts")
    few = (cost(page), cost(list_address))
    for number in range(15):
        factory.active(f"prov_{number}", number=NUMBER)
    assert (cost(page), cost(list_address)) == few
    assert max(few) <= 16, few


def test_the_file_masks_the_number_and_the_holder_for_whoever_may_not_take_them_out_whole() -> None:
    factory.active(number=NUMBER)

    def taken(role: str) -> str:
        response: Any = staff.signed_in(role).get(f"{reverse('admin:bank_accounts')}?format=csv")
        return b"".join(response.streaming_content).decode()

    assert "Jane Smith" in taken("COMPLIANCE")
    assert "Jane Smith" not in taken("TREASURY")
    assert PROVIDER in taken("TREASURY")


def test_an_id_in_the_search_box_opens_its_page(officer: Client) -> None:
    account = factory.active()
    response = officer.get("/admin/search/", {"q": account.account_id})
    assert response["Location"] == reverse("admin:bank_account", args=[account.account_id])


def test_the_record_shows_neither_what_is_sealed_nor_what_it_is_found_by(officer: Client) -> None:
    account = factory.active(number=NUMBER)
    html = officer.get(f"/admin/records/compliance/bankaccount/{account.pk}/change/").content.decode()
    assert account.fingerprint not in html
    assert "ealed" not in html
    assert account.account_id in html
