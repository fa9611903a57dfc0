"""What is handed over to compliance: once per subject, judged by another, and without a trace outside."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin import site
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.enums import PartyType, ReferralOutcome, ReferralState
from compliance.models import Referral
from compliance.services import parties, referrals
from core.actors import SYSTEM, Actor
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from core.staff.roles import ROLES
from tests.factories.staff import person, sign_in, signed_in

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
ANALYST = Actor("STAFF", "noor@holdfast.example")
OFFICER = Actor("STAFF", "yuki@holdfast.example")
COLLEAGUE = Actor("STAFF", "ada@holdfast.example")
WHY = "Two new accounts send each other round amounts and ask for the payout at once."
FOUND = "The pair shares a bank account; a report is being prepared."


def hand_over(subject_id: str = "case_1", reason: str = WHY, by: Actor = ANALYST, livemode: bool = False) -> Referral:
    return referrals.open(
        subject_kind="REVIEW_CASE",
        subject_id=subject_id,
        party_ids=["prov_quick", "cus_new", "", "cus_new"],
        livemode=livemode,
        reason=reason,
        referred_by=by,
        now=NOW,
    )


def take(referral: Referral, actor: Actor = OFFICER) -> Referral:
    return referrals.take(
        referral_id=referral.referral_id, livemode=referral.livemode, actor=actor, now=NOW + timedelta(hours=1)
    )


def close(referral: Referral, actor: Actor = OFFICER, reason: str = FOUND) -> Referral:
    return referrals.close(
        referral_id=referral.referral_id,
        livemode=referral.livemode,
        outcome=ReferralOutcome.PURSUED,
        reason=reason,
        actor=actor,
        now=NOW + timedelta(days=1),
    )


@pytest.mark.django_db
class TestTheWayOfAReferral:
    def test_it_is_handed_over_taken_and_closed(self) -> None:
        referral = hand_over()
        assert (referral.state, referral.party_ids) == (ReferralState.OPEN, ["cus_new", "prov_quick"])
        assert take(referral).taken_by == "STAFF:yuki@holdfast.example"
        closed = close(referral)
        assert (closed.state, closed.outcome, closed.closed_at) == ("CLOSED", "PURSUED", NOW + timedelta(days=1))

    def test_the_same_subject_again_is_the_same_referral_and_recorded_once(self) -> None:
        first = hand_over()
        again = hand_over(reason="Somebody else thinks so too.", by=COLLEAGUE)
        assert (again.pk, again.reason, again.referred_by) == (first.pk, WHY, str(ANALYST))
        assert AuditEntry.objects.filter(action="compliance.referral.opened").count() == 1

    def test_after_it_is_closed_and_in_the_other_mode_the_subject_may_be_handed_over_anew(self) -> None:
        first = hand_over()
        assert hand_over(livemode=True).pk != first.pk
        take(first)
        close(first)
        assert hand_over().pk != first.pk

    @pytest.mark.parametrize(("field", "value"), [("reason", "  "), ("subject_id", ""), ("subject_kind", "RUMOUR")])
    def test_what_says_too_little_is_refused_with_the_field(self, field: str, value: str) -> None:
        said = {"subject_kind": "PAYMENT", "subject_id": "pay_1", "reason": WHY, field: value}
        with pytest.raises(referrals.UnableToRefer, match=field):
            referrals.open(**said, party_ids=[], livemode=False, referred_by=ANALYST, now=NOW)

    def test_taking_ones_own_again_changes_nothing_and_a_colleague_is_refused(self) -> None:
        referral = hand_over()
        first = take(referral)
        assert take(referral).taken_at == first.taken_at
        with pytest.raises(referrals.UnableToTake, match="another officer has it"):
            take(referral, COLLEAGUE)
        assert AuditEntry.objects.filter(action="compliance.referral.taken").count() == 1

    def test_whoever_handed_over_does_not_take(self) -> None:
        with pytest.raises(referrals.UnableToTake, match="does not judge"):
            take(hand_over(by=OFFICER))

    def test_only_its_officer_closes_it_once_and_with_a_reason(self) -> None:
        referral = hand_over()
        with pytest.raises(referrals.UnableToClose, match="has taken"):
            close(referral)
        take(referral)
        with pytest.raises(referrals.UnableToClose, match="has taken"):
            close(referral, COLLEAGUE)
        with pytest.raises(referrals.UnableToClose, match="reason"):
            close(referral, reason=" ")
        close(referral)
        with pytest.raises(referrals.UnableToClose):
            close(referral)
        with pytest.raises(referrals.UnableToTake, match="closed"):
            take(referral)


@pytest.mark.django_db
class TestTheDatabase:
    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"reason": "It was nothing."}, "referral_stays_as_handed_over"),
            ({"party_ids": []}, "referral_stays_as_handed_over"),
            ({"referred_by": "STAFF:somebody"}, "referral_stays_as_handed_over"),
            ({"subject_id": "case_2"}, "referral_stays_as_handed_over"),
            ({"state": "TAKEN"}, "referral_is_taken_by_somebody"),
            ({"state": "TAKEN", "taken_by": str(ANALYST), "taken_at": NOW}, "referral_is_taken_by_another"),
            ({"outcome": "WATCHED"}, "referral_is_closed_with_an_outcome"),
            ({"state": "CLOSED", "taken_by": "x", "taken_at": NOW}, "referral_is_closed_with_an_outcome"),
            ({"state": "LOST", "taken_by": "x", "taken_at": NOW}, "referral_state_is_known"),
        ],
    )
    def test_refuses_by_name(self, changes: dict[str, object], name: str) -> None:
        referral = hand_over()
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            Referral.objects.filter(pk=referral.pk).update(**changes)
        assert refusal_name(refused.value) == name

    def test_refuses_a_second_one_of_an_open_subject(self) -> None:
        copy = hand_over()
        copy.pk, copy.referral_id = None, "ref_2"
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            copy.save(force_insert=True)
        assert refusal_name(refused.value) == "subject_is_referred_once_at_a_time"

    def test_refuses_another_officer_a_change_of_a_closed_one_and_its_disappearance(self) -> None:
        referral = hand_over()
        take(referral)
        rows = Referral.objects.filter(pk=referral.pk)
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            rows.update(taken_by=str(COLLEAGUE))
        assert refusal_name(refused.value) == "referral_stays_as_handed_over"
        close(referral)
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            rows.update(outcome="UNFOUNDED")
        assert refusal_name(refused.value) == "closed_referral_is_final"
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            rows.delete()
        assert refusal_name(refused.value) == "closed_referral_is_final"


@pytest.mark.django_db(transaction=True)
def test_eight_threads_hand_over_the_same_case_and_there_is_one() -> None:
    gate, found = threading.Barrier(8), []

    def meet() -> None:
        try:
            gate.wait()
            found.append(hand_over().referral_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == Referral.objects.count() == 1
    assert AuditEntry.objects.filter(action="compliance.referral.opened").count() == 1


@pytest.mark.django_db
class TestNobodyElseLearnsOfIt:
    @pytest.mark.parametrize("role", sorted(set(ROLES) - {"COMPLIANCE"}))
    def test_every_page_is_closed_to_every_other_role(self, role: str) -> None:
        referral, client = hand_over(), signed_in(role)
        page = f"/admin/referrals/{referral.referral_id}/"
        assert [client.get(url).status_code for url in ("/admin/referrals/", page)] == [403, 403]
        assert [client.post(f"{page}{verb}/").status_code for verb in ("take", "close")] == [403, 403]
        assert "referrals" not in client.get("/admin/").content.decode()

    def test_there_is_no_browser_of_the_rows(self, admin_site_models: set[type]) -> None:
        assert Referral not in admin_site_models

    def test_neither_the_record_nor_an_event_has_a_word_of_it(self) -> None:
        referral = hand_over()
        take(referral)
        close(referral)
        entries = AuditEntry.objects.filter(subject=referral.referral_id)
        assert [entry.facts for entry in entries] == [{"livemode": False}] * 3
        told = json.dumps(list(Event.objects.values_list("payload", flat=True)))
        assert "case_1" not in told
        assert referral.referral_id not in told
        assert not AuditEntry.objects.filter(subject__in=["case_1", "cus_new", "prov_quick"]).exists()


@pytest.fixture
def admin_site_models() -> set[type]:
    return set(site._registry)


@pytest.fixture
def officer() -> Client:
    client = Client()
    sign_in(client, person("COMPLIANCE", email=OFFICER.id).user)
    return client


@pytest.mark.django_db
class TestThePages:
    def test_an_officer_takes_and_closes(self, officer: Client) -> None:
        parties.ensure(party_id="cus_new", type=PartyType.CUSTOMER, livemode=False, actor=SYSTEM, now=NOW)
        referral = hand_over()
        assert "cus_new, prov_quick" in officer.get("/admin/referrals/").content.decode()
        page = f"/admin/referrals/{referral.referral_id}/"
        assert WHY in officer.get(page).content.decode()
        assert officer.post(f"{page}take/").status_code == 302
        assert officer.post(f"{page}close/", {"outcome": "PURSUED", "reason": ""}).status_code == 400
        closed = officer.post(f"{page}close/", {"outcome": "PURSUED", "reason": FOUND}, follow=True)
        assert "The referral is closed." in closed.content.decode()
        assert FOUND in officer.get(page).content.decode()
        assert page in officer.get("/admin/referrals/?show=closed").content.decode()
        assert page not in officer.get("/admin/referrals/").content.decode()

    def test_mine_are_those_i_have_taken(self, officer: Client) -> None:
        take(hand_over("case_1"))
        take(hand_over("case_2"), COLLEAGUE)
        hand_over("case_3")
        mine = officer.get("/admin/referrals/?show=mine").content.decode()
        print(mine)
        assert mine.count("Review case") == 1

    def test_a_refusal_is_said_in_words(self, officer: Client) -> None:
        referral = take(hand_over(), COLLEAGUE)
        page = f"/admin/referrals/{referral.referral_id}/"
        answer = officer.post(f"{page}take/", follow=True).content.decode()
        assert "Another officer has it." in answer
        refused = officer.post(f"{page}close/", {"outcome": "WATCHED", "reason": FOUND}, follow=True)
        assert "Only the officer who has taken a referral closes it." in refused.content.decode()

    def test_the_list_is_read_in_as_many_statements_for_thirty_as_for_one(self, officer: Client) -> None:
        hand_over("case_0")
        officer.get("/admin/referrals/")
        with CaptureQueriesContext(connection) as one:
            officer.get("/admin/referrals/")
        for number in range(1, 30):
            hand_over(f"case_{number}")
        with CaptureQueriesContext(connection) as thirty:
            officer.get("/admin/referrals/")
        assert len(thirty) == len(one)

    def test_another_mode_has_its_own(self, officer: Client) -> None:
        referral = hand_over(livemode=True)
        assert officer.get(f"/admin/referrals/{referral.referral_id}/").status_code == 404
