"""The short way to a row stores, changes and reads exactly what the ORM does."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from compliance.enums import PartyKind, PartyStatus, PartyType, Verification
from compliance.models import Party
from core.database import rows, statements

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def party(party_id: str) -> Party:
    return Party(
        party_id=party_id,
        livemode=False,
        type=PartyType.CUSTOMER,
        kind=PartyKind.INDIVIDUAL,
        first_name="Zoë",
        last_name="O'Neill",
        business_name="",
        email="",
        phone="",
        date_of_birth=date(1990, 2, 28),
        address={"city": "Köln", "floor": 3, "none": None},
        status=PartyStatus.ACTIVE,
        blocked_reason="",
        verification=Verification.UNVERIFIED,
        created_at=NOW,
        updated_at=NOW,
    )


def fields(row: Party) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in Party._meta.concrete_fields}


def test_an_inserted_row_is_what_the_orm_reads_and_gets_its_key() -> None:
    row = party("cus_rows")
    rows.insert(row)
    assert row.pk is not None
    assert fields(Party.objects.get(party_id="cus_rows")) == fields(row)


def test_an_inserted_row_is_saved_again_as_a_change() -> None:
    row = party("cus_rows")
    rows.insert(row)
    row.first_name = "Zoe"
    row.save(update_fields=["first_name"])
    assert Party.objects.get(pk=row.pk).first_name == "Zoe"


def test_a_read_row_is_what_the_orm_reads() -> None:
    rows.insert(party("cus_rows"))
    (found,) = rows.select(Party, "livemode = %s AND party_id = ANY(%s)", [False, ["cus_rows", "cus_nobody"]])
    assert fields(found) == fields(Party.objects.get(party_id="cus_rows"))
    assert not found._state.adding


def test_a_change_hits_the_rows_that_match_and_says_how_many() -> None:
    row = party("cus_rows")
    rows.insert(row)
    seen = {"pk": row.pk, "status": PartyStatus.ACTIVE}
    assert rows.update(Party, where=seen, values={"address": {"city": "Bonn"}, "date_of_birth": None}) == 1
    assert rows.update(Party, where={"pk": row.pk, "status": PartyStatus.BLOCKED}, values={"first_name": "X"}) == 0
    row.refresh_from_db()
    assert (row.address, row.date_of_birth, row.first_name) == ({"city": "Bonn"}, None, "Zoë")


def test_what_the_database_refuses_is_djangos_error() -> None:
    rows.insert(party("cus_rows"))
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.insert(party("cus_rows"))


def test_values_are_data_whatever_they_hold() -> None:
    text = "'); DROP TABLE compliance_party; -- %s $1 \\"
    assert statements.fetch_one("SELECT %s::text", [text]) == (text,)


def test_one_plan_serves_small_and_large_numbers() -> None:
    """Sent as numbers they would be int2, int4 and int8: three statements to prepare."""
    sql = "SELECT %s::bigint + 1 AS one_plan"
    for number in [5, 50_000, 5_000_000_000] * 3:
        assert statements.fetch_one(sql, [number]) == (number + 1,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%one_plan%%'", [])
        assert cursor.fetchone() == (1,)


def test_many_rows_are_changed_by_one_statement_each_to_its_own_values(django_assert_num_queries) -> None:
    changed = [party(f"cus_rows_{number}") for number in range(3)]
    for row in changed:
        rows.insert(row)
    untouched = party("cus_rows_untouched")
    rows.insert(untouched)
    for number, row in enumerate(changed):
        row.first_name, row.date_of_birth, row.address = f"Zoë {number}", None, {"floor": number}
        row.updated_at = NOW.replace(hour=number)
    with django_assert_num_queries(1):
        assert rows.update_many(Party, changed, ["first_name", "date_of_birth", "address", "updated_at"]) == 3
    for row in (*changed, untouched):
        assert fields(Party.objects.get(pk=row.pk)) == fields(row)
    assert rows.update_many(Party, [], ["first_name"]) == 0
