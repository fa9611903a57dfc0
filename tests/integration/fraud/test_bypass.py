"""The bypass: opened by two people for an hour at most, counted, shown to everybody, and made up for."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox.models import Event
from core.switches import approvals, selectors
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.models import SwitchTurn
from core.switches.services import UnableToTurn
from fraud.enums import Outcome
from fraud.models import Assessment
from fraud.selectors import bypasses
from fraud.services import assessments, memory, rescoring
from tests.factories import staff
from tests.factories.switches import ON_CALL, opened

pytestmark = pytest.mark.django_db


def judged(request, *, now):
    answer = assessments.evaluate(request, seen=memory.look(request, now=now), now=now)
    return Assessment.objects.get(pk=answer.row_id)


def open_bypass(now, minutes=30):
    return opened(Switch.FRAUD_BYPASS, minutes=minutes, reason="the model loops", now=now)


def test_open_it_approves_what_is_reviewed_otherwise_and_closes_by_itself(now, request_of):
    assert judged(request_of(amount_minor=100_000), now=now).outcome == Outcome.REVIEW
    turn = open_bypass(now)
    row = judged(request_of(amount_minor=100_000), now=now)
    assert (row.score, row.outcome, row.bypass_turn, row.degraded) == (100, Outcome.APPROVE, turn.pk, "BYPASS")
    assert AuditEntry.objects.get(action="fraud.assessment.bypassed").subject == row.assessment_id
    later = judged(request_of(amount_minor=100_000), now=now + timedelta(minutes=30))
    assert (later.outcome, later.bypass_turn) == (Outcome.REVIEW, None)


def test_what_it_lets_through_is_counted(now, request_of):
    turn = open_bypass(now)
    for _ in range(3):
        judged(request_of(amount_minor=100_000), now=now)
    (exposure,) = selectors.list_exposures([turn.pk])[turn.pk]
    assert (exposure.decided, exposure.operations, exposure.amount_minor) == ("ALLOWED", 3, 300_000)


def test_a_closed_scoring_is_not_gone_round(now, request_of):
    open_bypass(now)
    switches.close(switch=Switch.FRAUD_SCORING, reason="a drill", actor=ON_CALL, now=now)
    assert judged(request_of(), now=now).outcome == Outcome.NO_ADVICE


@pytest.mark.parametrize("minutes", [0, 61])
def test_it_is_not_opened_for_longer_than_an_hour_or_without_an_end(now, minutes):
    with pytest.raises(UnableToTurn):
        approvals.ask(
            switch=Switch.FRAUD_BYPASS, scope="", minutes=minutes, owner="", reason="slow", actor=ON_CALL, now=now
        )


@pytest.mark.parametrize("expires_after", [None, timedelta(minutes=61)])
def test_the_database_refuses_it_too(now, expires_after):
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        turn = open_bypass(now)
        SwitchTurn.objects.filter(pk=turn.pk).update(reason="x")
    assert refusal_name(refused.value) == "switches_turn_is_append_only"
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        SwitchTurn.objects.create(
            switch=Switch.FRAUD_BYPASS,
            state="OPEN",
            reason="x",
            actor="SYSTEM:holdfast",
            turned_at=now,
            expires_at=expires_after and now + expires_after,
        )
    assert refusal_name(refused.value) in {"switch_opens_by_approval", "bypass_opens_for_an_hour_at_most"}


def test_every_page_says_so_while_it_is_open(now):
    client = staff.signed_in("AUDITOR")
    assert "Fraud decisions are bypassed" not in client.get("/admin/").content.decode()
    open_bypass(now)
    auditors = client.get("/admin/switches/").content.decode()
    assert "Fraud decisions are bypassed" in auditors
    assert "End it" in auditors
    leads = staff.signed_in("FRAUD_LEAD").get("/admin/reviews/").content.decode()
    assert "It ends by itself at" in leads
    assert "End it" not in leads


class TestMakingUp:
    def test_nothing_is_judged_while_it_is_open(self, now, request_of):
        open_bypass(now)
        judged(request_of(), now=now)
        assert rescoring.make_up(now=now) == 0

    def test_each_is_judged_once_from_what_was_known_then(self, now, request_of):
        """500.00 would have been approved, 1,000.00 reviewed; eleven within the hour would have been too fast."""
        turn = open_bypass(now)
        for number in range(11):
            judged(request_of(payment_id=f"pay_{number}"), now=now + timedelta(seconds=number))
        big = judged(request_of(payment_id="pay_big", payer_id="cus_other_1", amount_minor=100_000), now=now)
        over = now + timedelta(hours=1)
        assert rescoring.make_up(now=over) == 12
        assert rescoring.make_up(now=over) == 0
        again = Assessment.objects.get(rescores=big)
        assert (again.outcome, again.feature_source) == (Outcome.REVIEW, "REDIS")
        first = Assessment.objects.get(rescores__payment_id="pay_0")
        assert (first.score, first.outcome, first.features["customer_payments_1h"]) == (125, Outcome.APPROVE, 0)
        last = Assessment.objects.get(rescores__payment_id="pay_10")
        assert last.features["customer_payments_1h"] == 10
        assert "high_velocity_rule" in [hit["code"] for hit in last.hits]
        report = {(line.outcome, line.payments): line.amount_minor for line in report_of(turn)}
        assert report == {("APPROVE", 10): 500_000, ("REVIEW", 2): 150_000}

    def test_somebody_is_told_of_what_would_have_been_held(self, now, request_of):
        turn = open_bypass(now)
        judged(request_of(amount_minor=100_000), now=now)
        rescoring.make_up(now=now + timedelta(hours=1))
        event = Event.objects.get(name="fraud.alarm_raised")
        assert (event.payload["alarm"], event.payload["subject"]) == ("fraud.bypass_let_through", f"turn:{turn.pk}")

    def test_without_a_store_it_is_judged_from_the_database_as_of_then(self, now, request_of, paid, monkeypatch):
        paid(ago=timedelta(minutes=5), times=10)
        open_bypass(now)
        row = assessments.evaluate(request_of(payment_id="pay_x"), now=now)
        paid(ago=timedelta(minutes=-2), times=5)
        rescoring.make_up(now=now + timedelta(hours=1))
        again = Assessment.objects.get(rescores=row.row_id)
        assert (again.features["customer_payments_1h"], again.degraded) == (10, "NOT_KEPT")

    def test_one_decision_is_made_up_for_once_whoever_writes(self, now, request_of):
        open_bypass(now)
        row = judged(request_of(), now=now)
        over = now + timedelta(hours=1)
        assert rescoring.make_up_for(row, now=over)
        assert not rescoring.make_up_for(row, now=over)
        again = assessments.evaluate(rescoring.request_of(row), now=over, passed=row)
        assert again.row_id is None
        assert Assessment.objects.filter(rescores=row).count() == 1

    def test_the_page_shows_what_waits_and_what_would_have_been_held(self, now, request_of):
        turn = open_bypass(now)
        judged(request_of(payment_id="pay_1", amount_minor=100_000), now=now)
        client = staff.signed_in("FRAUD_LEAD")
        assert "1 still to be judged" in client.get(f"/admin/fraud/bypasses/{turn.pk}/").content.decode()
        rescoring.make_up(now=now + timedelta(hours=1))
        shown = client.get(f"/admin/fraud/bypasses/{turn.pk}/").content.decode()
        assert "pay_1" in shown
        assert "still to be judged" not in shown


def report_of(turn):
    return bypasses.report(turn_id=turn.pk, livemode=False)


class TestReplay:
    def test_a_decision_is_equal(self, now, request_of, capsys):
        row = judged(request_of(amount_minor=100_000, ip_address="198.51.100.7", billing_country="US"), now=now)
        call_command("replay_decision", row.assessment_id)
        assert capsys.readouterr().out == f"{row.assessment_id}: equal, score {row.score}, {row.outcome}\n"

    def test_a_changed_value_is_named(self, now, request_of):
        row = judged(request_of(amount_minor=100_000), now=now)
        kept = {name: getattr(row, name) for name in (each.attname for each in Assessment._meta.fields)}
        kept |= {"id": None, "assessment_id": "fra_forged", "features": {**row.features, "amount_minor": 99_999}}
        Assessment.objects.create(**kept)
        out = io.StringIO()
        with pytest.raises(SystemExit) as left:
            call_command("replay_decision", "fra_forged", "--json", stdout=out)
        said = json.loads(out.getvalue())
        assert (left.value.code, said["equal"], said["differs"]) == (1, False, "score")
        assert said["stored"] > said["again"]
