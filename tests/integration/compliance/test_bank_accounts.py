"""Payout accounts: entered by the marketplace, signed by two people, cooled off, paid to, one at a time."""

from datetime import timedelta

import pytest

from compliance.account_numbers import AccountNumber
from compliance.enums import BankAccountState
from compliance.models import BankAccount
from compliance.selectors import bank_accounts as register
from compliance.services import account_numbers as seals
from compliance.services import bank_accounts, parties
from core.actors import SYSTEM
from core.approvals.models import ApprovalRequest
from core.approvals.services import (
    ApprovalClosed,
    ContentChanged,
    NobodyCanSign,
    NotAllowedToSign,
    deny,
    expire_due,
)
from core.audit.models import AuditEntry
from core.outbox import services as outbox
from core.outbox.models import Event
from core.parameters import services as parameters
from core.staff import presence
from core.vault import envelope
from tests.factories import bank_accounts as factory
from tests.factories import staff
from tests.factories.approvals import code_of
from tests.factories.bank_accounts import MARKETPLACE, NUMBER, PROVIDER
from tests.factories.payments import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def people() -> tuple[staff.Person, staff.Person]:
    return factory.signers()


def told(account: BankAccount) -> set[str]:
    """What was published of an account."""
    events = Event.objects.filter(payload__account_id=account.account_id)
    return {event.name.removeprefix("compliance.bank_account_") for event in events}


def question(account: BankAccount) -> ApprovalRequest:
    return ApprovalRequest.objects.get(request_id=account.approval_id)


class TestTheFirstAccount:
    def test_two_people_sign_and_it_is_paid_to_at_once(self, people) -> None:
        account = factory.entered()
        assert (account.state, account.active_from, account.version) == ("PENDING", None, 1)
        assert register.find_payout(account.party, at=NOW) is None

        one = factory.signed(account, people[0])
        assert one.state == "PENDING"
        both = factory.signed(account, people[1])
        assert (both.state, both.active_from, both.activated_at, both.version) == ("ACTIVE", NOW, NOW, 2)
        assert register.find_payout(both.party, at=NOW) == both
        assert told(both) == {"requested", "activated"}
        entries = AuditEntry.objects.filter(subject=account.account_id).order_by("pk")
        assert [entry.action.rpartition(".")[2] for entry in entries] == ["requested", "activated"]

    def test_one_person_is_not_two(self, people) -> None:
        account = factory.signed(factory.entered(), people[0])
        with pytest.raises(NotAllowedToSign):
            factory.signed(account, people[0])

    def test_whoever_is_no_compliance_officer_or_controller_does_not_sign(self, people) -> None:
        with pytest.raises(NotAllowedToSign):
            factory.signed(factory.entered(), staff.person("TREASURY"))

    def test_a_person_related_to_the_party_does_not_sign(self, people) -> None:
        related = staff.person("COMPLIANCE", email="jane@photos.example")
        factory.party(livemode=True, email="jane@photos.example")
        with pytest.raises(NotAllowedToSign, match="e-mail"):
            factory.signed(factory.entered(), related)

    def test_without_two_who_could_sign_nothing_is_entered(self) -> None:
        staff.person("COMPLIANCE")
        with pytest.raises(NobodyCanSign):
            factory.entered()
        assert not BankAccount.objects.exists()

    def test_signers_see_what_is_paid_to_and_no_number(self, people) -> None:
        covered = question(factory.entered(number=NUMBER)).covered
        assert NUMBER not in covered
        assert "6789" in covered
        assert factory.ROUTING in covered


class TestTestData:
    def test_a_first_account_is_active_at_once(self) -> None:
        account = factory.entered(livemode=False)
        assert (account.state, account.approval_id, account.version) == ("ACTIVE", "", 2)
        assert told(account) == {"requested", "activated"}

    def test_a_second_one_is_signed(self, people) -> None:
        first = factory.entered(livemode=False)
        second = factory.entered(livemode=False)
        assert (second.state, bool(second.approval_id)) == ("PENDING", True)
        assert register.find_payout(second.party, at=NOW) == first

    def test_a_dated_parameter_asks_for_signatures_there_too(self, people) -> None:
        parameters.change(
            name="compliance.test_accounts_unsigned", value=False, effective_from=NOW, reason="as in earnest",
            actor=SYSTEM, now=NOW,
        )  # fmt: skip
        assert factory.entered(livemode=False).state == "PENDING"


class TestAChangedAccount:
    def test_it_cools_off_for_three_days_and_the_old_one_stays_until_then(self, people) -> None:
        old = factory.signed(factory.entered(), *people)
        new = factory.signed(factory.entered(now=NOW + HOUR), *people, now=NOW + 2 * HOUR)
        ready = NOW + 2 * HOUR + timedelta(hours=72)
        assert (new.state, new.active_from, new.is_cooling_off, new.version) == ("PENDING", ready, True, 2)
        assert told(new) == {"requested", "accepted"}

        assert bank_accounts.activate_due(now=ready - timedelta(microseconds=1)) == 0
        assert register.find_payout(old.party, at=ready) == old
        assert bank_accounts.activate_due(now=ready) == 1
        assert bank_accounts.activate_due(now=ready) == 0

        old.refresh_from_db()
        new.refresh_from_db()
        assert (old.state, old.ended_at, old.ended_reason) == ("RETIRED", ready, f"replaced by {new.account_id}")
        assert (new.state, new.activated_at, new.version) == ("ACTIVE", ready, 3)
        assert told(old) == {"requested", "activated", "retired"}
        assert told(new) == {"requested", "accepted", "activated"}
        payload = Event.objects.get(name="compliance.bank_account_activated", payload__account_id=new.account_id)
        assert payload.payload["replaces"] == old.account_id

    def test_who_is_paid_where_is_known_for_every_moment(self, people) -> None:
        old = factory.signed(factory.entered(), *people)
        new = factory.signed(factory.entered(), *people)
        ready = NOW + timedelta(hours=72)
        bank_accounts.activate_due(now=ready + timedelta(seconds=40))
        changed = ready + timedelta(seconds=40)
        for at, expected in (
            (NOW - HOUR, None),
            (NOW, old),
            (changed - timedelta(microseconds=1), old),
            (changed, new),
            (changed + timedelta(days=365), new),
        ):
            assert register.find_payout(old.party, at=at) == expected, at

    def test_the_hours_are_a_dated_parameter(self, people) -> None:
        factory.signed(factory.entered(), *people)
        parameters.change(
            name="compliance.account_cooling_hours", value=24, effective_from=NOW, reason="a day is enough",
            actor=SYSTEM, now=NOW,
        )  # fmt: skip
        assert factory.signed(factory.entered(), *people).active_from == NOW + timedelta(hours=24)

    def test_a_party_whose_account_was_retired_has_no_first_one_again(self, people) -> None:
        """Else whoever holds a key retires the old account and is paid to his own at once."""
        old = factory.signed(factory.entered(), *people)
        bank_accounts.retire(account_id=old.account_id, livemode=True, actor=MARKETPLACE, now=NOW)
        new = factory.signed(factory.entered(), *people)
        assert (new.state, new.active_from) == ("PENDING", NOW + timedelta(hours=72))
        assert register.find_payout(new.party, at=NOW) is None

    def test_signatures_are_void_when_what_it_replaces_is_gone(self, people) -> None:
        old = factory.signed(factory.entered(), *people)
        new = factory.signed(factory.entered(), people[0])
        seen = question(new).digest
        bank_accounts.retire(account_id=old.account_id, livemode=True, actor=MARKETPLACE, now=NOW)
        with pytest.raises(ContentChanged) as refused:
            factory.signed(new, people[1])
        assert [(change.path, change.after) for change in refused.value.difference] == [("version.replaces", None)]
        assert question(new).digest != seen

    def test_the_effect_compares_what_was_seen_with_what_is_there(self, people) -> None:
        factory.signed(factory.entered(), *people)
        new = factory.entered()
        with pytest.raises(bank_accounts.BankAccountChanged):
            bank_accounts.accept_signed(
                account_id=new.account_id, approval_id=new.approval_id, replaces=None, actor=SYSTEM, now=NOW
            )


class TestTheEnd:
    def test_a_denied_account_is_rejected_and_the_old_one_stays(self, people) -> None:
        old = factory.signed(factory.entered(), *people)
        new = factory.entered()
        request = question(new)
        deny(
            request_id=request.request_id, user=people[0].user, digest=request.digest, code=code_of(people[0]),
            reason="The provider knows nothing of it", device="", origin="", now=NOW, present=presence.present(),
        )  # fmt: skip
        outbox.drain(now=NOW)
        new.refresh_from_db()
        assert new.state == "REJECTED"
        assert new.ended_reason == "denied: The provider knows nothing of it"
        assert new.ended_by == f"STAFF:{people[0].user.email}"
        assert register.find_payout(old.party, at=NOW) == old

    def test_one_that_nobody_signs_in_time_is_rejected(self, people) -> None:
        account = factory.entered()
        expire_due(now=NOW + timedelta(hours=72))
        outbox.drain(now=NOW + timedelta(hours=72))
        account.refresh_from_db()
        assert (account.state, account.ended_by) == ("REJECTED", str(SYSTEM))

    def test_the_end_of_a_question_changes_nothing_of_what_was_signed(self, people) -> None:
        account = factory.signed(factory.entered(), *people)
        bank_accounts.reject_unsigned(account_id=account.account_id, reason="late", actor=str(SYSTEM), now=NOW)
        account.refresh_from_db()
        assert account.state == "ACTIVE"

    def test_one_that_waits_is_taken_back_and_cannot_be_signed_any_more(self, people) -> None:
        account = factory.entered()
        ended = bank_accounts.retire(account_id=account.account_id, livemode=True, actor=MARKETPLACE, now=NOW)
        assert (ended.state, ended.ended_by) == ("REJECTED", str(MARKETPLACE))
        with pytest.raises(ApprovalClosed, match="makes no sense any more"):
            factory.signed(account, people[0])

    def test_one_that_cools_off_is_taken_back(self, people) -> None:
        factory.signed(factory.entered(), *people)
        cooling = factory.signed(factory.entered(), *people)
        bank_accounts.retire(account_id=cooling.account_id, livemode=True, actor=MARKETPLACE, now=NOW)
        assert bank_accounts.activate_due(now=NOW + timedelta(days=30)) == 0

    def test_one_that_is_over_does_not_end_again(self, people) -> None:
        account = factory.active()
        bank_accounts.retire(account_id=account.account_id, livemode=False, actor=MARKETPLACE, now=NOW)
        with pytest.raises(bank_accounts.BankAccountIsOver):
            bank_accounts.retire(account_id=account.account_id, livemode=False, actor=MARKETPLACE, now=NOW)

    def test_the_other_mode_knows_nothing_of_it(self) -> None:
        account = factory.active()
        with pytest.raises(register.BankAccountNotFound):
            bank_accounts.retire(account_id=account.account_id, livemode=True, actor=MARKETPLACE, now=NOW)


class TestEntering:
    def test_one_waits_at_a_time(self, people) -> None:
        waiting = factory.entered()
        with pytest.raises(bank_accounts.BankAccountPending, match=waiting.account_id):
            factory.entered()

    def test_the_account_it_is_paid_to_is_no_change(self) -> None:
        factory.active(number=NUMBER)
        with pytest.raises(bank_accounts.BankAccountExists):
            factory.entered(livemode=False, number=NUMBER)

    def test_a_blocked_party_enters_none_and_does_not_learn_why(self) -> None:
        factory.party()
        parties.block(party_id=PROVIDER, livemode=False, reason="laundering", actor=SYSTEM, now=NOW)
        with pytest.raises(parties.PartyNotEligible) as refused:
            factory.entered(livemode=False)
        assert "laundering" not in refused.value.detail

    def test_every_fault_is_named_at_once(self) -> None:
        factory.party()
        new = factory.wanted(number="12-34", routing_number="021000022", holder_name=" ")
        with pytest.raises(bank_accounts.InvalidBankAccount) as refused:
            bank_accounts.create(new=new, livemode=False, actor=MARKETPLACE, now=NOW)
        pointers = [error.pointer for error in refused.value.errors]
        assert pointers == ["/accountHolderName", "/routingNumber", "/accountNumber"]

    def test_without_its_key_nothing_is_entered(self, monkeypatch) -> None:
        def closed(**_):
            raise envelope.VaultUnavailable

        monkeypatch.setattr(envelope, "encrypt", closed)
        with pytest.raises(envelope.VaultUnavailable):
            factory.entered(livemode=False)
        assert not BankAccount.objects.exists()


class TestWhoseElseItIs:
    def test_parties_with_one_account_are_found_by_its_fingerprint(self, django_assert_num_queries) -> None:
        mine = factory.active(number=NUMBER)
        hers = factory.active("prov_other", number=NUMBER)
        factory.active("prov_third")
        with django_assert_num_queries(1):
            found = [(each.party.party_id, each.account_id) for each in register.list_sharing([mine.fingerprint])]
        assert found == [(PROVIDER, mine.account_id), ("prov_other", hers.account_id)]
        assert register.others_sharing(mine) == [hers]

    def test_nothing_is_asked_of_nothing(self, django_assert_num_queries) -> None:
        with django_assert_num_queries(0):
            assert register.list_sharing([""]) == []

    def test_a_bank_a_mode_and_a_number_make_an_account(self, people) -> None:
        mine = factory.active(number=NUMBER)
        same_number_elsewhere = factory.entered("prov_2", livemode=False, number=NUMBER, routing_number="121000248")
        live = factory.entered("prov_3", livemode=True, number=NUMBER)
        assert len({mine.fingerprint, same_number_elsewhere.fingerprint, live.fingerprint}) == 3

    def test_signers_are_told_and_related_to_none_of_them(self, people) -> None:
        factory.party("prov_other", livemode=True, email="x@rivals.example", kind="BUSINESS")
        factory.signed(factory.entered("prov_other", number=NUMBER), *people)
        account = factory.entered(number=NUMBER)
        assert '"alsoOf":["prov_other"]' in question(account).covered
        with pytest.raises(NotAllowedToSign, match=r"rivals\.example"):
            factory.signed(account, staff.person("COMPLIANCE", email="y@rivals.example"))


class TestTheNumber:
    def test_it_opens_for_its_own_row_only(self) -> None:
        mine, hers = factory.active(number=NUMBER), factory.active("prov_other", number="99887766")
        assert seals.unseal(mine) == AccountNumber(NUMBER)
        mine.sealed = hers.sealed
        with pytest.raises(envelope.UnableToOpen):
            seals.unseal(mine)

    def test_the_same_number_is_sealed_anew_each_time(self) -> None:
        first = factory.active(number=NUMBER)
        second = factory.active("prov_other", number=NUMBER)
        assert bytes(first.sealed) != bytes(second.sealed)

    def test_states_are_the_documented_ones(self) -> None:
        assert set(BankAccountState.values) == {"PENDING", "ACTIVE", "RETIRED", "REJECTED"}
