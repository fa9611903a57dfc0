"""A parameter is a dated value: it has a shipped default, and every change names who, why and from when."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core import clock
from core.actors import Actor
from core.audit import selectors as audit_log
from core.database.refusals import refusal_name
from core.parameters import services as parameters
from core.parameters.models import Parameter

pytestmark = pytest.mark.django_db

TREASURER = Actor("STAFF", "ada@holdfast.test")


@pytest.fixture(autouse=True)
def limit() -> Iterator[None]:
    parameters.declare("tests.limit", 10, unit="payments", meaning="a limit", minimum=1, maximum=500)
    yield
    parameters._declared.pop("tests.limit")


def change(**different: object) -> Parameter:
    now = clock.now()
    asked = {
        "name": "tests.limit",
        "value": 20,
        "effective_from": now + timedelta(days=1),
        "reason": "the season begins",
        "actor": TREASURER,
        "now": now,
    }
    return parameters.change(**{**asked, **different})  # type: ignore[arg-type]


def test_a_later_value_takes_over_at_its_date() -> None:
    now = clock.now()
    change(now=now, effective_from=now + timedelta(days=1))
    assert parameters.read("tests.limit", at=now) == 10
    assert parameters.read("tests.limit", at=now + timedelta(days=1)) == 20


def test_the_past_keeps_its_value() -> None:
    """Yesterday's fee is still computed with yesterday's schedule."""
    now = clock.now()
    change(now=now, effective_from=now, value=20)
    change(now=now + timedelta(days=2), effective_from=now + timedelta(days=2), value=30)
    assert [parameters.read("tests.limit", at=now + timedelta(days=day)) for day in (-1, 0, 1, 2)] == [10, 20, 20, 30]


def test_a_change_is_in_the_audit_record() -> None:
    change(value=25)
    (entry,) = audit_log.list_for_subject("parameter:tests.limit")
    assert (entry.action, entry.actor_id) == ("parameters.parameter.changed", "ada@holdfast.test")
    assert (entry.facts["before"], entry.facts["after"], entry.facts["reason"]) == ("10", "25", "the season begins")


@pytest.mark.parametrize(
    ("different", "why"),
    [
        ({"name": "tests.limmit"}, "no parameter is named tests.limmit"),
        ({"value": "20"}, "takes int"),
        ({"value": 20.0}, "takes int"),
        ({"value": True}, "takes int"),
        ({"value": 0}, "at least 1"),
        ({"value": 501}, "at most 500"),
        ({"reason": " "}, "has a reason"),
        ({"effective_from": clock.now() - timedelta(days=1)}, "before now"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(different: dict[str, object], why: str) -> None:
    before = Parameter.objects.count()
    with pytest.raises(parameters.UnableToSetParameter, match=why):
        change(**different)
    assert Parameter.objects.count() == before
    assert audit_log.list_for_subject("parameter:tests.limit") == []


def test_one_moment_has_one_value() -> None:
    now = clock.now()
    change(now=now, effective_from=now, value=20)
    with pytest.raises(parameters.UnableToSetParameter, match="already has a value"):
        change(now=now, effective_from=now, value=21)
    assert parameters.read("tests.limit", at=now) == 20


def test_a_declaration_may_bring_its_own_check() -> None:
    def even(value: int) -> str | None:
        return None if value % 2 == 0 else "is even"

    parameters.declare("tests.even", 2, unit="pairs", meaning="comes in pairs", check=even)
    try:
        with pytest.raises(parameters.UnableToSetParameter, match="is even"):
            change(name="tests.even", value=3)
        assert change(name="tests.even", value=4).value == 4
    finally:
        parameters._declared.pop("tests.even")


def test_two_meanings_for_one_name_are_refused() -> None:
    with pytest.raises(parameters.DeclaredTwice):
        parameters.declare("tests.limit", 11, unit="payments", meaning="another limit")


def test_a_default_must_pass_its_own_check() -> None:
    with pytest.raises(ValueError, match="at most 5"):
        parameters.declare("tests.wrong", 6, unit="payments", meaning="wrong", maximum=5)


def test_nobody_reads_a_name_that_was_not_declared() -> None:
    with pytest.raises(parameters.UnknownParameter):
        parameters.read("tests.limmit", at=clock.now())


def test_values_cannot_be_rewritten() -> None:
    row = change()
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        Parameter.objects.filter(pk=row.pk).update(value=1_000_000)
    assert refusal_name(refused.value) == "parameters_parameter_is_append_only"


def test_no_number_is_negative_unless_it_is_meant_to_be() -> None:
    span = parameters.Declaration("tests.span", 10, "days", "a span")
    assert (span.objection(-1), span.objection(0)) == ("is at least 0", None)
    assert parameters.Declaration("tests.points", 10, "points", "a share", minimum=-50).objection(-50) is None
