"""The page of the switches: what is stopped, closing at once, asking to open."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock
from core.approvals.models import ApprovalRequest
from core.switches import counting
from core.switches import services as switches
from core.switches.enums import Switch
from core.switches.models import SwitchTurn
from core.switches.services import SwitchClosed
from tests.factories import staff
from tests.factories.switches import ON_CALL, controller

pytestmark = pytest.mark.django_db
BOARD = "/admin/switches/"
PAGE = f"{BOARD}PAYMENTS/"
EMAIL = "sam@holdfast.example"


def close(**different: object) -> SwitchTurn:
    wanted = {"switch": Switch.PAYMENTS, "reason": "acquirer answers twice", "actor": ON_CALL, "now": clock.now()}
    return switches.close(**{**wanted, **different})  # type: ignore[arg-type]


def form(prefix: str, **different: str) -> dict[str, str]:
    wanted = {"reason": "acquirer is away", "scope": "", "minutes": "0", "owner": EMAIL, **different}
    return {f"{prefix}-{name}": value for name, value in wanted.items()}


def test_everything_runs() -> None:
    page = staff.signed_in("ON_CALL").get(BOARD)
    assert page.status_code == 200
    assert "Everything runs." in page.content.decode()


def test_on_call_closes_at_once_and_the_page_says_who_and_until_when() -> None:
    client = staff.signed_in("ON_CALL", email=EMAIL)
    answer = client.post(f"{PAGE}close/", form("close", minutes="30", scope="gateway:sandbox"))
    assert answer.status_code == 302
    turn = SwitchTurn.objects.get(switch="PAYMENTS", state="CLOSED")
    assert (turn.scope, turn.owner) == ("gateway:sandbox", f"STAFF:{EMAIL}")
    assert turn.expires_at == turn.turned_at + timedelta(minutes=30)
    assert not switches.is_open(Switch.PAYMENTS, now=clock.now(), scopes=["gateway:sandbox"])
    board = client.get(BOARD).content.decode()
    assert "gateway:sandbox" in board
    assert "acquirer is away" in board


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"minutes": "7"},
        {"scope": "endpoint:whe_1"},
        {"owner": "nobody@holdfast.example"},
    ],
)
def test_a_form_that_makes_no_sense_comes_back_and_turns_nothing(wrong: dict[str, str]) -> None:
    client = staff.signed_in("ON_CALL", email=EMAIL)
    assert client.post(f"{PAGE}close/", form("close", **wrong)).status_code == 400
    assert switches.is_open(Switch.PAYMENTS, now=clock.now())


def test_opening_is_only_asked_for() -> None:
    controller()
    close()
    client = staff.signed_in("ON_CALL", email=EMAIL)
    answer = client.post(f"{PAGE}open/", form("open", minutes="60"))
    request = ApprovalRequest.objects.get()
    assert answer.url == f"/admin/approvals/{request.request_id}/"
    assert request.given == {"minutes": 60, "owner": f"STAFF:{EMAIL}"}
    assert not switches.is_open(Switch.PAYMENTS, now=clock.now())
    assert request.request_id in client.get(PAGE).content.decode()


def test_the_same_question_is_not_put_twice() -> None:
    controller()
    close()
    client = staff.signed_in("ON_CALL", email=EMAIL)
    client.post(f"{PAGE}open/", form("open"))
    again = client.post(f"{PAGE}open/", form("open"))
    assert again.status_code == 400
    assert "already asks for this" in again.content.decode()


def test_what_is_open_offers_nothing_to_open() -> None:
    client = staff.signed_in("ON_CALL", email=EMAIL)
    assert "Ask for a signature" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}open/", form("open")).status_code == 400


@pytest.mark.parametrize("role", ["CONTROLLER", "AUDITOR"])
def test_who_may_look_may_not_turn(role: str) -> None:
    client = staff.signed_in(role, email=EMAIL)
    assert "Close at once" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}close/", form("close")).status_code == 403
    assert client.post(f"{PAGE}open/", form("open")).status_code == 403


def test_a_name_nobody_declared_has_no_page() -> None:
    client = staff.signed_in("ON_CALL")
    assert client.get(f"{BOARD}PAYOUTS/").status_code == 404
    assert client.get(f"{BOARD}turns/{2**40}/").status_code == 404


def test_the_exposure_leads_to_the_minutes_it_is_made_of() -> None:
    turn = close()
    for _ in range(2):
        with pytest.raises(SwitchClosed):
            switches.require_open(Switch.PAYMENTS, now=clock.now(), amount=counting.Money(50_000))
    client = staff.signed_in("ON_CALL")
    assert f"/admin/switches/turns/{turn.pk}/" in client.get(BOARD).content.decode()
    counting.collect(now=clock.now())
    shown = client.get(f"{BOARD}turns/{turn.pk}/").content.decode()
    assert "2 refused" in shown
    assert "1,000.00" in shown


def test_the_board_asks_the_same_few_questions_however_much_is_closed() -> None:
    client = staff.signed_in("AUDITOR")
    client.get(BOARD)
    with CaptureQueriesContext(connection) as before:
        client.get(BOARD)
    for number in range(8):
        close(scope=f"provider:prov_{number}")
    client.get(BOARD)
    with CaptureQueriesContext(connection) as after:
        client.get(BOARD)
    assert len(after) == len(before)
