"""The review queue and the decision, as an analyst's browser sees them."""

from datetime import timedelta

import pytest

from fraud.enums import CaseDecision, CaseOutcome, CaseState
from fraud.models import Assessment, ReviewCase
from fraud.services import assessments, cases
from tests.factories import staff
from tests.integration.fraud.conftest import NOON

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def analyst(now):
    return staff.signed_in("FRAUD_ANALYST", email="ann@holdfast.example")


@pytest.fixture
def case(now, request_of, paid):
    """A new customer's 1,200.00: 125 + 200 + 200 = 525."""
    paid(ago=timedelta(days=1), amount_minor=2_000)
    wanted = request_of(amount_minor=120_000, payment_id="pay_1703123456789_k2n8m9p1q", ip_address="198.51.100.1")
    answer = assessments.evaluate(wanted, now=now)
    return opened(wanted.payment_id, row_id=answer.row_id, score=answer.score)


def opened(
    payment_id, *, row_id=None, score=450, deadline=timedelta(days=7), payer_id="cus_abc123def456", livemode=False
):
    return cases.open(
        case=cases.NewCase(
            payment_id=payment_id,
            transaction_id="txn_1",
            livemode=livemode,
            payer_id=payer_id,
            payee_id="prov_1",
            amount_minor=120_000,
            currency="USD",
            score=score,
            why="The amount is high",
            capture_deadline=NOON + deadline,
        ),
        assessment_row_id=row_id,
        now=NOON,
    )


def url(case, verb=""):
    return f"/admin/reviews/{case.case_id}/{verb}"


DECISION = {"decision": "APPROVE", "outcome": "GENUINE", "reason": "Called the customer back"}


class TestTheQueue:
    def test_most_urgent_first_with_amount_payer_and_why(self, analyst):
        opened("pay_late", deadline=timedelta(days=6))
        opened("pay_low", deadline=timedelta(days=5), score=310)
        opened("pay_high", deadline=timedelta(days=5), score=600)
        answer = analyst.get("/admin/reviews/")
        shown = [row.case.payment_id for row in answer.context["table"].rows]
        assert shown == ["pay_high", "pay_low", "pay_late"]
        for text in ("1,200.00", "cus_abc123def456", "The amount is high", "in 4 d"):
            assert text in answer.content.decode()

    def test_filters_live_in_the_address(self, analyst):
        opened("pay_1")
        mine = opened("pay_2", payer_id="cus_2")
        analyst.post(url(mine, "claim/"))
        decided = opened("pay_3")
        analyst.post(url(decided, "decide/"), DECISION)

        def shown(query):
            return {row.case.payment_id for row in analyst.get(f"/admin/reviews/?{query}").context["table"].rows}

        assert shown("") == {"pay_1", "pay_2"}
        # The decision opened the next case: pay_1 is held too.
        assert shown("show=mine") == {"pay_1", "pay_2"}
        assert shown("show=free") == set()
        assert shown("show=decided") == {"pay_3"}
        assert shown("payer=cus_2") == {"pay_2"}
        assert shown("show=nonsense") == {"pay_1", "pay_2"}

    def test_forty_cases_cost_as_many_statements_as_two(self, analyst, django_assert_max_num_queries):
        for number in range(40):
            opened(f"pay_{number}")
        analyst.get("/admin/reviews/")
        with django_assert_max_num_queries(9):
            analyst.get("/admin/reviews/")

    def test_next_claims_the_most_urgent_and_opens_it(self, analyst):
        opened("pay_late", deadline=timedelta(days=6))
        urgent = opened("pay_soon", deadline=timedelta(days=2))
        answer = analyst.post("/admin/reviews/next/")
        assert answer["Location"] == url(urgent)
        assert ReviewCase.objects.get(pk=urgent.pk).claimed_by == "STAFF:ann@holdfast.example"

    def test_live_and_test_cases_do_not_mix(self, analyst):
        live = opened("pay_live", livemode=True)
        assert not analyst.get("/admin/reviews/").context["table"].rows
        assert analyst.get(url(live)).status_code == 404


class TestTheCase:
    def test_why_in_words_points_and_numbers(self, analyst, case):
        page = analyst.get(url(case)).content.decode()
        assert "The amount is high" in page
        assert "A new customer pays a high amount" in page
        assert "1,200.00 USD" in page
        assert "1,000.00 USD" in page
        assert "+200" in page
        assert "rules version 1" in page
        assert "usually 20.00 USD" in page
        assert "Called" not in page

    def test_a_score_that_is_not_the_sum_says_why(self, analyst, now, request_of):
        lifted = assessments.evaluate(
            request_of(amount_minor=100_000, payer_since=NOON - timedelta(days=40), payee_id=None, payment_id="pay_l"),
            now=now,
        )
        assert b"lifted from" not in analyst.get(url(opened("pay_l", row_id=lifted.row_id))).content
        far = assessments.evaluate(
            request_of(amount_minor=100_000, billing_country="KP", card_bin="422222", payment_id="pay_f"), now=now
        )
        page = analyst.get(url(opened("pay_f", row_id=far.row_id))).content
        assert b"the scale ends here; the sum is 1425" in page

    def test_the_page_costs_a_fixed_number_of_statements(self, analyst, case, paid, django_assert_max_num_queries):
        """However many neighbours, attempts, notes and cases there are."""
        instruments = {"device_id": "dev_1", "card_fingerprint": "card_fp_1", "email_hash": "e" * 64}
        paid(payment_id=case.payment_id, ip_address="198.51.100.1", **instruments)
        for number in range(20):
            paid(payment_id=f"pay_n{number}", payer_id=f"cus_{number}", ago=timedelta(days=1), **instruments)
            opened(f"pay_c{number}")
            analyst.post(url(case, "note/"), {"note": f"number {number}"})
        analyst.get(url(case))
        with django_assert_max_num_queries(29):
            page = analyst.get(url(case))
        assert b"number 19" in page.content

    def test_no_advice_says_so_in_words(self, analyst):
        page = analyst.get(url(opened("pay_x", score=None))).content.decode()
        assert "No advice is never an approval" in page

    def test_approving_decides_and_opens_the_next_case(self, analyst, case):
        following = opened("pay_next", deadline=timedelta(days=9))
        answer = analyst.post(url(case, "decide/"), DECISION)
        assert answer["Location"] == url(following)
        case = ReviewCase.objects.get(pk=case.pk)
        assert (case.decision, case.outcome, case.decided_by) == (
            CaseDecision.APPROVE,
            CaseOutcome.GENUINE,
            "STAFF:ann@holdfast.example",
        )
        page = analyst.get(url(case)).content.decode()
        assert "Called the customer back" in page
        assert "Approve and capture" not in page

    @pytest.mark.parametrize("missing", ["decision", "outcome", "reason"])
    def test_a_decision_without_any_of_its_parts_is_refused(self, analyst, case, missing):
        answer = analyst.post(url(case, "decide/"), {k: v for k, v in DECISION.items() if k != missing})
        assert answer.status_code == 400
        assert ReviewCase.objects.get(pk=case.pk).state == CaseState.OPEN

    def test_htmx_gets_the_panel_and_a_way_on(self, analyst, case):
        claimed = analyst.post(url(case, "claim/"), headers=HTMX)
        assert b"You hold it" in claimed.content
        assert b"<html" not in claimed.content
        refused = analyst.post(url(case, "decide/"), {"decision": "DECLINE"}, headers=HTMX)
        assert (refused.status_code, b"This field is required" in refused.content) == (200, True)
        assert analyst.post(url(case, "decide/"), DECISION, headers=HTMX)["HX-Redirect"] == "/admin/reviews/"

    def test_another_analyst_sees_who_holds_it_and_cannot_decide(self, analyst, case):
        analyst.post(url(case, "claim/"))
        other = staff.signed_in("FRAUD_LEAD", email="bob@holdfast.example")
        page = other.get(url(case)).content.decode()
        assert "ann@holdfast.example holds this case" in page
        assert "Approve and capture" not in page
        answer = other.post(url(case, "decide/"), DECISION)
        assert answer.status_code == 409
        assert ReviewCase.objects.get(pk=case.pk).state == CaseState.CLAIMED

    def test_an_auditor_looks_and_nobody_else_gets_in(self, now, case):
        auditor = staff.signed_in("AUDITOR")
        assert b"You may look, not decide" in auditor.get(url(case)).content
        assert auditor.post(url(case, "decide/"), DECISION).status_code == 403
        assert auditor.post("/admin/reviews/next/").status_code == 403
        assert staff.signed_in("TREASURY").get(url(case)).status_code == 403
        assert ReviewCase.objects.get(pk=case.pk).state == CaseState.OPEN

    def test_a_case_that_is_not_there(self, analyst):
        assert analyst.get("/admin/reviews/case_none/").status_code == 404


def test_records_open_for_those_who_may_look(now, case):
    auditor = staff.signed_in("AUDITOR")
    for model in ("assessment", "observation", "reviewcase", "ruleset", "fraudreport"):
        assert auditor.get(f"/admin/records/fraud/{model}/").status_code == 200
    assert auditor.get(f"/admin/records/fraud/assessment/{Assessment.objects.get().pk}/change/").status_code == 200
    assert auditor.get("/admin/records/compliance/party/").status_code == 200
