"""The queue's other pages: moves, who is looking, blind second reviews, skills, profiles."""

from datetime import timedelta

import pytest

from compliance.enums import PartyType
from compliance.models import Party, Referral
from compliance.services import parties
from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.outbox import services as outbox
from core.staff import roles_in_force
from core.staff.models import RoleVersion
from fraud.enums import CaseCause, CaseLevel, CaseOutcome, CaseState, Outcome
from fraud.models import ListEntry, ReviewCase, ReviewerSkill, RiskReset, SecondReview
from fraud.services import assessments, second_reviews
from tests.factories import staff
from tests.factories.fraud import decision
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_queue import raised, set_parameter
from tests.integration.fraud.test_screens import DECISION, HTMX, opened, url

pytestmark = pytest.mark.django_db
ANN, BOB = "ann@holdfast.example", "bob@holdfast.example"


@pytest.fixture
def analyst(now):
    return staff.signed_in("FRAUD_ANALYST", email=ANN)


@pytest.fixture
def other(now):
    return staff.signed_in("FRAUD_ANALYST", email=BOB)


@pytest.fixture
def lead(now):
    return staff.signed_in("FRAUD_LEAD", email="lead@holdfast.example")


def shown(client, query=""):
    return [row.case.payment_id for row in client.get(f"/admin/reviews/?{query}").context["table"].rows]


BY_A_MODEL = {"model_version": "scorer-1", "model_raw": -1.5, "model_score": 125}
DECLINED = {"decision": "DECLINE", "outcome": "SUSPECTED_FRAUD", "reason": "stolen"}


def registered(customers=("cus_abc123def456",), sellers=("prov_1",)):
    for kind, party_ids in ((PartyType.CUSTOMER, customers), (PartyType.PROVIDER, sellers)):
        for party_id in party_ids:
            parties.ensure(party_id=party_id, type=kind, livemode=False, actor=SYSTEM, now=NOON)


def standings():
    return dict(Party.objects.values_list("party_id", "status"))


class TestMoves:
    def test_putting_off_opens_the_next_and_is_seen_in_its_view(self, analyst):
        case, following = opened("pay_1", deadline=timedelta(days=2)), opened("pay_2")
        answer = analyst.post(url(case, "snooze/"), {"hours": "4", "snooze_reason": "the bank calls back"})
        assert answer["Location"] == url(following)
        assert ReviewCase.objects.get(pk=case.pk).snoozed_until == NOON + timedelta(hours=4)
        assert shown(analyst, "show=asleep") == ["pay_1"]
        assert shown(analyst, "show=free") == []
        assert "the bank calls back" in analyst.get(url(case)).content.decode()

    def test_an_escalated_case_is_for_leads(self, analyst, lead):
        case = opened("pay_1")
        analyst.post(url(case, "escalate/"), {"escalate_reason": "more than I may decide"})
        assert ReviewCase.objects.get(pk=case.pk).level == CaseLevel.LEAD
        assert "you gave this case up" in analyst.get(url(case)).content.decode()
        assert analyst.post(url(case, "decide/"), DECISION).status_code == 409
        assert shown(lead, "show=escalated") == ["pay_1"]
        assert lead.post("/admin/reviews/next/")["Location"] == url(case)
        assert lead.post(url(case, "decide/"), DECISION).status_code == 302

    def test_leads_assign_and_put_first_and_analysts_may_not(self, analyst, lead):
        case, greater = opened("pay_1", score=310), opened("pay_2", score=690)
        assert analyst.post(url(case, "boost/"), {"boost_reason": "mine"}).status_code == 403
        assert analyst.post(url(case, "assign/"), {"to": ANN, "assign_reason": "x"}).status_code == 403
        lead.post(url(case, "boost/"), {"boost_reason": "the bank called"})
        assert shown(lead) == ["pay_1", "pay_2"]
        lead.post(url(greater, "assign/"), {"to": ANN, "assign_reason": "knows the seller"})
        assert shown(analyst, "show=mine") == ["pay_2"]

    @pytest.mark.parametrize(
        ("verb", "data"),
        [
            ("snooze", {"hours": "5", "snooze_reason": "x"}),
            ("snooze", {"hours": "168", "snooze_reason": "x"}),
            ("escalate", {"escalate_reason": ""}),
            ("note", {"note": " "}),
        ],
    )
    def test_a_move_that_cannot_be_says_so_and_changes_nothing(self, analyst, verb, data):
        case = opened("pay_1", deadline=timedelta(days=3))
        before = ReviewCase.objects.values().get()
        page = analyst.post(url(case, f"{verb}/"), data, follow=True)
        assert page.redirect_chain == [(url(case), 302)]
        assert page.context["messages"]
        assert ReviewCase.objects.values().get() == before

    def test_the_timeline_is_one_story_in_parts(self, analyst, now):
        case = raised()
        raised(payment_id="pay_2", why="Another rule asks", now=now)
        analyst.post(url(case, "claim/"))
        analyst.post(url(case, "note/"), {"note": "The number is a mobile"})

        def titles(only):
            return [event.title for event in analyst.get(f"{url(case)}?timeline={only}").context["events"]]

        assert sorted(titles("")) == ["Another hit", "Case opened", "Claimed", "Note"]
        assert sorted(titles("people")) == ["Claimed", "Note"]
        assert sorted(titles("system")) == ["Another hit", "Case opened"]
        assert titles("notes") == ["Note"]

    def test_at_the_end_of_the_day_everything_is_given_back(self, analyst):
        opened("pay_1"), opened("pay_2")
        for _ in range(2):
            analyst.post("/admin/reviews/next/")
        assert b"Give back everything" in analyst.get("/admin/reviews/?show=mine").content
        analyst.post("/admin/reviews/give-back/")
        assert set(ReviewCase.objects.values_list("state", flat=True)) == {CaseState.OPEN}

    def test_who_holds_as_many_as_one_may_is_shown_their_own(self, analyst):
        set_parameter("fraud.claims_per_person", 1)
        opened("pay_1"), opened("pay_2")
        analyst.post("/admin/reviews/next/")
        page = analyst.post("/admin/reviews/next/", follow=True)
        assert page.redirect_chain == [("/admin/reviews/?show=mine", 302)]
        assert "as many as one person may" in page.content.decode()


class TestLooking:
    def test_an_open_page_is_seen_by_the_others(self, analyst, other):
        case = opened("pay_1")
        analyst.get(url(case))
        assert b"ann@holdfast.example" in other.get(url(case, "viewers/")).content
        seen = analyst.get(url(case, "viewers/"), headers=HTMX).content.decode()
        assert (BOB in seen, ANN in seen) == (True, False)

    def test_the_list_is_a_file_for_leads(self, lead, analyst):
        opened("pay_1")
        lines = b"".join(lead.get("/admin/reviews/?format=csv").streaming_content).decode().splitlines()
        assert "When,Mark,Expected loss,Expected loss currency,Score,Amount" in lines[0]
        assert "declines itself in 6 d 23 h" in lines[1]
        assert "cus_abc123def456" not in lines[1], "masked: it is about a person"
        assert analyst.get("/admin/reviews/?format=csv").status_code == 403

    def test_filters_by_cause_and_skill(self, analyst):
        opened("pay_1")
        raised(amount_minor=900_000, payment_id="pay_2")
        assert shown(analyst, "cause=RULE") == ["pay_2"]
        assert shown(analyst, "cause=OUTCOME") == ["pay_1"]
        assert shown(analyst, "skill=HIGH_VALUE") == ["pay_2"]

    def test_the_queue_pages_by_key(self, analyst):
        for number in range(55):
            opened(f"pay_{number}", score=300 + number)
        first = analyst.get("/admin/reviews/")
        second = analyst.get(f"/admin/reviews/{first.context['page'].older_url}")
        both = [row.case.payment_id for page in (first, second) for row in page.context["table"].rows]
        assert len(both) == len(set(both)) == 55


class TestEvidence:
    def test_the_table_has_what_is_shared_and_one_line_the_rest(self, analyst, paid):
        paid(payment_id="pay_1", device_id="dev_1", card_fingerprint="card_fp_1", email_hash="e" * 64)
        paid(payer_id="cus_2", device_id="dev_1")
        page = analyst.get(url(opened("pay_1")))
        assert [(row.party_id, row.kind) for row in page.context["linked"].rows] == [("cus_2", "Device")]
        assert "used by nobody else: Card, E-mail." in page.content.decode()

    @pytest.mark.parametrize(("judged", "is_linked"), [({}, False), (BY_A_MODEL, True)])
    def test_where_a_model_judged_its_exact_contributions_are_a_step_away(self, analyst, judged, is_linked):
        row = decision(NOON, Outcome.REVIEW, payment_id="pay_1", **judged)
        page = analyst.get(url(opened("pay_1", row_id=row.pk))).content.decode()
        assert (f"/admin/decisions/{row.assessment_id}/contributions/" in page) is is_linked


class TestDeciding:
    def test_a_decline_blocks_what_was_ticked(self, analyst, paid):
        paid(payment_id="pay_1", device_id="dev_1", outcome="HELD")
        case = opened("pay_1")
        assert b'value="device"' in analyst.get(url(case)).content
        assert b'value="card"' not in analyst.get(url(case)).content
        declined = {"decision": "DECLINE", "outcome": "SUSPECTED_FRAUD", "reason": "stolen"}
        analyst.post(url(case, "decide/"), declined | {"block": ["device", "card", "nonsense"]})
        assert [(entry.list.name, entry.value) for entry in ListEntry.objects.select_related("list")] == [
            ("blocked_devices", "dev_1")
        ]

    def test_a_decline_freezes_who_was_ticked_and_hands_the_case_over(self, analyst):
        registered()
        case = opened("pay_1")
        page = analyst.get(url(case)).content.decode()
        assert ('value="seller"' in page, "freeze as well" in page) == (True, True)
        analyst.post(url(case, "decide/"), DECLINED | {"freeze": ["customer"]})
        assert standings() == {"cus_abc123def456": "BLOCKED", "prov_1": "ACTIVE"}
        assert Referral.objects.get().subject_id == case.case_id
        (entry,) = AuditEntry.objects.filter(action="compliance.party.frozen")
        assert (entry.subject, entry.actor_id, entry.facts["reason"]) == (
            "cus_abc123def456", ANN, f"{case.case_id}: stolen",
        )  # fmt: skip
        again = analyst.post(url(case, "decide/"), DECLINED | {"freeze": ["customer", "seller"]})
        assert (again.status_code, standings()["prov_1"]) == (409, "ACTIVE")

    def test_who_is_frozen_already_stays_so_under_the_first_reason(self, analyst):
        registered()
        for number in (1, 2):
            analyst.post(url(opened(f"pay_{number}"), "decide/"), DECLINED | {"freeze": ["customer", "seller"]})
        first = ReviewCase.objects.get(payment_id="pay_1")
        assert set(Party.objects.values_list("blocked_reason", flat=True)) == {f"{first.case_id}: stolen"}
        assert AuditEntry.objects.filter(action="compliance.party.frozen").count() == 2

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"decision": "APPROVE", "outcome": "GENUINE"}, "neither blocked nor frozen"),
            ({"freeze": ["customer", "seller"]}, "the register knows no seller"),
        ],
    )
    def test_a_freeze_that_cannot_be_leaves_nothing_half_done(self, analyst, changes, says):
        registered(sellers=())
        case = opened("pay_1")
        answer = analyst.post(url(case, "decide/"), DECLINED | {"freeze": ["customer"]} | changes)
        assert (answer.status_code, says in answer.content.decode()) == (409, True)
        assert ReviewCase.objects.get().state == CaseState.OPEN
        assert (standings(), Referral.objects.count()) == ({"cus_abc123def456": "ACTIVE"}, 0)

    def test_freezing_is_a_permission_of_its_own(self, analyst):
        registered()
        case = opened("pay_1")
        row = RoleVersion.objects.filter(role="FRAUD_ANALYST").latest("id")
        RoleVersion.objects.create(
            role=row.role, title=row.title, purpose=row.purpose, stands_alone=row.stands_alone, origin=row.origin,
            permissions=sorted(set(row.permissions) - {"compliance.freeze_party"}), reason="a trial",
            written_by=row.written_by, written_at=NOON,
        )  # fmt: skip
        roles_in_force.forget_cache()
        assert "freeze as well" not in analyst.get(url(case)).content.decode()
        assert analyst.post(url(case, "decide/"), DECLINED | {"freeze": ["customer"]}).status_code == 403
        assert (ReviewCase.objects.get().state, standings()["cus_abc123def456"]) == (CaseState.OPEN, "ACTIVE")

    def test_handing_over_declines_and_shows_nothing_of_it(self, analyst):
        case = opened("pay_1")
        analyst.post(
            url(case, "decide/"), {"decision": "HAND_OVER", "outcome": "SUSPECTED_FRAUD", "reason": "money mule"}
        )
        referral = Referral.objects.get()
        page = analyst.get(url(case)).content.decode()
        assert ("Decline" in page, referral.referral_id in page, "referral" in page.lower()) == (True, False, False)


class TestSecondReviews:
    @pytest.fixture
    def second(self, analyst, paid):
        set_parameter("fraud.second_review_share", 10_000)
        paid(payment_id="pay_1")
        analyst.post(url(opened("pay_1"), "decide/"), DECISION | {"reason": "I knew the voice"})
        second_reviews.draw(now=NOON)
        return ReviewCase.objects.get(cause=CaseCause.SECOND_REVIEW)

    def test_the_second_reader_sees_nothing_of_the_first_until_they_have_decided(self, second, other):
        assert other.post("/admin/reviews/next/")["Location"] == url(second)
        first = ReviewCase.objects.get(cause=CaseCause.OUTCOME)
        page = other.get(url(second)).content.decode()
        for told in ("I knew the voice", ANN, first.case_id, "/admin/payments/pay_1"):
            assert told not in page
        assert other.get(url(first))["Location"] == url(second)
        other.post(url(second, "decide/"), {"decision": "DECLINE", "outcome": "SUSPECTED_FRAUD", "reason": "no"})
        assert "I knew the voice" in other.get(url(first)).content.decode()

    def test_nothing_linked_tells_what_was_found_first_while_it_is_in_hand(self, second, analyst, other):
        first, another = ReviewCase.objects.get(cause=CaseCause.OUTCOME), opened("pay_2")
        outbox.drain(now=NOON)

        def told(client):
            decided = client.get("/admin/reviews/?show=decided").content.decode()
            profile = client.get("/admin/profiles/cus_abc123def456/").content.decode()
            near = client.get(url(another)).content.decode()
            return [first.case_id in page for page in (decided, profile, near)] + ["GENUINE" in profile.upper()]

        assert told(other) == [True, True, True, True]
        other.post(url(second, "claim/"))
        assert told(other) == [False, False, False, False]
        assert told(analyst) == [True, True, True, True]
        other.post(url(second, "decide/"), DECLINED)
        assert told(other) == [True, True, True, True]

    def test_the_payment_and_its_decision_are_not_shown_to_who_judges_it_again(self, second, other, request_of):
        judged = assessments.evaluate(request_of(payment_id="pay_1"), now=NOON)
        address = "/admin/fraud/decisions/"
        assert judged.assessment_id in other.get(address).content.decode()
        other.post(url(second, "claim/"))
        page = other.get(address).content.decode()
        assert (judged.assessment_id in page, "left out here" in page) == (False, True)

    def test_a_second_reader_is_not_told_who_the_first_froze(self, analyst, other, paid):
        set_parameter("fraud.second_review_share", 10_000)
        registered()
        paid(payment_id="pay_1")
        analyst.post(url(opened("pay_1"), "decide/"), DECLINED | {"freeze": ["customer", "seller"]})
        second_reviews.draw(now=NOON)
        assert "BLOCKED" in other.get("/admin/profiles/cus_abc123def456/").content.decode().upper()
        case = ReviewCase.objects.get(cause=CaseCause.SECOND_REVIEW)
        other.post(url(case, "claim/"))
        for page in (url(case), "/admin/profiles/cus_abc123def456/", "/admin/profiles/prov_1/"):
            assert "BLOCKED" not in other.get(page).content.decode().upper()
        assert 'value="seller"' in other.get(url(case)).content.decode()

    def test_a_lead_settles_the_difference(self, second, other, lead):
        other.post(url(second, "decide/"), {"decision": "DECLINE", "outcome": "SUSPECTED_FRAUD", "reason": "no"})
        page = lead.get("/admin/review-agreement/").content.decode()
        assert ("I knew the voice" in page, "0 %" in page) == (True, True)
        first = SecondReview.objects.get().first.case_id
        given = {f"{first}-outcome": "SUSPECTED_FRAUD", f"{first}-reason": "the card was stolen"}
        assert other.post(f"/admin/review-agreement/{first}/", given).status_code == 403
        lead.post(f"/admin/review-agreement/{first}/", {f"{first}-outcome": "GENUINE"})
        assert SecondReview.objects.get().settled_at is None
        lead.post(f"/admin/review-agreement/{first}/", given)
        assert SecondReview.objects.get().settled_outcome == CaseOutcome.SUSPECTED_FRAUD
        assert "Nothing to settle" in lead.get("/admin/review-agreement/").content.decode()

    def test_skills_are_a_leads_to_give(self, lead, analyst):
        assert analyst.get("/admin/review-skills/").status_code == 403
        lead.post("/admin/review-skills/", {"person": ANN, "skills": ["SELLER"]})
        assert list(ReviewerSkill.objects.values_list("person", "skill")) == [(f"STAFF:{ANN}", "SELLER")]
        assert "Sellers" in lead.get("/admin/review-skills/").content.decode()


class TestProfiles:
    def test_a_profile_costs_a_fixed_number_of_statements(self, analyst, paid, django_assert_max_num_queries):
        for number in range(30):
            paid(amount_minor=1_000 + number, device_id=f"dev_{number % 3}", ago=timedelta(hours=number))
            opened(f"pay_c{number}")
        analyst.get("/admin/profiles/cus_abc123def456/")
        with django_assert_max_num_queries(14):
            page = analyst.get("/admin/profiles/cus_abc123def456/").content.decode()
        assert "10.29" in page

    def test_nobody_of_that_name(self, analyst):
        assert analyst.get("/admin/profiles/cus_nobody/").status_code == 404

    def test_a_lead_resets_the_risk_with_a_reason(self, analyst, lead, paid):
        paid()
        address = "/admin/profiles/cus_abc123def456/reset/"
        assert analyst.post(address, {"reason": "a mix-up"}).status_code == 403
        lead.post(address, {"reason": " "})
        assert not RiskReset.objects.exists()
        lead.post(address, {"reason": "a mix-up of names"})
        assert "a mix-up of names" in analyst.get("/admin/profiles/cus_abc123def456/").content.decode()

    def test_anybody_who_claims_may_ask_for_a_look(self, analyst, paid):
        paid(payment_id="pay_1", amount_minor=7_700)
        paid(payment_id="pay_2", payer_id="cus_2")
        address = "/admin/profiles/cus_abc123def456/case/"
        made = analyst.post(address, {"why": "Two names on one card", "payment": "pay_1"})
        case = ReviewCase.objects.get()
        assert made["Location"] == url(case)
        assert (case.cause, case.payment_id, case.amount_minor, case.opened_by) == (
            CaseCause.PERSON, "pay_1", 7_700, f"STAFF:{ANN}",
        )  # fmt: skip
        analyst.post(address, {"why": "x", "payment": "pay_2"})
        analyst.post(address, {"why": ""})
        assert ReviewCase.objects.count() == 1
        analyst.post(address, {"why": "The customer as a whole"})
        assert ReviewCase.objects.get(payment_id=None).subject == "party:cus_abc123def456"
