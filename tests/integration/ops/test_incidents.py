"""Alarms become incidents: one at a time per alarm and subject, with clocks, a story and an end that has a cause."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.actors import Actor
from core.audit.models import AuditEntry
from core.database.refusals import refusal_name
from core.outbox import services as outbox
from core.parameters import services as parameters
from fraud.events import AlarmRaised
from ops.enums import IncidentState, Severity
from ops.models import Incident, IncidentLine
from ops.selectors import incidents as selector
from ops.services import incidents
from ops.services.incidents import Alarm
from tests.factories.staff import person, sign_in, signed_in

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
SAM = Actor("STAFF", "sam@holdfast.example")
PETRA = Actor("STAFF", "petra@holdfast.example")
SAID = "Rule NIGHT_ROUND fires 41 times in 1,000 payments; forecast was 2 to 9."


def alarm(
    severity: str = "P2",
    *,
    summary: str = SAID,
    subject: str = "NIGHT_ROUND",
    url: str = "/admin/reviews/",
    after: timedelta = timedelta(),
) -> Alarm:
    return Alarm("fraud.rule_left_its_band", subject, severity, summary, url, NOW + after)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.django_db
class TestOneIncidentPerAlarmAndSubject:
    def test_an_alarm_opens_one_with_the_deadlines_of_its_severity(self) -> None:
        """P2: seen within half an hour, over within four hours of when the alarm was raised."""
        incident = incidents.open_or_continue(alarm("P2"))
        assert (incident.state, incident.hits, incident.opened_at) == (IncidentState.OPEN, 1, NOW)
        assert (incident.acknowledge_by, incident.resolve_by) == (NOW + minutes(30), NOW + minutes(240))
        assert incident.due_at == NOW + minutes(30)

    def test_a_deadline_is_a_dated_parameter(self) -> None:
        parameters.change(
            name="ops.acknowledge_minutes_p2",
            value=10,
            effective_from=NOW,
            reason="Two on call at night.",
            actor=SAM,
            now=NOW - minutes(2),
        )
        before = incidents.open_or_continue(alarm("P2", subject="EARLIER", after=-minutes(1)))
        assert before.acknowledge_by == NOW + minutes(29)
        assert incidents.open_or_continue(alarm("P2")).acknowledge_by == NOW + minutes(10)
        assert incidents.open_or_continue(alarm("P3", subject="OTHER")).acknowledge_by == NOW + minutes(240)

    def test_the_same_alarm_again_is_a_hit_and_no_line_of_the_story(self) -> None:
        first = incidents.open_or_continue(alarm())
        again = incidents.open_or_continue(alarm(after=minutes(7)))
        assert (again.pk, again.hits, again.last_at) == (first.pk, 2, NOW + minutes(7))
        assert again.acknowledge_by == first.acknowledge_by
        assert IncidentLine.objects.count() == AuditEntry.objects.filter(subject=first.incident_id).count() == 1

    def test_other_words_are_a_line_and_become_the_summary(self) -> None:
        incidents.open_or_continue(alarm())
        again = incidents.open_or_continue(alarm(summary="Now 63 times in 1,000.", after=minutes(7)))
        assert again.summary == "Now 63 times in 1,000."
        assert [line.step for line in selector.list_lines(again)] == ["OPENED", "CHANGED"]

    def test_a_more_severe_hit_brings_the_deadlines_nearer_and_a_milder_one_changes_nothing(self) -> None:
        incidents.open_or_continue(alarm("P3"))
        worse = incidents.open_or_continue(alarm("P1", after=minutes(20)))
        assert (worse.severity, worse.acknowledge_by, worse.resolve_by) == ("P1", NOW + minutes(25), NOW + minutes(80))
        assert worse.due_at == NOW + minutes(25)
        milder = incidents.open_or_continue(alarm("P4", after=minutes(30)))
        assert (milder.severity, milder.due_at, milder.hits) == ("P1", NOW + minutes(25), 3)
        assert [line.step for line in selector.list_lines(milder)] == ["OPENED", "WORSENED"]

    def test_a_late_severe_hit_does_not_give_more_time(self) -> None:
        """P4 had a day to be seen; 1,438 minutes in it becomes P1, whose five minutes would end later than that day."""
        incidents.open_or_continue(alarm("P4"))
        worse = incidents.open_or_continue(alarm("P1", after=minutes(1_438)))
        assert worse.acknowledge_by == NOW + minutes(1_440)

    def test_one_that_is_looked_into_keeps_its_person_and_gets_the_nearer_end(self) -> None:
        first = incidents.open_or_continue(alarm("P3"))
        incidents.acknowledge(incident_id=first.incident_id, actor=SAM, now=NOW + minutes(1))
        worse = incidents.open_or_continue(alarm("P1", after=minutes(20)))
        assert (worse.state, worse.acknowledged_by) == (IncidentState.ACKNOWLEDGED, str(SAM))
        assert worse.due_at == worse.resolve_by == NOW + minutes(80)

    def test_hits_may_come_in_any_order(self) -> None:
        incidents.open_or_continue(alarm(after=minutes(7)))
        earlier = incidents.open_or_continue(alarm())
        assert (earlier.opened_at, earlier.last_at, earlier.hits) == (NOW + minutes(7), NOW + minutes(7), 2)

    def test_another_subject_and_a_resolved_one_open_their_own(self) -> None:
        first = incidents.open_or_continue(alarm())
        other = incidents.open_or_continue(alarm(subject="DEVICE_SHARED"))
        incidents.resolve(incident_id=first.incident_id, cause="A promotion at night.", actor=SAM, now=NOW)
        anew = incidents.open_or_continue(alarm(after=minutes(90)))
        assert len({first.pk, other.pk, anew.pk}) == 3

    def test_an_unknown_severity_is_refused_and_kept_by_the_outbox(self) -> None:
        with pytest.raises(incidents.UnknownSeverity, match="P9"):
            incidents.open_or_continue(alarm("P9"))

    @pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
    def test_a_link_that_leads_elsewhere_is_left_out(self, url: str) -> None:
        assert incidents.open_or_continue(alarm(url=url)).url == ""

    def test_a_card_number_in_an_alarm_is_not_kept(self) -> None:
        incident = incidents.open_or_continue(alarm(summary="Card 4242424242424242 again"))
        assert "4242424242424242" not in incident.summary + selector.list_lines(incident)[0].text


@pytest.mark.django_db
class TestFromTheEventToTheEnd:
    def test_the_event_opens_it_and_counts_once_however_often_it_is_relayed(self) -> None:
        raised = clock.now()
        event = AlarmRaised("fraud.drift", "amount", "P3", "PSI 0.31", "/admin/overview/", raised)
        with transaction.atomic():
            outbox.publish(event)
        outbox.drain(now=raised)
        outbox.drain(now=raised)
        incident = Incident.objects.get()
        assert (incident.alarm, incident.subject, incident.severity, incident.hits) == (
            "fraud.drift",
            "amount",
            "P3",
            1,
        )

    def test_it_is_acknowledged_noted_and_resolved_with_a_cause(self) -> None:
        name = incidents.open_or_continue(alarm()).incident_id
        seen = incidents.acknowledge(incident_id=name, actor=SAM, now=NOW + minutes(4))
        assert (seen.state, seen.due_at) == (IncidentState.ACKNOWLEDGED, seen.resolve_by)
        incidents.note(incident_id=name, text="Paused the rule.", actor=PETRA, now=NOW + minutes(9))
        over = incidents.resolve(incident_id=name, cause="A promotion at night.", actor=PETRA, now=NOW + minutes(50))
        assert (over.acknowledged_by, over.resolved_by, over.cause) == (str(SAM), str(PETRA), "A promotion at night.")
        story = [(line.step, line.said_by, line.text) for line in selector.list_lines(over)]
        assert story == [
            ("OPENED", "SYSTEM:holdfast", SAID),
            ("ACKNOWLEDGED", str(SAM), ""),
            ("NOTED", str(PETRA), "Paused the rule."),
            ("RESOLVED", str(PETRA), "A promotion at night."),
        ]
        actions = AuditEntry.objects.filter(subject=name).order_by("id").values_list("action", flat=True)
        assert [action.rpartition(".")[2] for action in actions] == ["opened", "acknowledged", "noted", "resolved"]

    def test_resolving_what_nobody_had_seen_is_seeing_it(self) -> None:
        name = incidents.open_or_continue(alarm()).incident_id
        over = incidents.resolve(incident_id=name, cause="Over already.", actor=SAM, now=NOW + minutes(2))
        assert (over.acknowledged_by, over.acknowledged_at) == (str(SAM), NOW + minutes(2))

    def test_what_cannot_be_done_is_refused(self) -> None:
        name = incidents.open_or_continue(alarm()).incident_id
        incidents.acknowledge(incident_id=name, actor=SAM, now=NOW)
        with pytest.raises(incidents.UnableToAcknowledge, match="looked into"):
            incidents.acknowledge(incident_id=name, actor=PETRA, now=NOW)
        with pytest.raises(incidents.UnableToNote):
            incidents.note(incident_id=name, text=" ", actor=SAM, now=NOW)
        with pytest.raises(incidents.UnableToResolve, match="cause"):
            incidents.resolve(incident_id=name, cause=" ", actor=SAM, now=NOW)
        incidents.resolve(incident_id=name, cause="Known.", actor=SAM, now=NOW)
        with pytest.raises(incidents.UnableToResolve, match="is resolved"):
            incidents.resolve(incident_id=name, cause="Known.", actor=SAM, now=NOW)
        with pytest.raises(incidents.UnableToNote, match="is resolved"):
            incidents.note(incident_id=name, text="More.", actor=SAM, now=NOW)
        with pytest.raises(selector.IncidentNotFound):
            incidents.acknowledge(incident_id="inc_unknown", actor=SAM, now=NOW)


@pytest.mark.django_db
class TestTheDatabase:
    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({"subject": "OTHER"}, "incident_stays_what_it_is"),
            ({"hits": 0}, "incident_stays_what_it_is"),
            ({"severity": "P4"}, "incident_stays_what_it_is"),
            ({"severity": "P0"}, "incident_severity_is_known"),
            ({"state": "FORGOTTEN", "acknowledged_by": "x", "acknowledged_at": NOW}, "incident_state_is_known"),
            ({"last_at": NOW - minutes(1)}, "incident_counts_its_hits"),
            ({"resolve_by": NOW}, "incident_is_seen_before_it_is_over"),
            ({"state": "ACKNOWLEDGED"}, "incident_is_acknowledged_by_somebody"),
            (
                {"state": "RESOLVED", "acknowledged_by": "x", "acknowledged_at": NOW},
                "incident_is_resolved_with_a_cause",
            ),
        ],
    )
    def test_refuses_by_name(self, changes: dict[str, object], name: str) -> None:
        incident = incidents.open_or_continue(alarm("P2"))
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            Incident.objects.filter(pk=incident.pk).update(**changes)
        assert refusal_name(refused.value) == name

    def test_refuses_a_second_open_one_and_any_change_of_a_resolved_one(self) -> None:
        incident = incidents.open_or_continue(alarm())
        second = Incident.objects.get(pk=incident.pk)
        second.pk, second.incident_id = None, "inc_2"
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            second.save(force_insert=True)
        assert refusal_name(refused.value) == "alarm_has_one_incident_at_a_time"
        incidents.resolve(incident_id=incident.incident_id, cause="Known.", actor=SAM, now=NOW)
        rows = Incident.objects.filter(pk=incident.pk)
        for change in (lambda: rows.update(cause="Another."), lambda: rows._raw_delete(rows.db)):
            with pytest.raises(DatabaseError) as refused, transaction.atomic():
                change()
            assert refusal_name(refused.value) == "resolved_incident_is_final"


@pytest.mark.django_db(transaction=True)
def test_eight_threads_raise_the_same_alarm_and_every_hit_counts() -> None:
    gate = threading.Barrier(8)
    failed: list[Exception] = []

    def raise_it() -> None:
        try:
            gate.wait()
            incidents.open_or_continue(alarm())
        except Exception as error:  # noqa: BLE001 (a thread's failure must fail the test)
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=raise_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Incident.objects.get().hits == 8
    assert IncidentLine.objects.count() == 1


@pytest.fixture
def sam() -> Client:
    client = Client()
    sign_in(client, person("ON_CALL", email=SAM.id).user)
    return client


def raised_now(severity: str = "P2", *, subject: str = "NIGHT_ROUND", ago: timedelta = timedelta()) -> Incident:
    said = Alarm("fraud.rule_left_its_band", subject, severity, SAID, "/admin/reviews/", clock.now() - ago)
    return incidents.open_or_continue(said)


@pytest.mark.django_db
class TestThePages:
    def test_the_list_has_the_next_deadline_first_and_its_clock_in_words(self, sam: Client) -> None:
        raised_now("P4", subject="calm")
        raised_now("P1", subject="burning")
        raised_now("P2", subject="forgotten", ago=timedelta(hours=2))
        page = sam.get("/admin/incidents/").content.decode()
        assert page.index("forgotten") < page.index("burning") < page.index("calm")
        assert "should have been seen 1 h ago" in page
        assert "to be seen in 4 min" in page
        assert "3 not over · 3 nobody has seen · 1 late" in page

    def test_a_person_works_one_through(self, sam: Client) -> None:
        incident = raised_now()
        page = f"/admin/incidents/{incident.incident_id}/"
        assert 'href="/admin/reviews/"' in sam.get(page).content.decode()
        assert "Being looked into" in sam.post(f"{page}acknowledge/", follow=True).content.decode()
        assert (
            "Paused the rule." in sam.post(f"{page}note/", {"text": "Paused the rule."}, follow=True).content.decode()
        )
        assert sam.post(f"{page}note/", {"text": ""}).status_code == 400
        assert sam.post(f"{page}resolve/", {"cause": ""}).status_code == 400
        assert "A promotion." in sam.post(f"{page}resolve/", {"cause": "A promotion."}, follow=True).content.decode()
        refused = sam.post(f"{page}acknowledge/", follow=True).content.decode()
        assert "The incident is resolved." in refused
        assert page in sam.get("/admin/incidents/?show=resolved").content.decode()
        assert page not in sam.get("/admin/incidents/").content.decode()

    def test_an_analyst_looks_and_does_not_resolve(self) -> None:
        analyst, incident = signed_in("FRAUD_ANALYST"), raised_now()
        page = f"/admin/incidents/{incident.incident_id}/"
        shown = analyst.get(page).content.decode()
        assert "You may look." in shown
        assert "<form" not in shown.partition('id="next"')[2].partition("</section>")[0]
        answers = [analyst.post(f"{page}{verb}/").status_code for verb in ("acknowledge", "note", "resolve")]
        assert answers == [403, 403, 403]
        assert signed_in("TREASURY").get(page).status_code == 403

    def test_an_unknown_incident_is_not_found(self, sam: Client) -> None:
        assert sam.get("/admin/incidents/inc_unknown/").status_code == 404

    def test_the_tile_says_how_many_and_how_bad(self, sam: Client) -> None:
        assert "no alarm is open" in sam.get("/admin/overview/").content.decode()
        raised_now("P3")
        raised_now("P2", subject="other", ago=timedelta(hours=2))
        assert "worst P2 · 2 nobody has seen · 1 late" in sam.get("/admin/overview/").content.decode()

    @pytest.mark.parametrize("show", ["open", "resolved"])
    def test_thirty_cost_as_many_statements_as_one(self, sam: Client, show: str) -> None:
        def raise_some(first: int, last: int) -> None:
            for number in range(first, last):
                incident = raised_now(subject=f"rule {number}")
                if show == "resolved":
                    incidents.resolve(incident_id=incident.incident_id, cause="Known.", actor=SAM, now=clock.now())

        raise_some(0, 1)
        sam.get(f"/admin/incidents/?show={show}")
        with CaptureQueriesContext(connection) as one:
            sam.get(f"/admin/incidents/?show={show}")
        raise_some(1, 30)
        sam.get(f"/admin/incidents/?show={show}")  # roles and parameters are read anew every few seconds
        with CaptureQueriesContext(connection) as thirty:
            page = sam.get(f"/admin/incidents/?show={show}").content.decode()
        assert page.count("row-link") == 30
        assert len(thirty) == len(one)


@pytest.mark.django_db
def test_the_counts_are_of_what_is_not_over() -> None:
    assert selector.count_open(now=NOW) == selector.Open(0, 0, 0, None)
    seen = incidents.open_or_continue(alarm("P2"))
    incidents.acknowledge(incident_id=seen.incident_id, actor=SAM, now=NOW)
    over = incidents.open_or_continue(alarm("P1", subject="over"))
    incidents.resolve(incident_id=over.incident_id, cause="Known.", actor=SAM, now=NOW)
    incidents.open_or_continue(alarm("P3", subject="unseen"))
    assert selector.count_open(now=NOW + minutes(239)) == selector.Open(2, 1, 0, Severity.P2)
    assert selector.count_open(now=NOW + minutes(240)) == selector.Open(2, 1, 2, Severity.P2)
