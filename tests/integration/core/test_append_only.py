"""An append-only table refuses UPDATE, DELETE and TRUNCATE by name, to the owner and to the application."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from core.database.operations import append_only
from core.database.refusals import refusal_name, sqlstate


@pytest.fixture
def notes(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE note (body text)")
        cursor.execute(append_only("note").sql)
        cursor.execute("INSERT INTO note VALUES ('first')")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE note")


@pytest.mark.parametrize("statement", ["UPDATE note SET body = 'changed'", "DELETE FROM note", "TRUNCATE note"])
def test_the_owner_is_refused_by_name(notes: None, statement: str) -> None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert sqlstate(refused.value) == "HF001"
    assert refusal_name(refused.value) == "note_is_append_only"


@pytest.mark.parametrize("statement", ["UPDATE note SET body = 'changed'", "DELETE FROM note", "TRUNCATE note"])
def test_the_application_role_has_no_right_to_try(notes: None, statement: str) -> None:
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE holdfast_app")
        cursor.execute(statement)
    assert sqlstate(refused.value) == "42501"
