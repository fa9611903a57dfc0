"""On call at night: one line stops payments for half an hour, and everybody can see who did."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from core import clock
from core.approvals.models import ApprovalRequest
from core.audit import selectors as audit_log
from core.switches import services as switches
from tests.factories.switches import controller, signed

pytestmark = pytest.mark.django_db


def switch(*arguments: str) -> str:
    out = io.StringIO()
    call_command("switch", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_close_for_half_an_hour() -> None:
    shown = switch("close", "PAYMENTS", "--reason", "acquirer answers twice", "--for", "30m")
    assert not switches.is_open(switches.Switch.PAYMENTS, now=clock.now())
    assert switches.is_open(switches.Switch.PAYMENTS, now=clock.now() + timedelta(minutes=31))
    (line,) = [line for line in shown.splitlines() if line.startswith("PAYMENTS")]
    assert "CLOSED until" in line
    assert "acquirer answers twice" in line
    (entry,) = audit_log.list_for_subject("switch:PAYMENTS")
    assert entry.actor_id.startswith("terminal:")


def test_open_asks_a_second_person() -> None:
    switch("close", "PAYMENTS", "--reason", "a drill")
    person = controller()
    said = switch("open", "PAYMENTS", "--reason", "the drill is over", "--for", "90m")
    assert not switches.is_open(switches.Switch.PAYMENTS, now=clock.now())
    request = ApprovalRequest.objects.get()
    assert f"/admin/approvals/{request.request_id}/" in said
    signed(request, person, now=clock.now())
    assert switches.is_open(switches.Switch.PAYMENTS, now=clock.now())
    assert not switches.is_open(switches.Switch.PAYMENTS, now=clock.now() + timedelta(minutes=91))


def test_open_says_why_it_cannot_be_asked() -> None:
    with pytest.raises(CommandError, match="PAYMENTS is open everywhere"):
        switch("open", "PAYMENTS", "--reason", "for luck")


def test_the_list_names_every_switch() -> None:
    assert {line.split()[0] for line in switch("list").splitlines()} == set(switches.Switch.values)


@pytest.mark.parametrize(
    "arguments",
    [
        ("close", "PAYMENT", "--reason", "a typing error"),
        ("close", "PAYMENTS"),
        ("close", "PAYMENTS", "--reason", " "),
        ("close", "PAYMENTS", "--reason", "x", "--for", "soon"),
        ("close", "PAYMENTS", "--reason", "x", "--for", "0m"),
        ("shut", "PAYMENTS", "--reason", "x"),
    ],
)
def test_what_makes_no_sense_turns_nothing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        switch(*arguments)
    assert switches.is_open(switches.Switch.PAYMENTS, now=clock.now())
