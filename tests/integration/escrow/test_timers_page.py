"""The timers calendar: soonest first by day, what is overdue, held, late; filters, pages, a file."""

from datetime import timedelta

import pytest

from core import clock
from core.actors import SYSTEM
from core.console.pages import LIVE
from escrow.enums import LockReason, TimerKind, TimerState
from escrow.models import Escrow, Timer
from escrow.services import locks, timers
from tests import plans
from tests.factories.clocks import fire, funded
from tests.factories.staff import signed_in

pytestmark = pytest.mark.django_db

PAGE = "/admin/escrow-timers/"


@pytest.fixture
def escrow() -> Escrow:
    """Funded 170 hours ago: two hours are over, the first warning comes in 94."""
    return funded(now=clock.now() - timedelta(hours=170))


def rows(html: str) -> int:
    return html.count('class="row-link"')


def test_what_is_overdue_stands_on_top_and_leads_to_its_escrow(escrow: Escrow) -> None:
    html = signed_in("TREASURY").get(PAGE).content.decode()
    assert rows(html) == 8
    assert html.index("Overdue") < html.index("To come")
    assert escrow.public_id in html
    assert "2 h" in html, "so late it is"


def test_a_hold_is_said_and_counted_apart(escrow: Escrow) -> None:
    locks.hold(
        escrow_id=escrow.public_id, livemode=False, reason=LockReason.FRAUD, note="x", actor=SYSTEM, now=clock.now()
    )
    timers.set_(escrow, TimerKind.AUTO_RELEASE, clock.now() - timedelta(hours=1), now=clock.now())
    html = signed_in("TREASURY").get(PAGE).content.decode()
    assert "Held" in html
    response = signed_in("TREASURY").get(PAGE)
    tiles = {tile["label"]: tile["value"] for tile in response.context["tiles"]}
    assert tiles == {"Overdue": "2", "Held": "1", "Warned of": "0", "Stuck": "0"}


def test_filters_by_kind_state_day_and_escrow(escrow: Escrow) -> None:
    other = funded(now=clock.now())
    client = signed_in("TREASURY")
    assert rows(client.get(PAGE, {"kind": "AUTO_RELEASE"}).content.decode()) == 2
    assert rows(client.get(PAGE, {"escrow": other.public_id}).content.decode()) == 8
    assert rows(client.get(PAGE, {"state": "FIRED"}).content.decode()) == 0
    day = (escrow.funded_at + timedelta(hours=336)).date()
    shown = client.get(PAGE, {"day": day.isoformat(), "kind": "AUTO_RELEASE"})
    assert [line.escrow_id for line in shown.context["table"].rows] == [escrow.public_id]
    fire(clock.now())
    html = client.get(PAGE, {"state": "FIRED"}).content.decode()
    assert rows(html) == 2
    assert "Fired late" in html or "FIRED LATE" in html
    assert "late by 2 h" in html


def test_warned_escrows_are_a_list(escrow: Escrow) -> None:
    now = clock.now()
    fire(now + timedelta(hours=480))  # hour 650: the condition has lapsed, so the refund of hour 720 is warned of
    client = signed_in("TREASURY")
    shown = client.get(PAGE, {"state": "WARNED"})
    assert [(line.timer.key, line.escrow_id) for line in shown.context["table"].rows] == [
        ("AUTO_REFUND:72", escrow.public_id)
    ]
    fire(now + timedelta(hours=560))
    assert client.get(PAGE, {"state": "WARNED"}).context["table"].rows == []


def test_the_other_mode_is_another_calendar(escrow: Escrow) -> None:
    client = signed_in("TREASURY")
    assert rows(client.get(PAGE).content.decode()) == 8
    session = client.session
    session[LIVE] = True
    session.save()
    assert rows(client.get(PAGE).content.decode()) == 0


def test_what_was_stopped_says_why(escrow: Escrow) -> None:
    timers.stop(escrow, now=clock.now(), why="the escrow has ended")
    client = signed_in("TREASURY")
    assert rows(client.get(PAGE).content.decode()) == 0
    assert client.get(PAGE, {"state": "STOPPED"}).content.decode().count("the escrow has ended") == 8


def test_pages_walk_all_rows_once_in_both_directions() -> None:
    for _ in range(9):
        funded(now=clock.now())
    client, seen, address = signed_in("TREASURY"), [], PAGE
    page = client.get(address).context["page"]
    seen += [timer.pk for timer in page.rows]
    later = client.get(f"{PAGE}{page.older_url}").context["page"]
    seen += [timer.pk for timer in later.rows]
    assert (len(seen), len(set(seen)), later.older_url) == (72, 72, "")
    assert seen == list(
        Timer.objects.filter(state=TimerState.PENDING).order_by("due_at", "id").values_list("pk", flat=True)
    )
    sooner = client.get(f"{PAGE}{later.newer_url}").context["page"]
    assert [timer.pk for timer in sooner.rows] == seen[:50]
    assert client.get(f"{PAGE}?after=nonsense").status_code == 404


def test_the_calendar_as_a_file(escrow: Escrow) -> None:
    response = signed_in("TREASURY").get(PAGE, {"format": "csv"})
    text = b"".join(response.streaming_content).decode()
    assert text.count(escrow.public_id) == 8


def test_a_page_costs_the_same_for_one_row_and_for_fifty(escrow: Escrow, django_assert_max_num_queries) -> None:
    client = signed_in("TREASURY")
    client.get(PAGE)
    for _ in range(7):
        funded(now=clock.now() - timedelta(hours=170))
    with django_assert_max_num_queries(22):
        client.get(PAGE)


@pytest.mark.parametrize("filters", [{}, {"kind": "AUTO_RELEASE"}, {"state": "FIRED"}, {"state": "WARNED"}])
def test_a_million_rows_are_read_by_index(escrow: Escrow, filters: dict[str, str]) -> None:
    client = signed_in("TREASURY")
    reads = plans.statements(lambda: client.get(PAGE, filters), "escrow_timer")
    assert reads
    kinds = {node["Node Type"] for read in reads for node in plans.nodes(read)}
    assert not kinds & {"Seq Scan", "Sort", "Incremental Sort"}, kinds


def test_who_may_not_see_it(escrow: Escrow) -> None:
    assert signed_in("SECURITY_OFFICER").get(PAGE).status_code == 403
