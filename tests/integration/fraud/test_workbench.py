"""The rules workbench as a browser's requests: editing, checking, trying, saving, backtesting."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from core.actors import SYSTEM
from core.parameters import services as parameters
from core.work import services as work
from fraud.enums import Outcome, RuleSetState
from fraud.forms.rules import FIELDS
from fraud.models import Backtest, RuleSet
from fraud.rules.definitions import Rule
from fraud.selectors import forecast, rule_hits
from fraud.services import assessments, backtests, figures, rule_sets
from tests.factories import staff
from tests.factories.fraud import decision, hit
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_dashboards import rows_of
from tests.plans import nodes

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
EDIT = "/admin/rules/edit/"
NIGHT = {"code": "night_rule", "expression": "night", "points": "40", "floor": "", "description": "At night"}
LARGE = {
    "code": "large_rule",
    "expression": "amount_minor >= high_value_minor",
    "points": "200",
    "floor": "BLOCK",
    "description": "The amount is high",
}


@pytest.fixture
def analyst(now):
    return staff.signed_in("FRAUD_ANALYST", email="ann@holdfast.example")


def form(*lines, act="save", seen="1.0", **more):
    fields = {f"{index}-{name}": value for index, line in enumerate(lines) for name, value in line.items()}
    return {"rules": str(len(lines)), "based_on": "1", "seen": seen, "act": act, "note": "", **fields, **more}


def text(answer):
    return answer.content.decode()


class TestEditing:
    def test_it_begins_with_the_version_in_force(self, analyst):
        page = text(analyst.get(EDIT))
        assert "From version 1." in page
        assert 'value="high_value_rule"' in page
        assert "today <strong>1,000.00 USD</strong>" in page

    def test_or_with_the_one_asked_for(self, analyst, now):
        rule_sets.draft(rules=[Rule("night_rule", "night", 1, None, "At night")], note="", actor=SYSTEM, now=now)
        page = analyst.get(f"{EDIT}?from=2")
        assert [line["code"] for line in page.context["edited"].lines] == ["night_rule"]
        assert analyst.get(f"{EDIT}?from=77").status_code == 404

    @pytest.mark.parametrize(
        ("act", "codes"),
        [
            ("up-1", ["large_rule", "night_rule"]),
            ("down-0", ["large_rule", "night_rule"]),
            ("up-0", ["night_rule", "large_rule"]),
            ("remove-0", ["large_rule"]),
            ("add", ["night_rule", "large_rule", ""]),
            ("remove-9", ["night_rule", "large_rule"]),
            ("remove-x", ["large_rule"]),
        ],
    )
    def test_lines_come_go_and_move_without_a_script(self, analyst, act, codes):
        answer = analyst.post(EDIT, form(NIGHT, LARGE, act=act))
        assert [line.get("code", "") for line in answer.context["edited"].lines] == codes
        assert RuleSet.objects.count() == 1

    def test_more_rules_than_a_version_may_have_are_not_taken(self, analyst):
        answer = analyst.post(EDIT, form(act="add", rules="999999999"))
        assert len(answer.context["edited"].lines) == 200

    def test_two_hundred_rules_arrive_whole(self, analyst):
        lines = [dict.fromkeys(FIELDS, "on") | NIGHT | {"code": f"night_{number}"} for number in range(200)]
        assert len(analyst.post(EDIT, form(*lines, act="up-0")).context["edited"].lines) == 200

    def test_what_is_wrong_stands_at_its_field(self, analyst):
        wrong = NIGHT | {"points": "many", "expression": "nihgt"}
        answer = analyst.post(EDIT, form(wrong, LARGE))
        assert answer.status_code == 400
        assert "Enter a whole number." in text(answer)
        answer = analyst.post(EDIT, form(NIGHT | {"expression": "nihgt"}, NIGHT))
        page = text(answer)
        assert "Nothing is named nihgt" in page
        assert "Another rule has this code." in page
        assert "^^^^^" in page
        assert RuleSet.objects.count() == 1

    def test_an_expression_is_read_while_it_is_typed(self, analyst):
        good = text(
            analyst.get("/admin/rules/check/", {"3-expression": "amount_minor > prepaid_limit_minor"}, headers=HTMX)
        )
        assert "200.00 USD" in good
        assert "wrong" not in good
        bad = text(analyst.get("/admin/rules/check/", {"3-expression": "amount_minor > <b>"}, headers=HTMX))
        assert "wrong" in bad
        assert "<b>" not in bad

    def test_names_are_searched(self, analyst):
        found = text(analyst.get("/admin/rules/words/", {"words": "declines"}, headers=HTMX))
        assert "customer_declines_24h" in found
        assert "amount_minor" not in found

    def test_the_editor_costs_a_fixed_number_of_statements(self, analyst, django_assert_max_num_queries):
        analyst.get(EDIT)
        with django_assert_max_num_queries(12):
            analyst.get(EDIT)


class TestSaving:
    def test_a_draft_of_what_was_typed(self, analyst):
        answer = analyst.post(EDIT, form(NIGHT, LARGE, note="More at night"))
        assert answer["Location"] == "/admin/rules/2/"
        drafted = RuleSet.objects.get(version=2)
        assert (drafted.state, drafted.note, drafted.created_by) == (
            RuleSetState.DRAFT,
            "More at night",
            "STAFF:ann@holdfast.example",
        )
        assert [(rule["code"], rule["points"], rule["floor"]) for rule in drafted.rules] == [
            ("night_rule", 40, None),
            ("large_rule", 200, "BLOCK"),
        ]

    def test_htmx_is_sent_on(self, analyst):
        assert analyst.post(EDIT, form(NIGHT), headers=HTMX)["HX-Redirect"] == "/admin/rules/2/"

    def test_the_second_of_two_is_told_what_the_first_did_and_loses_nothing(self, analyst):
        first = staff.signed_in("FRAUD_ANALYST", email="bob@holdfast.example")
        first.post(EDIT, form(NIGHT | {"points": "90"}, note="Bob's"))
        answer = analyst.post(EDIT, form(NIGHT, LARGE))
        assert answer.status_code == 409
        page = text(answer)
        assert "bob@holdfast.example" in page
        assert "<del>90</del>" in page
        assert [line["code"] for line in answer.context["edited"].lines] == ["night_rule", "large_rule"]
        assert RuleSet.objects.count() == 2
        again = analyst.post(EDIT, form(NIGHT, LARGE, seen=answer.context["edited"].seen))
        assert again["Location"] == "/admin/rules/3/"

    def test_who_may_only_look_saves_nothing(self, now):
        for role in ("FRAUD_LEAD", "AUDITOR", "TREASURY"):
            person = staff.signed_in(role)
            assert person.get(EDIT).status_code == 403
            assert person.post(EDIT, form(NIGHT)).status_code == 403
        assert RuleSet.objects.count() == 1


class TestTrying:
    @pytest.fixture
    def decided(self, now, request_of):
        assessments.evaluate(request_of(amount_minor=120_000, payment_id="pay_1"), now=now)

    def test_each_rule_says_what_it_makes_of_one_payment(self, analyst, decided):
        unknown = NIGHT | {"code": "prepaid_rule", "expression": "card_funding == 'PREPAID'"}
        answer = analyst.post(EDIT, form(NIGHT, LARGE, unknown, act="try", payment="pay_1"))
        tried = answer.context["tried"]
        assert [(said.code, said.verdict) for said in tried.said] == [
            ("large_rule", True),
            ("prepaid_rule", None),
            ("night_rule", False),
        ]
        assert ("amount_minor", "1,200.00 USD") in tried.said[0].values
        # 125 + 200, lifted into BLOCK. The active version adds 200, 200 for a new customer and 150 for a new seller.
        assert (tried.edited.score, tried.edited.outcome) == (701, "BLOCK")
        assert (tried.active.score, tried.assessment.score) == (675, 675)
        assert "not known" in text(answer)
        assert RuleSet.objects.count() == 1

    def test_a_payment_nobody_judged(self, analyst, decided):
        answer = analyst.post(EDIT, form(NIGHT, act="try", payment="pay_2"))
        assert answer.status_code == 404
        assert "No stored decision of pay_2 has a score." in text(answer)


class TestLooking:
    def test_the_overview_says_what_each_rule_did_lately(self, now, request_of):
        for number, ago in enumerate((timedelta(hours=1), timedelta(days=3), timedelta(days=9))):
            assessments.evaluate(request_of(amount_minor=150_000, payment_id=f"pay_{number}"), now=now - ago)
        assert "Edit rules" not in text(staff.signed_in("AUDITOR").get("/admin/rules/"))
        assert (self.high_value().lately.today, self.high_value().lately.week) == (1, 1)
        figures.count_recent(now=now)
        line = self.high_value()
        assert (line.lately.today, line.lately.week, line.amount) == (1, 2, "3,000.00 USD")

    def high_value(self):
        lines = staff.signed_in("AUDITOR").get("/admin/rules/").context["lines"]
        return next(line for line in lines if line.rule.code == "high_value_rule")

    def test_each_number_of_a_rule_leads_to_exactly_its_decisions(self, analyst, now):
        wild = [hit("high_value_rule", 325)]
        for ago in (timedelta(hours=1), timedelta(hours=13), timedelta(days=6), timedelta(days=7)):
            decision(now - ago, Outcome.REVIEW, hits=wild)
        decision(now - timedelta(hours=2))
        figures.count_recent(now=now)
        line = self.high_value()
        # Noon: thirteen hours ago was yesterday, seven days ago is one day too many.
        assert (line.lately.today, line.lately.week) == (1, 3)
        page = text(analyst.get("/admin/rules/"))
        for url, number in ((line.today_url, 1), (line.week_url, 3)):
            assert f'href="{escape(url)}"' in page
            assert rows_of(analyst, url) == number

    def test_what_was_counted_is_not_unfolded_again(self, now):
        """Of a million decisions a page reads the figures, and those since the last count by the index of hits."""
        wild = {"outcome": Outcome.REVIEW, "hits": [hit("high_value_rule", 325)]}
        for _ in range(3):
            decision(now - timedelta(hours=1), **wild)
        figures.count_recent(now=now - timedelta(minutes=5))
        # Were the three read once more, they would be six.
        decision(now - timedelta(minutes=4), **wild)
        with CaptureQueriesContext(connection) as captured:
            found = rule_hits.lately(livemode=False, now=now)
        assert (found["high_value_rule"].today, found["high_value_rule"].week) == (4, 4)
        assert found["high_value_rule"].amount == {"USD": 40_000}
        assert len(captured) == 3
        unfolding = captured[-1]["sql"]
        assert "jsonb_array_elements" in unfolding
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX assessment_by_time")
        assert "assessment_with_hits" in {node.get("Index Name") for node in nodes(unfolding)}

    def test_lists_cost_a_fixed_number_of_statements(self, analyst, now, django_assert_max_num_queries):
        for number in range(12):
            rules = [Rule("night_rule", "night", number, None, "At night")]
            drafted = rule_sets.draft(rules=rules, note="", actor=SYSTEM, now=now)
            analyst.post(
                f"/admin/rules/{drafted.version}/backtest/", {"from_day": "2026-11-01", "to_day": "2026-11-10"}
            )
        for path in ("/admin/rules/", "/admin/rules/5/?against=4", "/admin/backtests/"):
            analyst.get(path)
            with django_assert_max_num_queries(14):
                assert analyst.get(path).status_code == 200

    def test_a_version_beside_another(self, analyst, now):
        analyst.post(EDIT, form(NIGHT, LARGE))
        page = text(analyst.get("/admin/rules/2/?against=1"))
        assert "amount_minor &gt;= high_value_minor" in page
        assert "prepaid_card_rule" in page
        assert analyst.get("/admin/rules/2/?against=9").status_code == 404
        assert analyst.get("/admin/rules/9/").status_code == 404


class TestBacktesting:
    def test_from_the_version_to_its_result(self, analyst, now, request_of):
        assessments.evaluate(request_of(amount_minor=150_000, payment_id="pay_1"), now=NOON - timedelta(days=12))
        analyst.post(EDIT, form(NIGHT, LARGE))
        answer = analyst.post("/admin/rules/2/backtest/", {"from_day": "2026-11-01", "to_day": "2026-11-18"})
        url = answer["Location"]
        assert "Waiting for a worker" in text(analyst.get(url))
        waiting = analyst.get(url, headers=HTMX)
        assert b"<html" not in waiting.content
        assert "HX-Refresh" not in waiting
        work.drain(now=NOON)
        assert analyst.get(url, headers=HTMX)["HX-Refresh"] == "true"
        page = text(analyst.get(url))
        assert "Version 2 beside version 1" in page
        assert "1,500.00 USD" in page
        assert "BLOCK" in page or "Block" in page
        assert "large_rule" in page

    def test_cancelling_keeps_no_result(self, analyst, now):
        url = analyst.post("/admin/rules/1/backtest/", {"from_day": "2026-11-01", "to_day": "2026-11-18"})["Location"]
        assert analyst.post(f"{url}cancel/")["Location"] == url
        assert "It was cancelled after 0 decisions" in text(analyst.get(url))
        analyst.post(f"{url}cancel/")
        assert "It is over already." in text(analyst.get(url))

    @pytest.mark.parametrize(
        ("days", "told"),
        [
            ({"from_day": "", "to_day": "2026-11-18"}, "Name the first and the last day."),
            ({"from_day": "2026-11-19", "to_day": "2026-11-20"}, "before the end, and in the past"),
            ({"from_day": "2020-01-01", "to_day": "2026-11-18"}, "at most 400 days before the end"),
        ],
    )
    def test_a_window_that_is_none_is_refused_in_words(self, analyst, days, told):
        answer = analyst.post("/admin/rules/1/backtest/", days, follow=True)
        assert told in text(answer)
        assert not Backtest.objects.exists()

    def test_of_the_other_mode_is_not_here(self, analyst, now):
        url = analyst.post("/admin/rules/1/backtest/", {"from_day": "2026-11-01", "to_day": "2026-11-18"})["Location"]
        row = Backtest.objects.values().get()
        Backtest.objects.create(**row | {"id": None, "backtest_id": "bt_live", "livemode": True})
        assert analyst.get("/admin/backtests/bt_live/").status_code == 404
        assert analyst.get(url).status_code == 200

    def test_the_auditor_looks_and_starts_none(self, now):
        auditor = staff.signed_in("AUDITOR")
        answer = auditor.post("/admin/rules/1/backtest/", {"from_day": "2026-11-01", "to_day": "2026-11-18"})
        assert answer.status_code == 403
        assert auditor.get("/admin/backtests/").status_code == 200


class TestMovingAlong:
    @pytest.fixture
    def lead(self, now):
        return staff.signed_in("FRAUD_LEAD", email="lea@holdfast.example")

    @pytest.fixture
    def drafted(self, analyst):
        analyst.post(EDIT, form(NIGHT, LARGE, note="More at night"))
        return RuleSet.objects.get(version=2)

    def move(self, client, do, **more):
        return client.post("/admin/rules/2/move/", {"do": do, "reason": "Card testing", **more}, follow=True)

    def test_a_draft_goes_into_shadow_and_is_withdrawn_by_one_person(self, analyst, drafted):
        assert "Judge in shadow" in text(analyst.get("/admin/rules/2/"))
        page = text(self.move(analyst, "shadow"))
        assert "Version 2 is shadow." in page
        assert "Ask for publication" in page
        assert "Began to judge in shadow" in page
        assert "Card testing" in page
        assert "version 2" in text(analyst.get("/admin/rules/"))
        page = text(self.move(analyst, "withdraw"))
        assert "Version 2 is retired." in page
        assert "Judge in shadow" not in page

    def test_nothing_moves_without_a_reason_or_a_button(self, analyst, drafted):
        assert "Say why." in text(self.move(analyst, "shadow", reason=""))
        assert "Press one of the buttons." in text(self.move(analyst, "publish_now"))
        assert self.move(analyst, "publish").redirect_chain[-1][0] == "/admin/rules/2/"
        drafted.refresh_from_db()
        assert drafted.state == RuleSetState.DRAFT

    def test_a_publication_waits_for_evidence_a_trial_and_a_second_person(self, analyst, lead, drafted, request_of):
        assessments.evaluate(request_of(payment_id="pay_1"), now=NOON - timedelta(days=1))
        self.move(analyst, "shadow")
        assert "was not backtested to the end" in text(self.move(analyst, "publish"))
        backtest = {"from_day": "2026-11-01", "to_day": "2026-11-10"}
        url = analyst.post("/admin/rules/2/backtest/", backtest)["Location"]
        work.drain(now=NOON)
        assert "No decision of these days could be judged" in text(analyst.get(url))
        assert "backtested over days without a decision" in text(self.move(analyst, "publish"))
        assert RuleSet.objects.get(version=2).state == RuleSetState.SHADOW
        analyst.post("/admin/rules/2/backtest/", backtest | {"to_day": "2026-11-18"})
        work.drain(now=NOON)
        assert "tried on 0 payments" in text(self.move(analyst, "publish"))
        parameters.change(
            name="fraud.shadow_minimum_payments", value=0, effective_from=NOON, reason="test", actor=SYSTEM, now=NOON
        )
        asked = self.move(analyst, "publish")
        assert asked.redirect_chain[-1][0].startswith("/admin/approvals/")
        assert Backtest.objects.latest("id").backtest_id in text(asked)
        page = text(lead.get("/admin/rules/2/"))
        assert "Put version 2 of the rules into force" in page
        assert "waits for a signature" in page
        assert RuleSet.objects.get(state=RuleSetState.ACTIVE).version == 1

    def test_a_share_is_asked_for_in_percent(self, analyst, lead, drafted):
        self.move(analyst, "shadow")
        assert "from 0.01 % to 99.99 %" in text(self.move(analyst, "share"))
        assert "two decimals at most" in text(self.move(analyst, "share", share="0.001"))
        assert "judge 2.5 % of the customers" in text(self.move(analyst, "share", share="2.5"))

    def test_who_publishes_does_not_draft(self, lead, drafted):
        assert lead.post("/admin/rules/2/move/", {"do": "shadow", "reason": "x"}).status_code == 403
        assert "Judge in shadow" not in text(lead.get("/admin/rules/2/"))

    def test_going_back_takes_a_version_that_was_published(self, analyst, lead):
        page = lead.post("/admin/rules/1/roll-back/", {"reason": "Too many"}, follow=True)
        assert "there is no version to go back to" in text(page)
        page = lead.post("/admin/rules/2/roll-back/", {"reason": "Too many"})
        assert page.status_code == 302
        assert analyst.post("/admin/rules/1/roll-back/", {"reason": "Too many"}).status_code == 403

    def test_a_rule_is_paused_at_once_and_resumed_by_signature(self, analyst, lead):
        pause = {"code": "prepaid_card_rule", "reason": "A bank changed its numbers", "pause": "1"}
        page = text(lead.post("/admin/rules/pause/", pause, follow=True))
        assert "prepaid_card_rule is paused" in page
        assert "A bank changed its numbers" in page
        assert "/admin/fraud/pauses/rps_" in page
        asked = analyst.post("/admin/rules/pause/", {**pause, "pause": "", "resume": "1"}, follow=True)
        assert "Resume the rule prepaid_card_rule" in text(asked)
        assert "no rule in force is named nobody" in text(
            lead.post("/admin/rules/pause/", pause | {"code": "nobody"}, follow=True)
        )
        assert staff.signed_in("AUDITOR").post("/admin/rules/pause/", pause).status_code == 403


def test_a_finished_backtest_is_the_forecast_of_its_version(now, request_of):
    assert forecast.for_version(1) is None
    for livemode in (True, False):
        assessments.evaluate(request_of(amount_minor=150_000, livemode=livemode), now=NOON - timedelta(days=1))
        started = backtests.start(
            version=1, livemode=livemode, from_at=NOON - timedelta(days=3), to_at=NOON, actor=SYSTEM, now=now
        )
        if livemode:
            assert forecast.for_version(1) is None
            live = started.backtest_id
        work.drain(now=now)
    days = {"from_at": NOON - timedelta(days=30), "to_at": NOON - timedelta(days=20)}
    empty = backtests.start(version=1, livemode=True, **days, actor=SYSTEM, now=now)
    work.drain(now=now)
    empty.refresh_from_db()
    assert {rule["band"] for rule in empty.result["rules"].values()} == {None}
    found = forecast.for_version(1)
    assert (found.reference, found.version, found.livemode) == (live, 1, True)
    assert found.bands["high_value_rule"].high == 1000
