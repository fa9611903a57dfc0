"""A treasurer changes a limit from the first of next month, at the terminal."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from core import clock
from core.audit import selectors as audit_log
from core.parameters import services as parameters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    parameters.declare("tests.limit", 10, unit="payments", meaning="a limit", minimum=1)
    parameters.declare("tests.countries", ["IR"], unit="ISO codes", meaning="closed countries")
    parameters.declare("tests.greeting", "hello", unit="text", meaning="a word")
    yield
    for name in ("tests.limit", "tests.countries", "tests.greeting"):
        parameters._declared.pop(name)


def parameter(*arguments: str) -> str:
    out = io.StringIO()
    call_command("parameter", *arguments, stdout=out)
    return out.getvalue()


def test_a_value_from_a_date_on() -> None:
    shown = parameter("set", "tests.limit", "20", "--reason", "the season begins", "--from", "2999-01-01T00:00Z")
    assert "in force: 10" in shown
    assert "from 2999-01-01T00:00:00+00:00: 20" in shown
    assert parameters.read("tests.limit", at=datetime(2999, 1, 1, tzinfo=UTC)) == 20
    (entry,) = audit_log.list_for_subject("parameter:tests.limit")
    assert entry.actor_id.startswith("terminal:")


def test_lists_and_text() -> None:
    parameter("set", "tests.countries", '["IR", "KP"]', "--reason", "FATF")
    parameter("set", "tests.greeting", "good day", "--reason", "manners")
    assert parameters.read("tests.countries", at=clock.now()) == ["IR", "KP"]
    assert parameters.read("tests.greeting", at=clock.now()) == "good day"


def test_the_list_can_be_narrowed() -> None:
    assert [line.split()[0] for line in parameter("list", "tests.").splitlines()] == [
        "tests.countries", "tests.greeting", "tests.limit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "tests.limmit", "20", "--reason", "x"),
        ("set", "tests.limit", "twenty", "--reason", "x"),
        ("set", "tests.limit", "2.5", "--reason", "x"),
        ("set", "tests.limit", "0", "--reason", "x"),
        ("set", "tests.limit", "20", "--reason", " "),
        ("set", "tests.limit", "20", "--reason", "x", "--from", "2020-01-01T00:00Z"),
        ("set", "tests.limit", "20", "--reason", "x", "--from", "2999-01-01T00:00"),
        ("set", "tests.limit", "20", "--reason", "x", "--from", "tomorrow"),
        ("show", "tests.limmit"),
    ],
)
def test_what_makes_no_sense_changes_nothing(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        parameter(*arguments)
    assert parameters.read("tests.limit", at=clock.now()) == 10
