"""One JSON object a line, and nothing in it that must not be kept: whoever writes, however it gets in."""

import json
import logging

import psycopg
import pytest
import structlog
from django.db import IntegrityError

from core.telemetry import context, logs
from core.vault import cards

VISA = "4111111111111111"


@pytest.fixture
def lines(capsys):
    """What the program has written to standard error since the last look."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_structlog_line(lines):
    with context.scope(request_id="req_1", actor="STAFF:usr_1"):
        structlog.get_logger("holdfast.test").info("captured", payment="pay_1", amount_minor=1200)
    (line,) = lines()
    assert line["event"] == "captured"
    assert (line["request_id"], line["actor"], line["payment"], line["amount_minor"]) == (
        "req_1",
        "STAFF:usr_1",
        "pay_1",
        1200,
    )
    assert line["timestamp"].endswith("Z")


def test_a_line_of_the_standard_library(lines):
    with context.scope(request_id="req_2"):
        logging.getLogger("somebody.else").warning("card %s declined", VISA)
    (line,) = lines()
    assert line["event"] == "card 411111******1111 declined"
    assert (line["level"], line["logger"], line["request_id"]) == ("warning", "somebody.else", "req_2")


@pytest.mark.parametrize(
    "fields",
    [
        {"note": f"card {VISA}"},
        {"nested": {"deep": [{"er": f"my {VISA}"}]}},
        {"number": int(VISA)},
        {f"{VISA}": 1},
        {"things": {VISA}},
        {"thing": ValueError(VISA)},
        {"bytes": VISA.encode()},
        {"float": float(VISA)},
    ],
)
def test_no_way_in_for_a_card_number(lines, fields):
    structlog.get_logger("holdfast.test").info("x", **fields)
    (line,) = lines()
    assert VISA not in json.dumps(line)
    assert "411111******1111" in json.dumps(line)


@pytest.mark.parametrize(
    "name", ["cvc", "password", "Authorization", "card-number", "ssn", "client_secret", "api_key", "user_password"]
)
def test_a_telling_name_hides_its_value_whole(lines, name):
    structlog.get_logger("holdfast.test").info("x", details={name: "abcdefgh12345"})
    assert lines()[0]["details"][name] == "[redacted]"


def test_a_card_object_logs_nothing_of_itself(lines):
    structlog.get_logger("holdfast.test").info("x", card=cards.CardData(VISA, "12", "2030", "987"))
    assert lines()[0]["card"] == "CardData(hidden)"


def fail(card_number: str) -> None:
    local_variable = card_number[::-1]  # what a traceback with local variables would show
    raise ValueError(f"could not convert {card_number} {len(local_variable)}")


@pytest.mark.parametrize("logger", [structlog.get_logger("t"), logging.getLogger("t")])
def test_exceptions_are_redacted_and_show_no_variables(lines, logger):
    try:
        fail(VISA)
    except ValueError:
        logger.exception("x")
    (line,) = lines()
    assert "ValueError: could not convert 411111******1111 16" in line["exception"]
    assert "in fail" in line["exception"]
    assert VISA not in json.dumps(line)
    assert VISA[::-1] not in json.dumps(line)


def test_causes_are_told_too(lines):
    try:
        try:
            fail(VISA)
        except ValueError as error:
            raise RuntimeError("payment stopped") from error
    except RuntimeError:
        structlog.get_logger("t").exception("x")
    text = lines()[0]["exception"]
    assert text.index("ValueError") < text.index("RuntimeError: payment stopped")


@pytest.mark.django_db
def test_a_database_error_shows_no_row():
    """PostgreSQL puts the whole failing row into its message."""
    from django.db import connection, transaction

    # A traceback quotes lines of code, so the word stands in another one.
    word = "hunter2"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE secrets (word text, n int CONSTRAINT n_is_positive CHECK (n > 0))")
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            cursor.execute("INSERT INTO secrets VALUES (%s, -1)", [word])
    assert "hunter2" in str(caught.value), "the control: the message itself has it"
    text = logs.traceback_of(caught.value)
    assert "hunter2" not in text
    assert "SQLSTATE 23514, constraint n_is_positive" in text


def test_a_database_error_without_a_cause():
    assert "SQLSTATE None" in logs.traceback_of(psycopg.OperationalError("server at 10.1.2.3 said hunter2"))
    assert "hunter2" not in logs.traceback_of(psycopg.OperationalError("server at 10.1.2.3 said hunter2"))


def test_a_value_cannot_forge_a_line(lines):
    structlog.get_logger("t").info("x", name='a\n{"event": "payment captured"}')
    assert [line["event"] for line in lines()] == ["x"]


def test_a_very_long_value_is_cut(lines):
    structlog.get_logger("t").info("x", name="a" * 1_000_000)
    assert len(lines()[0]["name"]) < 20_000


def test_one_context_does_not_leak_into_the_next():
    with context.scope(request_id="req_1"):
        context.bind(actor="STAFF:usr_1")
        with context.scope(request_id="req_2"):
            assert (context.request_id(), context.actor()) == ("req_2", None)
        assert (context.request_id(), context.actor(), context.correlation_id()) == ("req_1", "STAFF:usr_1", "req_1")
    assert context.request_id() is None
