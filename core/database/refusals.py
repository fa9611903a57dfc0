"""The database refuses by name: every constraint, trigger and function of ours carries one.

Callers map names to their own errors. The message and detail of a database error hold row values
and never leave this layer.
"""

from django.db import Error as DatabaseError


def refusal_name(error: DatabaseError) -> str | None:
    """The constraint named by a database error, or None where it names none."""
    cause = error.__cause__
    return getattr(getattr(cause, "diag", None), "constraint_name", None)


def sqlstate(error: DatabaseError) -> str | None:
    """The five-character SQLSTATE, e.g. 23505 for a duplicate, HF001 for an append-only table."""
    return getattr(error.__cause__, "sqlstate", None)
