"""What the database refuses of payout accounts whoever asks it, the application's own role above all."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from compliance.models import BankAccount
from compliance.services import bank_accounts
from core.database.refusals import refusal_name, sqlstate
from tests.factories import bank_accounts as factory
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db
ACTIVE = {"state": "ACTIVE", "active_from": NOW, "activated_at": NOW, "version": F("version") + 1}


def refused(act: Callable[[], object]) -> str | None:
    """The name of what keeps the application's role from it."""
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE holdfast_app")
        act()
    return refusal_name(error.value) or sqlstate(error.value)


def change(account: BankAccount, **values: object) -> Callable[[], object]:
    return lambda: BankAccount.objects.filter(pk=account.pk).update(**values)


@pytest.fixture
def waiting() -> BankAccount:
    """A live account that nobody has signed."""
    factory.signers()
    return factory.entered()


class TestSignatures:
    def test_a_live_account_is_active_by_its_own_executed_approval_only(self, waiting: BankAccount) -> None:
        assert refused(change(waiting, **ACTIVE)) == "act_is_approved"
        assert refused(change(waiting, active_from=NOW, version=F("version") + 1)) == "act_is_approved"

    def test_the_approval_of_another_account_is_none(self, waiting: BankAccount) -> None:
        other = factory.active("prov_other", livemode=True)
        assert refused(change(waiting, approval_id=other.approval_id)) == "bank_account_goes_forward"
        factory.party("prov_third", livemode=True)
        copy = BankAccount(
            **{
                field.attname: getattr(other, field.attname)
                for field in BankAccount._meta.concrete_fields
                if field.attname not in ("id", "state", "version", "active_from", "activated_at", "approval_id")
            }
        )
        copy.account_id, copy.party = "ba_copy", factory.party("prov_third", livemode=True)
        copy.save(force_insert=True)
        assert refused(change(copy, **ACTIVE)) == "act_is_approved"
        assert refused(change(copy, **ACTIVE, approval_id=other.approval_id)) == "act_is_approved"

    def test_test_data_goes_without_unless_signatures_were_asked_for(self) -> None:
        factory.signers()
        first = factory.entered("prov_first", livemode=False)
        assert (first.state, first.approval_id) == ("ACTIVE", "")
        second = factory.entered("prov_first", livemode=False)
        bank_accounts.retire(account_id=first.account_id, livemode=False, actor=factory.MARKETPLACE, now=NOW)
        assert refused(change(second, **ACTIVE)) == "act_is_approved"

    def test_live_data_does_not_become_test_data(self, waiting: BankAccount) -> None:
        assert refused(change(waiting, livemode=False)) == "bank_account_stays_as_entered"


class TestWhatItIs:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("routing_number", "121000248"),
            ("sealed", b"another number"),
            ("fingerprint", "0" * 64),
            ("last4", "0000"),
            ("holder_name", "Mallory"),
            ("account_type", "SAVINGS"),
            ("account_id", "ba_other"),
            ("requested_by", "STAFF:nobody"),
        ],
    )
    def test_number_bank_and_holder_never_change(self, waiting: BankAccount, column: str, value: object) -> None:
        assert refused(change(waiting, **{column: value})) == "bank_account_stays_as_entered"

    def test_none_disappears(self, waiting: BankAccount) -> None:
        assert refused(lambda: BankAccount.objects.filter(pk=waiting.pk)._raw_delete("default")) == "42501"
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            BankAccount.objects.filter(pk=waiting.pk)._raw_delete("default")
        assert (refusal_name(error.value), sqlstate(error.value)) == ("bank_account_stays_as_entered", "HF279")

    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ({"routing_number": "021000022"}, "bank_account_routing_number_has_its_check_digit"),
            ({"routing_number": "000000000"}, "bank_account_routing_number_has_its_check_digit"),
            ({"last4": "12345"}, "22001"),
            ({"last4": "1"}, "bank_account_shows_four_at_most"),
            ({"fingerprint": "x"}, "bank_account_fingerprint_is_a_hash"),
            ({"holder_name": ""}, "bank_account_has_a_holder"),
            ({"account_type": "PIGGY"}, "bank_account_type_is_known"),
            ({"state": "ACTIVE"}, "bank_account_begins_pending"),
            ({"livemode": False}, "bank_account_begins_pending"),
            ({"approval_id": "apr_1"}, "bank_account_begins_pending"),
            ({"active_from": NOW}, "bank_account_begins_pending"),
        ],
    )
    def test_what_is_no_account_is_not_entered(self, values: dict[str, object], name: str) -> None:
        party = factory.party(livemode=True)
        good = {
            "account_id": "ba_1", "livemode": True, "party": party, "holder_name": "Jane", "account_type": "CHECKING",
            "routing_number": "021000021", "last4": "6789", "sealed": b"x", "fingerprint": "a" * 64,
            "requested_by": "SYSTEM:holdfast", "created_at": NOW,
        }  # fmt: skip
        assert refused(lambda: BankAccount.objects.create(**{**good, **values})) == name


class TestTheWay:
    def test_what_is_over_stays_over(self) -> None:
        account = factory.active()
        bank_accounts.retire(account_id=account.account_id, livemode=False, actor=factory.MARKETPLACE, now=NOW)
        assert refused(change(account, state="ACTIVE", version=F("version") + 1)) == "bank_account_goes_forward"
        assert refused(change(account, ended_reason="another")) == "bank_account_goes_forward"

    @pytest.mark.parametrize("state", ["RETIRED", "UNKNOWN"])
    def test_one_that_waits_is_not_retired(self, waiting: BankAccount, state: str) -> None:
        assert refused(change(waiting, state=state, version=F("version") + 1)) == "bank_account_goes_forward"

    def test_a_state_counts(self, waiting: BankAccount) -> None:
        ended = {"state": "REJECTED", "ended_at": NOW, "ended_by": "SYSTEM:holdfast", "ended_reason": "late"}
        assert refused(change(waiting, **ended)) == "bank_account_goes_forward"

    def test_nothing_ends_without_a_reason(self, waiting: BankAccount) -> None:
        ended = {"state": "REJECTED", "ended_at": NOW, "ended_by": "SYSTEM:holdfast", "version": F("version") + 1}
        assert refused(change(waiting, **ended)) == "bank_account_ends_for_a_reason"

    def test_cooling_off_is_not_cut_short(self) -> None:
        people = factory.signers()
        old = factory.active(livemode=True)
        cooling = factory.signed(factory.entered(), *people)
        assert cooling.active_from == NOW + timedelta(hours=72)
        earlier = {"active_from": NOW, "version": F("version") + 1}
        assert refused(change(cooling, **earlier)) == "bank_account_goes_forward"
        bank_accounts.retire(account_id=old.account_id, livemode=True, actor=factory.MARKETPLACE, now=NOW)
        at_once = {"state": "ACTIVE", "activated_at": NOW, "version": F("version") + 1}
        assert refused(change(cooling, **at_once)) == "bank_account_cools_off_first"

    def test_a_party_is_paid_to_one_account(self) -> None:
        people = factory.signers()
        factory.active(livemode=True)
        cooling = factory.signed(factory.entered(), *people)
        ready = cooling.active_from
        at_its_time = {"state": "ACTIVE", "activated_at": ready, "version": F("version") + 1}
        assert refused(change(cooling, **at_its_time)) == "party_has_one_active_account"

    def test_one_waits_at_a_time(self, waiting: BankAccount) -> None:
        twin = BankAccount(
            **{
                field.attname: getattr(waiting, field.attname)
                for field in BankAccount._meta.concrete_fields
                if field.attname not in ("id", "approval_id")
            }
        )
        twin.account_id = "ba_twin"
        assert refused(lambda: twin.save(force_insert=True)) == "party_has_one_pending_account"
