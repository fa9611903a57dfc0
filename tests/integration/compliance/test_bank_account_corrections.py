"""An account that its bank corrects: another row in the place of the old one, for signatures of what the bank said."""

import pytest
from django.db import Error as DatabaseError
from django.db import transaction

from compliance.account_numbers import AccountNumber
from compliance.enums import AccountType
from compliance.models import BankAccount
from compliance.services import account_numbers, bank_accounts
from compliance.services.bank_accounts import BankAccountIsOver, Correction, InvalidBankAccount
from core.actors import SYSTEM
from core.database.refusals import refusal_name
from tests.factories import bank_accounts as factory
from tests.factories.bank_accounts import PROVIDER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db


def correction(old: BankAccount, **different: object) -> Correction:
    kept = account_numbers.seal(
        number=AccountNumber("1918171614"), routing_number="011000015", account_id="ba_corrected",
        party_id=old.party.party_id, livemode=old.livemode,
    )  # fmt: skip
    values: dict[str, object] = {
        "corrects": old.account_id, "account_id": "ba_corrected", "source": "chg_1", "holder_name": "Jane Smythe",
        "account_type": AccountType.SAVINGS, "routing_number": "011000015", "kept": kept,
    }  # fmt: skip
    return Correction(**values | different)  # type: ignore[arg-type]


def correct(wanted: Correction) -> BankAccount:
    with transaction.atomic():
        return bank_accounts.correct(correction=wanted, approval_id="apr_none", actor=SYSTEM, now=NOW)


@pytest.mark.parametrize("livemode", [False, True])
def test_nothing_is_paid_to_it_before_the_correction_is_signed(livemode: bool) -> None:
    """In test data as well: unlike a first account, a correction redirects what goes to somebody already."""
    old = factory.active(livemode=livemode)
    with pytest.raises(DatabaseError) as refused:
        correct(correction(old))
    assert refusal_name(refused.value) == "act_is_approved"
    assert BankAccount.objects.get().state == "ACTIVE"


def test_an_account_that_is_over_is_not_corrected() -> None:
    old = factory.active()
    bank_accounts.retire(account_id=old.account_id, livemode=False, actor=SYSTEM, now=NOW)
    with pytest.raises(BankAccountIsOver, match="is not paid to any more"):
        correct(correction(old))


def test_a_bank_that_does_not_exist_is_refused_by_field() -> None:
    with pytest.raises(InvalidBankAccount) as refused:
        correct(correction(factory.active(), routing_number="990000000"))
    assert [(error.pointer, error.reason) for error in refused.value.errors] == [("/routingNumber", "is of no bank")]


@pytest.mark.parametrize(
    ("different", "name"),
    [
        ({"party": "prov_other"}, "bank_account_corrects_one_in_use"),
        ({"correction": ""}, "bank_account_correction_says_whose"),
    ],
)
def test_the_database_lets_no_other_account_be_corrected(different: dict[str, str], name: str) -> None:
    old = factory.active()
    party = factory.party(different.get("party", PROVIDER))
    kept = correction(old).kept
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        BankAccount.objects.create(
            account_id="ba_corrected", livemode=False, party=party, corrects=old,
            correction=different.get("correction", "chg_1"), holder_name="Jane", account_type="CHECKING",
            routing_number="011000015", last4="1614", sealed=kept.sealed, fingerprint=kept.fingerprint,
            requested_by="SYSTEM:holdfast", created_at=NOW,
        )  # fmt: skip
    assert refusal_name(refused.value) == name
