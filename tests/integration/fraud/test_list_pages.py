"""The pages of lists, entries, pauses and suppressions: what they show, and who may do what there."""

from datetime import timedelta

import pytest
from django.urls import reverse

from core.approvals.models import ApprovalRequest
from fraud.models import List, ListEntry, Suppression
from fraud.services import lists, pauses, suppressions
from tests.factories import rules as factory
from tests.factories import staff
from tests.factories.rules import ANALYST, LEAD
from tests.integration.fraud.test_lists import assessed

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def analyst():
    return staff.signed_in("FRAUD_ANALYST", email="ann@holdfast.example")


@pytest.fixture
def lead():
    return staff.signed_in("FRAUD_LEAD", email="lea@holdfast.example")


@pytest.fixture
def entry(now):
    return lists.add(
        name="blocked_customers", livemode=False, value="cus_bad", reason="three chargebacks", actor=ANALYST, now=now,
        expires_at=now + 30 * DAY,
    )  # fmt: skip


def page(client, name, *arguments):
    return client.get(reverse(f"admin:{name}", args=arguments))


def text(response):
    return response.content.decode()


class TestLists:
    def test_every_list_stands_there_with_what_is_in_force(self, analyst, entry):
        shown = text(page(analyst, "fraud_lists"))
        for name in List.objects.values_list("name", flat=True):
            assert name in shown

    def test_a_new_list_by_whoever_may_change_them(self, now, analyst, lead):
        given = {"name": "slow_payers", "kind": "CUSTOMER", "effect": "RISK", "purpose": "They pay late"}
        assert lead.post(reverse("admin:fraud_list_new"), given).status_code == 403
        answer = analyst.post(reverse("admin:fraud_list_new"), given)
        assert answer["Location"] == reverse("admin:fraud_list", args=["slow_payers"])
        again = analyst.post(reverse("admin:fraud_list_new"), given)
        assert (again.status_code, "Another list has this name." in text(again)) == (400, True)

    def test_the_number_of_statements_does_not_grow_with_the_entries(self, now, analyst, django_assert_max_num_queries):
        for number in range(20):
            lists.add(
                name="blocked_customers", livemode=False, value=f"cus_{number}", reason="x", actor=ANALYST, now=now,
                expires_at=now + DAY,
            )  # fmt: skip
        with django_assert_max_num_queries(20):
            page(analyst, "fraud_lists")
        with django_assert_max_num_queries(20):
            page(analyst, "fraud_list", "blocked_customers")


class TestEntries:
    def test_what_blocks_is_added_at_once(self, now, analyst):
        url = reverse("admin:fraud_list_add", args=["blocked_customers"])
        analyst.post(url, {"value": "cus_bad", "reason": "chargebacks", "days": "30"})
        added = ListEntry.objects.get()
        assert (added.value, added.added_by, added.expires_at) == (
            "cus_bad",
            "STAFF:ann@holdfast.example",
            now + 30 * DAY,
        )

    def test_what_lets_past_a_review_is_asked_for(self, now, analyst, lead):
        url = reverse("admin:fraud_list_add", args=["trusted_customers"])
        analyst.post(url, {"value": "cus_good", "reason": "known for years", "days": "30"})
        assert not ListEntry.objects.exists()
        assert ApprovalRequest.objects.get().subject == "trusted_customers/test/cus_good"

    def test_a_card_number_is_refused_and_not_repeated(self, now, analyst):
        url = reverse("admin:fraud_list_add", args=["blocked_cards"])
        answer = analyst.post(url, {"value": "4111111111111111", "reason": "stolen", "days": "30"})
        assert (answer.status_code, "Never a card number" in text(answer)) == (400, True)
        assert "4111111111111111" not in text(answer)
        assert not ListEntry.objects.exists()

    def test_too_long_is_said_at_the_field(self, now, analyst):
        url = reverse("admin:fraud_list_add", args=["blocked_customers"])
        answer = analyst.post(url, {"value": "cus_bad", "reason": "x", "days": "400"})
        assert (answer.status_code, "ends within 365 days" in text(answer)) == (400, True)

    def test_a_lead_sees_and_does_not_add(self, now, lead):
        assert "Add at once" not in text(page(lead, "fraud_list", "blocked_customers"))
        url = reverse("admin:fraud_list_add", args=["blocked_customers"])
        assert lead.post(url, {"value": "cus_bad", "reason": "x", "days": "3"}).status_code == 403

    def test_its_page_shows_what_it_did_and_ends_it(self, now, analyst, entry):
        assessed(now, payment_id="pay_1700000000000_abcdefghi")
        shown = text(page(analyst, "fraud_list_entry", entry.entry_id))
        assert "three chargebacks" in shown
        assert reverse("admin:payment", args=["pay_1700000000000_abcdefghi"]) in shown
        analyst.post(reverse("admin:fraud_list_entry_end", args=[entry.entry_id]), {"reason": "mistaken"})
        entry.refresh_from_db()
        assert (entry.ended_at, entry.ended_reason) == (now, "mistaken")
        assert "End the entry" not in text(page(analyst, "fraud_list_entry", entry.entry_id))

    def test_an_entry_of_live_data_is_not_there_for_test_data(self, now, analyst):
        live = lists.add(
            name="blocked_customers", livemode=True, value="cus_bad", reason="x", actor=ANALYST, now=now,
            expires_at=now + DAY,
        )  # fmt: skip
        assert page(analyst, "fraud_list_entry", live.entry_id).status_code == 404
        assert page(analyst, "fraud_list", "no_such_list").status_code == 404


class TestSilentRules:
    @pytest.fixture
    def suppressed(self, now):
        return suppressions.add(
            livemode=False, code="high_value_rule", kind="CUSTOMER", value="cus_a", reason="a travel agency",
            expires_at=now + 7 * DAY, actor=LEAD, now=now,
        )  # fmt: skip

    def test_what_each_hid_is_said_with_its_money(self, now, lead, suppressed):
        found = pauses.pause(code="card_testing_rule", reason="a noisy gateway", actor=ANALYST, now=now)
        for by in (suppressed.suppression_id, suppressed.suppression_id, found.pause_id):
            assessed(now, hits=[], held_back=[{"code": "x", "by": by}])
        shown = text(page(lead, "held_back"))
        assert "2 decisions, 100.00 USD" in shown
        assert "1 decision, 50.00 USD" in shown
        assert "0 fraud, 0 genuine, 2 not known yet" in shown
        assert "a noisy gateway" in text(page(lead, "rule_pause", found.pause_id))

    def test_a_lead_suppresses_and_ends_it(self, now, lead, analyst):
        given = {"code": "high_value_rule", "kind": "CUSTOMER", "value": "cus_a", "reason": "an agency", "days": "7"}
        assert analyst.post(reverse("admin:suppression_add"), given).status_code == 403
        lead.post(reverse("admin:suppression_add"), given)
        made = Suppression.objects.get()
        url = reverse("admin:suppression_end", args=[made.suppression_id])
        assert analyst.post(url, {"reason": "over"}).status_code == 403
        lead.post(url, {"reason": "over"})
        made.refresh_from_db()
        assert made.ended_at == now

    def test_a_rule_that_blocks_is_not_offered(self, now, lead):
        shown = text(page(lead, "held_back"))
        assert '<option value="high_value_rule"' in shown
        assert '<option value="geographic_risk_rule"' not in shown

    def test_of_live_data_nothing_is_shown_to_test_data(self, now, lead):
        live = suppressions.add(
            livemode=True, code="high_value_rule", kind="CUSTOMER", value="cus_a", reason="x",
            expires_at=now + DAY, actor=LEAD, now=now,
        )  # fmt: skip
        assert page(lead, "suppression", live.suppression_id).status_code == 404
        assert page(lead, "rule_pause", "rps_none").status_code == 404


def test_a_signed_entry_leads_to_its_signature(now, analyst):
    entry = factory.allowed("cus_good", expires_at=now + 30 * DAY, now=now)
    assert entry.approval_id in text(page(analyst, "fraud_list_entry", entry.entry_id))
