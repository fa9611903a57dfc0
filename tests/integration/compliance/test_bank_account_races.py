"""Two at one moment, by real threads: a party has one account that is paid to and one that waits, never two."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from compliance.models import BankAccount
from compliance.services import bank_accounts
from core.approvals.services import AskedAlready
from core.errors import Refusal
from tests.factories import bank_accounts as factory
from tests.factories.bank_accounts import MARKETPLACE
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db(transaction=True)
READY = NOW + timedelta(hours=72)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each answered, or the refusal it met; anything else fails the test."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        try:
            start.wait(timeout=10)
            answers[place] = act()
        except Exception as raised:  # noqa: BLE001 (looked at below)
            answers[place] = raised
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not [each for each in answers if isinstance(each, Exception) and not isinstance(each, Refusal)], answers
    return answers


def states() -> list[str]:
    return sorted(BankAccount.objects.values_list("state", flat=True))


def test_of_two_first_accounts_one_is_paid_to_and_the_other_waits_for_signatures() -> None:
    factory.signers()
    factory.party()
    at_once(*[lambda: factory.entered(livemode=False)] * 2)
    assert states() == ["ACTIVE", "PENDING"]


def test_of_two_changes_one_waits_and_the_other_is_refused() -> None:
    factory.signers()
    factory.active(livemode=True)
    answers = at_once(*[factory.entered] * 4)
    refused = [each for each in answers if isinstance(each, Refusal)]
    assert [type(each) for each in refused] == [bank_accounts.BankAccountPending] * 3
    assert AskedAlready not in {type(each) for each in refused}
    assert states() == ["ACTIVE", "PENDING"]


def test_several_workers_activate_an_account_once() -> None:
    people = factory.signers()
    for number in range(5):
        factory.signed(factory.entered(f"prov_{number}"), *people)
        factory.signed(factory.entered(f"prov_{number}"), *people)
    answers = at_once(*[lambda: bank_accounts.activate_due(now=READY)] * 4)
    assert sum(answers) == 5
    assert states() == ["ACTIVE"] * 5 + ["RETIRED"] * 5


@pytest.mark.parametrize("_again", range(5))
def test_taking_back_against_activating_leaves_one_of_two_worlds(_again: int) -> None:
    people = factory.signers()
    factory.active(livemode=True)
    cooling = factory.signed(factory.entered(), *people)
    activated, ended = at_once(
        lambda: bank_accounts.activate_due(now=READY),
        lambda: bank_accounts.retire(account_id=cooling.account_id, livemode=True, actor=MARKETPLACE, now=READY),
    )
    cooling.refresh_from_db()
    assert isinstance(ended, BankAccount)
    if activated:
        assert (cooling.state, states()) == ("RETIRED", ["RETIRED", "RETIRED"])
    else:
        assert (cooling.state, states()) == ("REJECTED", ["ACTIVE", "REJECTED"])


def test_the_last_signature_against_taking_back() -> None:
    people = factory.signers()
    account = factory.signed(factory.entered(), people[0])
    signed, ended = at_once(
        lambda: factory.signed(account, people[1]),
        lambda: bank_accounts.retire(account_id=account.account_id, livemode=True, actor=MARKETPLACE, now=NOW),
    )
    account.refresh_from_db()
    assert isinstance(ended, BankAccount)
    assert account.state in ("REJECTED", "RETIRED")
    assert (account.state == "RETIRED") == (account.activated_at is not None)
    assert signed is not None
