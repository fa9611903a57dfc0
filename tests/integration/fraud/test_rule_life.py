"""The life of a version of the rules: who may move it, what it takes, and what the database says to shortcuts."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.urls import reverse

from core import clock
from core.approvals.refusals import NotAllowedToAsk, NotAllowedToSign
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.errors import Refusal
from core.parameters import services as parameters
from core.staff import presence
from fraud.approvals import rules as acts
from fraud.enums import RuleSetMove, RuleSetState
from fraud.models import Backtest, ListEntry, RulePause, RuleSet, RuleSetStep
from fraud.rules import states
from fraud.selectors import rule_sets, trials
from fraud.services import lists, pauses, rule_life
from tests.factories import rules as factory
from tests.factories import staff
from tests.factories.rules import ANALYST, LEAD
from tests.integration.fraud.conftest import NOON

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=24)


@pytest.fixture
def next_day():
    """The shadow lasted the 24 hours that are enough."""
    with clock.use(clock.FixedClock(LATER)):
        yield LATER


class TestShadow:
    def test_takes_one_person_and_is_the_only_candidate(self, now):
        first = factory.shadowed(now=now)
        assert (first.state, rule_sets.find_candidate()) == (RuleSetState.SHADOW, first)
        second = factory.drafted([factory.rule(points=7)], now=now)
        with pytest.raises(rule_life.UnableToMove, match="another version is the candidate"):
            rule_life.start_shadow(version=second.version, reason="me too", actor=ANALYST, now=now)
        rule_life.withdraw(version=first.version, reason="not good", actor=ANALYST, now=now)
        rule_life.start_shadow(version=second.version, reason="now it can", actor=ANALYST, now=now)
        assert rule_sets.find_candidate() == second

    def test_leaves_the_version_in_force_alone(self, now):
        factory.shadowed(now=now)
        assert rule_sets.get_active().version == 1

    def test_every_step_has_a_reason(self, now):
        version = factory.drafted(now=now).version
        with pytest.raises(rule_life.UnableToMove, match="reason"):
            rule_life.start_shadow(version=version, reason=" ", actor=ANALYST, now=now)
        assert rule_sets.get(version=version).state == RuleSetState.DRAFT


class TestShare:
    def test_is_signed_and_can_be_taken_back_by_one_person(self, now):
        version = factory.shadowed(now=now).version
        lead = factory.lead()
        request = acts.ask_share(version=version, share=500, reason="5 %", actor=ANALYST, now=now)
        assert rule_sets.get(version=version).state == RuleSetState.SHADOW
        factory.signed(request, now=now, by=lead)
        shared = rule_sets.get(version=version)
        assert (shared.state, shared.share) == (RuleSetState.SHARED, 500)
        back = rule_life.end_share(version=version, reason="too many complaints", actor=ANALYST, now=now)
        assert (back.state, back.share) == (RuleSetState.SHADOW, None)

    @pytest.mark.parametrize("share", [0, 10_000, -1])
    def test_is_a_part_of_the_customers(self, now, share):
        version = factory.shadowed(now=now).version
        with pytest.raises(rule_life.UnableToMove, match="share"):
            acts.ask_share(version=version, share=share, reason="all", actor=ANALYST, now=now)

    def test_a_draft_gets_none(self, now):
        version = factory.drafted(now=now).version
        factory.lead()
        with pytest.raises(rule_life.UnableToMove, match="draft"):
            acts.ask_share(version=version, share=500, reason="5 %", actor=ANALYST, now=now)


class TestPublication:
    def test_takes_a_second_person_and_retires_the_version_before(self, now, next_day):
        made = factory.published(now=now, later=next_day)
        assert (made.state, rule_sets.get_active()) == (RuleSetState.ACTIVE, made)
        assert rule_sets.get(version=1).state == RuleSetState.RETIRED
        step = rule_sets.list_steps(made)[0]
        assert (step.move, step.replaces) == (RuleSetMove.PUBLISH, 1)
        assert step.forecast == Backtest.objects.get().backtest_id
        assert AuditEntry.objects.filter(action="fraud.rule_set.published", subject=made.subject).count() == 1

    def test_whoever_drafted_does_not_sign(self, now, next_day):
        """An analyst who becomes lead does not publish the rules they wrote, whoever asks."""
        author = staff.person("FRAUD_LEAD", email=ANALYST.id)
        factory.lead()
        version = factory.backtested(factory.shadowed(now=now), now=now).rule_set_version
        other = staff.person("FRAUD_ANALYST").user.actor()
        request = acts.ask_publication(version=version, reason="good", actor=other, now=next_day)
        with pytest.raises(NotAllowedToSign):
            factory.signed(request, now=next_day, by=author)

    def test_a_lead_does_not_ask(self, now, next_day):
        version = factory.backtested(factory.shadowed(now=now), now=now).rule_set_version
        factory.lead()
        with pytest.raises(NotAllowedToAsk):
            acts.ask_publication(version=version, reason="good", actor=LEAD, now=next_day)

    def test_without_a_finished_backtest_it_is_refused(self, now, next_day):
        version = factory.shadowed(now=now).version
        factory.lead()
        with pytest.raises(rule_life.ForecastMissing):
            acts.ask_publication(version=version, reason="good", actor=ANALYST, now=next_day)

    def test_a_trial_of_a_minute_is_too_short_and_the_refusal_counts(self, now):
        version = factory.backtested(factory.shadowed(now=now), now=now).rule_set_version
        factory.lead()
        with pytest.raises(acts.TrialTooShort, match=r"0 payments in 0\.0 h; 1000 payments or 24 h"):
            acts.ask_publication(version=version, reason="urgent", actor=ANALYST, now=now)

    def test_the_minimum_is_a_dated_parameter(self, now):
        parameters.change(
            name="fraud.shadow_minimum_hours", value=0, effective_from=now, reason="demo", actor=LEAD, now=now
        )
        assert factory.published(now=now, later=now).state == RuleSetState.ACTIVE

    def test_what_changed_in_between_voids_the_signature(self, now, next_day):
        """Signed is a difference to the version in force: another version in force is another difference."""
        first = factory.published(now=now, later=next_day)
        second = factory.shadowed([factory.rule(points=7)], now=next_day)
        covered = acts._covered(second)
        assert (covered["inForce"], covered["changed"]) == (first.version, {"big_rule": {"points": [100, 7]}})
        rule_life.roll_back(reason="too many reviews", actor=LEAD, now=next_day)
        assert acts._covered(second)["inForce"] == 1


class TestTrial:
    def test_begins_with_the_shadow(self, now):
        draft = factory.drafted(now=now)
        assert not trials.of(draft, now=now + timedelta(days=9)).is_enough
        shadow = rule_life.start_shadow(version=draft.version, reason="try", actor=ANALYST, now=now)
        assert not trials.of(shadow, now=now + timedelta(hours=23, minutes=59)).is_enough
        assert trials.of(shadow, now=now + timedelta(hours=24)).is_enough


class TestRollingBack:
    def test_takes_one_person_and_one_step(self, now, next_day):
        made = factory.published(now=now, later=next_day)
        back = rule_life.roll_back(reason="too many reviews", actor=LEAD, now=next_day)
        assert (back.version, back.state) == (1, RuleSetState.ACTIVE)
        assert rule_sets.get(version=made.version).state == RuleSetState.RETIRED
        assert AuditEntry.objects.filter(action="fraud.rule_set.rolled_back").count() == 1

    def test_does_not_go_back_and_forth(self, now, next_day):
        """Else one person could publish again what was just found to be bad."""
        factory.published(now=now, later=next_day)
        rule_life.roll_back(reason="bad", actor=LEAD, now=next_day)
        with pytest.raises(rule_life.UnableToMove, match="no version to go back to"):
            rule_life.roll_back(reason="good after all", actor=LEAD, now=next_day)

    def test_the_first_version_has_none_before_it(self, now):
        with pytest.raises(rule_life.UnableToMove, match="no version to go back to"):
            rule_life.roll_back(reason="bad", actor=LEAD, now=now)


class TestTheDatabase:
    """What a program that does not know the services, or does not want to, is refused."""

    def refused(self, act):
        with pytest.raises(Error) as caught, transaction.atomic():
            act()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return refusal_name(caught.value)

    def step(self, rule_set, move, before, after, **more):
        return RuleSetStep.objects.create(
            rule_set=rule_set, move=move, from_state=before, to_state=after, reason="a shortcut", actor="x", at=NOON,
            **more,
        )  # fmt: skip

    def test_keeps_to_the_table_of_moves(self, now):
        """Every pair of states and move: what states.py does not know, a step cannot say."""
        legal = {(move, before, after) for move, (sources, after) in states.MOVES.items() for before in sources}
        draft = factory.drafted(now=now)
        for move in RuleSetMove:
            for after in RuleSetState:
                if (move, RuleSetState.DRAFT, after) not in legal:
                    name = self.refused(lambda m=move, a=after: self.step(draft, m, "DRAFT", a))
                    assert name == "rule_set_moves_legally", (move, after)
        shadow = factory.shadowed([factory.rule(points=3)], now=now)
        for move in RuleSetMove:
            for after in RuleSetState:
                if (move, RuleSetState.SHADOW, after) not in legal:
                    name = self.refused(lambda m=move, a=after: self.step(shadow, m, "SHADOW", a))
                    assert name == "rule_set_moves_legally", (move, after)

    def test_a_step_begins_where_the_version_is(self, now):
        draft = factory.drafted(now=now)
        assert self.refused(lambda: self.step(draft, "WITHDRAW", "SHADOW", "RETIRED")) == "rule_set_moves_legally"

    @pytest.mark.parametrize(("move", "after"), [("SHARE", "SHARED"), ("PUBLISH", "ACTIVE")])
    def test_what_needs_a_signature_has_one(self, now, move, after):
        shadow = factory.shadowed(now=now)
        assert self.refused(lambda: self.step(shadow, move, "SHADOW", after, share=5)) == "act_is_approved"

    def test_no_state_without_a_step(self, now):
        draft = factory.drafted(now=now)
        update = RuleSet.objects.filter(pk=draft.pk).update
        assert self.refused(lambda: update(state="SHADOW")) == "rule_set_moves_by_a_step"
        assert self.refused(lambda: update(state="SHARED", share=9)) == "rule_set_moves_by_a_step"

    def test_nothing_begins_in_force(self, now):
        def insert():
            RuleSet.objects.create(version=99, state="SHADOW", rules=[], digest="x", created_by="x")

        assert self.refused(insert) == "rule_set_begins_as_a_draft"

    def test_payments_are_never_without_rules(self, now):
        active = rule_sets.get_active()

        def retire():
            self.step(active, "SUPERSEDE", "ACTIVE", "RETIRED")
            RuleSet.objects.filter(pk=active.pk).update(state="RETIRED")

        assert self.refused(retire) == "some_rule_set_is_active"

    def test_only_the_version_just_before_comes_back(self, now, next_day):
        factory.published(now=now, later=next_day)
        rule_life.roll_back(reason="bad", actor=LEAD, now=next_day)
        retired = RuleSet.objects.get(state="RETIRED")
        assert self.refused(lambda: self.step(retired, "ROLL_BACK", "RETIRED", "ACTIVE")) == (
            "rule_set_rolls_back_one_step"
        )

    def test_one_candidate(self, now):
        factory.shadowed(now=now)
        second = factory.drafted([factory.rule(points=7)], now=now)

        def shadow():
            self.step(second, "SHADOW", "DRAFT", "SHADOW")
            RuleSet.objects.filter(pk=second.pk).update(state="SHADOW")

        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            shadow()
        assert refusal_name(caught.value) == "one_rule_set_is_candidate"


class TestAtOnce:
    """Several people at the same moment: one of them did it, the others are told."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def together(self, *acts):
        start = threading.Barrier(len(acts))

        def run(act):
            try:
                start.wait()
                return act()
            except Refusal as refused:
                return refused
            finally:
                connection.close()

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(run, acts))

    def test_one_draft_becomes_the_candidate(self, now):
        drafts = [factory.drafted([factory.rule(points=points)], now=now) for points in range(1, 7)]

        def shadow(version):
            return lambda: rule_life.start_shadow(version=version, reason="try", actor=ANALYST, now=now)

        answers = self.together(*(shadow(draft.version) for draft in drafts))
        assert sum(isinstance(answer, RuleSet) for answer in answers) == 1
        assert RuleSet.objects.filter(state__in=states.CANDIDATE).count() == 1
        assert {type(answer) for answer in answers} == {RuleSet, rule_life.UnableToMove}

    def test_six_who_roll_back_roll_back_once(self, now, next_day):
        factory.published(now=now, later=next_day)

        def back():
            return rule_life.roll_back(reason="bad", actor=LEAD, now=next_day)

        answers = self.together(*[back] * 6)
        assert sum(isinstance(answer, RuleSet) for answer in answers) == 1
        assert rule_sets.get_active().version == 1
        assert AuditEntry.objects.filter(action="fraud.rule_set.rolled_back").count() == 1

    def test_a_rule_is_paused_once_and_an_entry_added_once(self, now):
        def pause():
            return pauses.pause(code="high_value_rule", reason="noise", actor=ANALYST, now=now)

        def add():
            return lists.add(
                name="blocked_customers", livemode=False, value="cus_bad", reason="x", actor=ANALYST, now=now,
                expires_at=LATER,
            )  # fmt: skip

        answers = self.together(*[pause, add] * 4)
        assert len({answer.pk for answer in answers[::2]}) == len({answer.pk for answer in answers[1::2]}) == 1
        assert RulePause.objects.count() == ListEntry.objects.count() == 1


def test_what_was_signed_over_another_version_does_not_happen(now, next_day):
    """Between the last reading and the effect somebody rolled back: the difference signed is not the one made."""
    factory.published(now=now, later=next_day)
    version = factory.backtested(factory.shadowed([factory.rule(points=7)], now=next_day), now=next_day)
    with pytest.raises(rule_life.UnableToMove, match="version 1 is no longer in force"):
        rule_life.publish_signed(
            version=version.rule_set_version, over=1, approval_id="apr_x", reason="x", actor=LEAD, now=next_day
        )


def test_going_back_asks_for_a_fresh_code(now, next_day):
    """One person is enough, so it has to be that person and not an open window."""
    made = factory.published(now=now, later=next_day)
    lead = staff.signed_in("FRAUD_LEAD")
    session = lead.session
    session[presence.PROVED_AT] = 0
    session.save()
    lead.post(reverse("admin:rule_set_roll_back", args=[made.version]), {"reason": "bad"})
    assert rule_sets.get_active() == made
    session[presence.PROVED_AT] = presence.present().timestamp()
    session.save()
    lead.post(reverse("admin:rule_set_roll_back", args=[made.version]), {"reason": "bad"})
    assert rule_sets.get_active().version == 1
