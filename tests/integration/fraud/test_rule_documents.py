"""Versions of the rules as files: out, in, compared, checked."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from fraud.enums import RuleSetState
from fraud.models import List, ListEntry, RuleSet
from fraud.rules import documents
from fraud.rules.documents import NotADocument
from fraud.rules.shipped import SHIPPED
from fraud.selectors import rule_sets
from fraud.services import lists, rule_documents
from tests.factories import rules as factory
from tests.factories.rules import ANALYST

pytestmark = pytest.mark.django_db


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("rules", *arguments, stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


@pytest.fixture
def file(tmp_path):
    """The version in force as a file that can be changed: `file(lambda content: …)` is its path."""

    def make(change=None, name="rules.json"):
        content = json.loads(run("export"))
        if change:
            change(content)
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return str(path)

    return make


class TestExport:
    def test_is_the_same_bytes_every_time_and_holds_everything(self, now):
        text = run("export")
        assert text == run("export")
        content = json.loads(text)
        assert (content["format"], content["version"]) == ("holdfast.rules/1", 1)
        assert len(content["rules"]) == len(SHIPPED)
        assert content["thresholds"]["high_value_minor"] == 100_000
        assert {each["name"] for each in content["lists"]} == set(List.objects.values_list("name", flat=True))
        assert not any("entries" in each for each in content["lists"])

    def test_takes_entries_where_it_is_asked_to(self, now):
        lists.add(
            name="blocked_customers", livemode=False, value="cus_bad", reason="x", expires_at=now + timedelta(days=9),
            actor=ANALYST, now=now,
        )  # fmt: skip
        (listed,) = [each for each in json.loads(run("export", "--entries"))["lists"] if each.get("entries")]
        assert listed["entries"] == [
            {"value": "cus_bad", "livemode": False, "reason": "x", "expires_at": "2026-11-27T12:00:00+00:00"}
        ]

    def test_a_version_that_is_not_there(self, now):
        with pytest.raises(CommandError, match="no version 99"):
            run("export", "--set", "99")


class TestImport:
    def test_makes_a_draft_that_judges_nothing(self, now, file):
        path = file(lambda content: content["rules"][0].update(points=150))
        assert "Version 2 is a draft" in run("import", path)
        assert (rule_sets.get_active().version, rule_sets.get(version=2).state) == (1, RuleSetState.DRAFT)

    def test_what_was_exported_comes_back_whole(self, now, file):
        run("import", file())
        assert rule_sets.get(version=2).digest == rule_sets.get(version=1).digest
        assert run("diff", "1", "2").strip() == "no difference"

    def test_makes_the_lists_that_are_missing_and_refuses_those_that_are_others_here(self, now, file):
        new = {"name": "slow_payers", "kind": "CUSTOMER", "effect": "RISK", "purpose": "They pay late"}
        rule = {"code": "slow_rule", "expression": "customer_id in list_slow_payers", "points": 5, "description": "x"}

        def change(content):
            content["lists"].append(new)
            content["rules"].append(rule)

        assert "New lists: slow_payers" in run("import", file(change))

        def turn(content):
            next(each for each in content["lists"] if each["name"] == "blocked_customers")["effect"] = "ALLOW"

        with pytest.raises(CommandError, match="is for BLOCK here"):
            run("import", file(turn))

    def test_a_fault_leaves_nothing_behind(self, now, file):
        def change(content):
            content["lists"].append({"name": "new_ones", "kind": "IP", "effect": "RISK", "purpose": "x"})
            content["rules"][0]["expression"] = "amount_minor > hihg"

        with pytest.raises(CommandError, match=r"/rules/0/expression: nothing is named hihg \(line 1, column 16\)"):
            run("import", file(change))
        assert not List.objects.filter(name="new_ones").exists()
        assert RuleSet.objects.count() == 1

    def test_takes_entries_except_those_that_somebody_signs(self, now, file):
        entry = {"value": "cus_x", "livemode": False, "reason": "x", "expires_at": "2026-12-01T00:00:00+00:00"}
        over = {**entry, "value": "cus_over", "expires_at": "2026-11-01T00:00:00+00:00"}

        def change(content):
            for each in content["lists"]:
                if each["name"] in ("blocked_customers", "trusted_customers"):
                    each["entries"] = [entry, over]

        path = file(change)
        run("import", path)
        assert not ListEntry.objects.exists()
        said = run("import", path, "--entries")
        assert "New entries: 1" in said
        assert "2 entries of allow lists are asked for one by one" in said
        assert [(each.list.name, each.value) for each in ListEntry.objects.select_related("list")] == [
            ("blocked_customers", "cus_x")
        ]
        assert "New entries" not in run("import", path, "--entries")

    def test_the_shipped_rules_come_as_a_draft_to_older_installations(self, now):
        assert f"{len(SHIPPED)} rules" in run("import", "--shipped")

    def test_thresholds_stay_and_differences_are_said(self, now, file):
        said = run("import", file(lambda content: content["thresholds"].update(high_value_minor=5)))
        assert "kept as it is here: high_value_minor: 100000 → 5" in said


class TestDiff:
    def test_by_rule_and_field(self, now, file):
        def change(content):
            content["rules"][0]["points"] = 150
            del content["rules"][1]
            content["rules"].append({"code": "new_rule", "expression": "night", "points": 1, "description": "x"})
            content["thresholds"]["high_value_minor"] = 5

        lines = run("diff", "active", file(change)).splitlines()
        assert lines == [
            "+ new_rule: night",
            "- high_velocity_rule: customer_payments_1h + 1 > payments_per_hour",
            "~ high_value_rule.points: 200 → 150",
            "~ threshold high_value_minor: 100000 → 5",
        ]

    def test_the_order_is_a_difference_too(self, now, file):
        path = file(lambda content: content["rules"].reverse())
        assert run("diff", path, "shipped").strip() == "~ the order of the rules"


class TestValidate:
    def test_says_where(self, now, file):
        def change(content):
            content["rules"][2]["expression"] = "amount_minor >\n hihg"
            content["rules"][0]["points"] = 5_000

        err = io.StringIO()
        with pytest.raises(CommandError) as failed:
            call_command("rules", "validate", file(change), stdout=io.StringIO(), stderr=err)
        assert failed.value.returncode == 1
        assert "rules[0] high_value_rule points: between -1000 and 1000" in err.getvalue()
        assert "rules[2] daily_velocity_rule expression: not an expression (line 1" in err.getvalue()

    def test_what_checks_checks(self, now, file):
        assert run("validate", file()).strip() == f"{len(SHIPPED)} rules check"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "holdfast.rules/2", "rules": []}',
        '{"format": "holdfast.rules/1"}',
        '{"format": "holdfast.rules/1", "rules": [1]}',
        '{"format": "holdfast.rules/1", "rules": [{"code": "a_rule"}]}',
        '{"format": "holdfast.rules/1", "rules": [{"code": "a_rule", "expression": "night", "points": true,'
        ' "description": "x"}]}',
        '{"format": "holdfast.rules/1", "rules": [{"code": "a_rule", "expression": "night", "points": 1,'
        ' "description": "x", "poins": 1}]}',
        '{"format": "holdfast.rules/1", "rules": [], "lists": [{"name": "x"}]}',
        '{"format": "holdfast.rules/1", "rules": [], "thresholds": []}',
    ],
)
def test_what_is_no_such_file_is_refused_before_anything_is_looked_up(text):
    with pytest.raises(NotADocument):
        documents.read(text)


def test_written_and_read_again_it_is_the_same(now):
    document = rule_documents.document_of(version=None, with_entries=True, now=now)
    assert documents.read(documents.write(document)) == document


def test_a_draft_of_a_person_can_be_taken_out_too(now):
    version = factory.drafted(now=now).version
    assert json.loads(run("export", "--set", str(version)))["rules"][0]["code"] == "big_rule"
