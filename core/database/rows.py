"""Rows of models written and read without building the query anew: for what runs with every payment.

Same tables, same fields, same errors as the ORM, about a third of its time. No signals, no defaults of the database,
no multi-table models: nothing here has those.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection, models

from core.database import statements

M = TypeVar("M", bound=models.Model)
_Column = tuple[str, "models.Field[Any, Any] | None"]

# What psycopg takes as Django would hand it over; other kinds of field say themselves what they store.
_STORED_AS_HELD = (
    models.CharField,
    models.TextField,
    models.BooleanField,
    models.IntegerField,
    models.DateTimeField,
    models.DateField,
    models.ForeignKey,
)


def insert(row: models.Model) -> None:
    """A new row, as `row.save(force_insert=True)`. Sets its key."""
    sql, columns = _insertion(type(row))
    held = row.__dict__
    values = [held[name] if field is None else _stored(field, held[name]) for name, field in columns]
    (row.pk,) = statements.fetch_one(sql, values) or (None,)
    row._state.adding, row._state.db = False, connection.alias


def update(model: type[models.Model], *, where: Mapping[str, object], values: Mapping[str, object]) -> int:
    """As `model.objects.filter(**where).update(**values)` with equalities of columns. How many rows there were."""
    sql, columns = _change(model, tuple(where), tuple(values))
    given = [*values.values(), *where.values()]
    return statements.execute(
        sql,
        [value if field is None else _stored(field, value) for (_, field), value in zip(columns, given, strict=True)],
    )


def update_many(model: type[M], changed: Collection[M], fields: Sequence[str]) -> int:
    """As `model.objects.bulk_update(changed, fields)`: one statement with an array for each column, whose text does not
    grow with the rows. How many rows there were.
    """
    if not changed:
        return 0
    sql, columns = _changes(model, tuple(fields))
    return statements.execute(
        sql,
        [
            [row.__dict__[name] if field is None else _stored(field, row.__dict__[name]) for row in changed]
            for name, field in columns
        ],
    )


def select(model: type[M], condition: str, parameters: Sequence[object]) -> list[M]:
    """Instances where `condition`, SQL of ours with `%s` for each parameter, holds."""
    start, names, readers = _selection(model)
    found = statements.fetch_all(start + condition, parameters)
    return [model.from_db(connection.alias, names, _loaded(row, readers)) for row in found]


def _stored(field: "models.Field[Any, Any]", value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def _column(field: "models.Field[Any, Any]") -> "_Column":
    """Name of the attribute, and the field where it must be asked what to store."""
    return str(field.attname), None if isinstance(field, _STORED_AS_HELD) else field


def _loaded(row: tuple[Any, ...], readers: Sequence[tuple[int, Any]]) -> list[Any]:
    values = list(row)
    for place, read in readers:
        values[place] = read(values[place], None, connection)
    return values


@cache
def _insertion(model: type[models.Model]) -> "tuple[str, list[_Column]]":
    meta = model._meta
    fields = [field for field in meta.local_concrete_fields if field is not meta.pk]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    assert meta.pk is not None
    sql = f'INSERT INTO "{meta.db_table}" ({columns}) VALUES ({places}) RETURNING "{meta.pk.column}"'  # noqa: S608
    return sql, [_column(field) for field in fields]


@cache
def _change(model: type[models.Model], where: tuple[str, ...], values: tuple[str, ...]) -> "tuple[str, list[_Column]]":
    meta = model._meta
    by_name = {name: field for field in meta.local_concrete_fields for name in (field.name, str(field.attname))}
    by_name["pk"] = by_name[meta.pk.name] if meta.pk else None  # type: ignore[assignment]
    assignments = ", ".join(f'"{by_name[name].column}" = %s' for name in values)
    conditions = " AND ".join(f'"{by_name[name].column}" = %s' for name in where)
    sql = f'UPDATE "{meta.db_table}" SET {assignments} WHERE {conditions}'  # noqa: S608 names of columns
    return sql, [_column(by_name[name]) for name in (*values, *where)]


@cache
def _changes(model: type[models.Model], names: tuple[str, ...]) -> "tuple[str, list[_Column]]":
    meta = model._meta
    assert meta.pk is not None
    fields = [meta.pk, *(meta.get_field(name) for name in names)]
    columns = [str(field.column) for field in fields]  # type: ignore[union-attr]
    types = ", ".join(
        f"%s::{field.rel_db_type(connection) if field is meta.pk else field.db_type(connection)}[]" for field in fields
    )
    sql = (
        f'UPDATE "{meta.db_table}" AS t SET {", ".join(f"""{name} = v.{name}""" for name in columns[1:])}'  # noqa: S608
        f" FROM unnest({types}) AS v ({', '.join(columns)}) WHERE t.{columns[0]} = v.{columns[0]}"
    )
    return sql, [_column(field) for field in fields]  # type: ignore[arg-type]


@cache
def _selection(model: type[models.Model]) -> tuple[str, list[str], list[tuple[int, Any]]]:
    fields = model._meta.local_concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    readers = [
        (place, getattr(field, "from_db_value"))  # noqa: B009 only some kinds of field have it
        for place, field in enumerate(fields)
        if hasattr(field, "from_db_value")
    ]
    start = f'SELECT {columns} FROM "{model._meta.db_table}" WHERE '  # noqa: S608 names of columns
    return start, [str(field.attname) for field in fields], readers
