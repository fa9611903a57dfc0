"""docs/invariants.md is the list of what the database refuses; docs/production.md that of the variables."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from django.db import connection

from config import refusals
from core.work import brokers

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "invariants.md"
ROW = re.compile(r"^\| `([a-z0-9_]+)` \|(?: (HF\d{3}) \|)?", re.MULTILINE)
# Names that Django or PostgreSQL made up.
NAMED_BY_MACHINES = re.compile(r"(_pkey|_key|_uniq|_check|_[0-9a-f]{8}_fk_.*)$")
RAISED = re.compile(r"ERRCODE = '(HF\d{3})',\s*CONSTRAINT = '([a-z0-9_]+)'")
OURS = (
    r"^(ach|api|approvals|audit|compliance|console|escrow|fraud|idempotency|ledger|oidc|ops|outbox|parameters|payments|staff"
    r"|switches|vault|webhooks|work)_"
)


def documented(text: str) -> dict[str, str]:
    """Names with their SQLSTATE, or an empty text."""
    return {name: code or "" for name, code in ROW.findall(text)}


def rows(statement: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [OURS])
        return cursor.fetchall()


def raised() -> dict[str, set[str]]:
    """SQLSTATEs of ours with the names they are raised with, from the functions as they are in the database."""
    found: dict[str, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
        for (source,) in cursor.fetchall():
            for code, name in RAISED.findall(source):
                found[code].add(name)
    return dict(found)


def in_the_database() -> set[str]:
    constraints = rows(
        "SELECT c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid"
        " WHERE c.contype IN ('c', 'u', 'x') AND t.relname ~ %s AND t.relnamespace = 'public'::regnamespace"
    )
    unique_indexes = rows(
        "SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
        " WHERE x.indisunique AND t.relname ~ %s AND t.relnamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)"
    )
    triggers = rows(
        "SELECT g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid"
        " WHERE NOT g.tgisinternal AND t.relname ~ %s AND t.relnamespace = 'public'::regnamespace"
    )
    names = {name for (name,) in [*constraints, *unique_indexes, *triggers]} | set().union(*raised().values())
    twins = {name for name in names if name.replace("_is_not_truncated", "_is_append_only") in names - {name}}
    return {name for name in names - twins if not NAMED_BY_MACHINES.search(name)}


@pytest.mark.django_db
def test_every_refusal_of_the_database_is_explained_and_every_explained_one_exists() -> None:
    explained, there = documented(DOCUMENT.read_text()).keys(), in_the_database()
    assert sorted(there - explained) == [], "not in docs/invariants.md"
    assert sorted(explained - there) == [], "no longer in the database"


@pytest.mark.django_db
def test_one_sqlstate_has_one_name_and_the_document_says_which() -> None:
    assert {code: names for code, names in raised().items() if len(names) > 1} == {}
    codes = {name: code for name, code in documented(DOCUMENT.read_text()).items() if code}
    assert codes == {name: code for code, names in raised().items() for name in names}


@pytest.mark.django_db
def test_a_forgotten_line_and_an_invented_one_are_noticed() -> None:
    """Control."""
    text = DOCUMENT.read_text().replace("| `payment_amount_is_positive` |", "| `payment_amount_is_round` |")
    explained, there = documented(text).keys(), in_the_database()
    assert there - explained == {"payment_amount_is_positive"}
    assert explained - there == {"payment_amount_is_round"}


def test_the_page_on_production_knows_every_variable_and_no_other() -> None:
    """Every name the settings read or the refusals judge, and none that nothing reads."""
    text = (ROOT / "docs" / "production.md").read_text()
    sources = "\n".join(
        (ROOT / "config" / name).read_text() for name in ("settings/base.py", "settings/production.py", "refusals.py")
    )
    variable = r"(?:HOLDFAST|KMS|BYPASS)_[A-Z_]+[A-Z]"
    read = set(re.findall(rf'env\.\w+\("({variable})"', sources))
    judged = {*refusals._REQUIRED, *refusals._MUST_BE_ON, *refusals._MUST_BE_OFF, *refusals._MUST_BE_ABSENT}
    assert sorted(name for name in read | judged if f"`{name}`" not in text) == []
    assert sorted(set(re.findall(rf"`({variable})`", text)) - read - judged) == []


@pytest.mark.parametrize("name", refusals._REQUIRED)
def test_what_is_required_is_said_to_be(name: str) -> None:
    text = (ROOT / "docs" / "production.md").read_text()
    assert re.search(rf"^\| `{name}` \| yes \|", text, re.MULTILINE)


def test_the_page_on_production_counts_the_databases_of_redis() -> None:
    """Who brings a server of few databases must know of the last one."""
    text = (ROOT / "docs" / "production.md").read_text()
    assert sorted(brokers.Database) == list(range(len(brokers.Database)))
    assert f"Databases 0 to {max(brokers.Database)} of the server are used" in text
