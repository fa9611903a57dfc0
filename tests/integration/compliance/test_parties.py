"""Who takes part: entered on the spot in test mode, known beforehand in live mode."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from compliance.enums import PartyKind, PartyStatus, PartyType, Verification
from compliance.models import Party
from compliance.selectors.parties import PartyNotFound
from compliance.services import parties
from compliance.services.parties import PartyDetails, PartyRef
from core.actors import Actor
from core.audit.models import AuditEntry
from core.outbox.models import Event

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
BACKEND = Actor("API_KEY", "key_1")
OFFICER = Actor("STAFF", "7")
BOTH = [PartyRef("cus_abc123def456", PartyType.CUSTOMER), PartyRef("prov_xyz789ghi012", PartyType.PROVIDER)]


def ensure_both(livemode=False):
    return parties.ensure_many(references=BOTH, livemode=livemode, actor=BACKEND, now=NOW)


@pytest.mark.django_db
class TestEnsure:
    def test_test_mode_enters_unknown_parties_as_unverified_and_says_so(self):
        found = ensure_both()
        assert [ensured.created for ensured in found.values()] == [True, True]
        assert found["prov_xyz789ghi012"].party.type == PartyType.PROVIDER
        assert {ensured.party.verification for ensured in found.values()} == {Verification.UNVERIFIED}
        actions = AuditEntry.objects.values_list("action", flat=True)
        assert list(actions) == ["compliance.party.created_unverified"] * 2

    def test_known_parties_cost_one_statement_and_no_flag(self, django_assert_num_queries):
        ensure_both()
        with django_assert_num_queries(1):
            again = ensure_both()
        assert [ensured.created for ensured in again.values()] == [False, False]

    def test_live_mode_refuses_strangers_and_enters_nobody(self):
        ensure_both()
        with pytest.raises(PartyNotFound) as refused:
            ensure_both(livemode=True)
        assert (refused.value.code, refused.value.status) == ("PARTY_NOT_FOUND", 404)
        assert not Party.objects.filter(livemode=True).exists()

    def test_a_provider_cannot_pay(self):
        ensure_both()
        with pytest.raises(parties.PartyTypesDiffer):
            parties.ensure(
                party_id="prov_xyz789ghi012", type=PartyType.CUSTOMER, livemode=False, actor=BACKEND, now=NOW
            )

    @pytest.mark.parametrize("party_id", ["", "x", "a b", "cus_\n", "ｃus_1", "x" * 65, "_cus"])
    def test_what_is_no_party_id_is_refused(self, party_id):
        with pytest.raises(parties.InvalidPartyId):
            parties.ensure(party_id=party_id, type=PartyType.CUSTOMER, livemode=False, actor=BACKEND, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_eight_threads_meet_with_the_same_new_parties_and_enter_them_once():
    gate, answers = threading.Barrier(8), []

    def meet():
        try:
            gate.wait()
            answers.append(ensure_both())
        finally:
            connection.close()

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert Party.objects.count() == 2
    assert AuditEntry.objects.count() == 2


@pytest.mark.django_db
class TestStanding:
    def test_a_blocked_party_is_not_eligible_and_the_answer_does_not_say_why(self):
        party = ensure_both()["cus_abc123def456"].party
        parties.require_good_standing(party)
        blocked = parties.block(
            party_id=party.party_id, livemode=False, reason="sanctions list", actor=OFFICER, now=NOW
        )
        with pytest.raises(parties.PartyNotEligible) as refused:
            parties.require_good_standing(blocked)
        assert (refused.value.code, refused.value.status) == ("PARTY_NOT_ELIGIBLE", 403)
        assert "sanction" not in refused.value.detail
        assert Event.objects.filter(name="compliance.party_blocked").count() == 1

    def test_a_block_is_lifted_once_and_for_a_reason(self):
        party_id = ensure_both()["cus_abc123def456"].party.party_id
        how = {"party_id": party_id, "livemode": False, "actor": OFFICER, "now": NOW}
        parties.block(reason="chargebacks", **how)
        with pytest.raises(parties.UnableToChangeStanding):
            parties.block(reason="again", **how)
        with pytest.raises(parties.UnableToChangeStanding):
            parties.unblock(reason=" ", **how)
        assert parties.unblock(reason="cleared", **how).status == PartyStatus.ACTIVE
        with pytest.raises(parties.UnableToChangeStanding):
            parties.unblock(reason="cleared", **how)
        actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
        assert sorted(actions)[:1] == ["compliance.party.blocked"]
        assert "compliance.party.unblocked" in actions

    def test_a_freeze_stops_once_under_its_own_name_and_is_lifted_like_a_block(self):
        party_id = ensure_both()["cus_abc123def456"].party.party_id
        how = {"party_id": party_id, "livemode": False, "actor": OFFICER, "now": NOW}
        with pytest.raises(parties.UnableToChangeStanding):
            parties.freeze(reason=" ", **how)
        parties.freeze(reason="case_1: a mule", **how)
        again = parties.freeze(reason="case_2: another", **how)
        assert (again.status, again.blocked_reason) == (PartyStatus.BLOCKED, "case_1: a mule")
        assert AuditEntry.objects.filter(action="compliance.party.frozen").count() == 1
        assert Event.objects.filter(name="compliance.party_blocked").count() == 1
        assert parties.unblock(reason="cleared", **how).status == PartyStatus.ACTIVE


@pytest.mark.django_db
class TestCreate:
    DETAILS = PartyDetails(
        kind=PartyKind.INDIVIDUAL,
        first_name="Ada",
        last_name="Lovelace",
        email="ada@example.com",
        date_of_birth=date(1990, 12, 10),
        address={"city": "London", "country": "GB"},
    )

    def create(self, party_id=None):
        return parties.create(
            party_id=party_id,
            type=PartyType.PROVIDER,
            details=self.DETAILS,
            livemode=True,
            actor=BACKEND,
            now=NOW,
        )

    def test_a_party_without_an_id_gets_one(self):
        party = self.create()
        assert party.party_id.startswith("prov_")
        assert (party.name, party.address) == ("Ada Lovelace", {"city": "London", "country": "GB"})

    def test_an_id_is_taken_once_a_mode(self):
        self.create("prov_1")
        with pytest.raises(parties.PartyExists):
            self.create("prov_1")
        parties.ensure(party_id="prov_1", type=PartyType.CUSTOMER, livemode=False, actor=BACKEND, now=NOW)
