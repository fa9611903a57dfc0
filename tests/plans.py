"""What PostgreSQL would do: plans of statements, for tests that say "by index"."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def statements(act: Callable[[], object], table: str) -> list[str]:
    """The reads of one table that an act makes."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return [
        query["sql"]
        for query in captured
        if query["sql"].lstrip("( ").startswith("SELECT") and f'"{table}"' in query["sql"]
    ]


def nodes(statement: str) -> list[dict[str, Any]]:
    """The plan where tables are large: reading a whole table or sorting one costs more than any index."""
    with connection.cursor() as cursor:
        # Where autovacuum found a table empty every index is equally cheap; one it never saw is taken for ten pages.
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relkind = 'r' AND reltuples >= 0"
            " AND relnamespace = 'public'::regnamespace AND position(relname IN %s) > 0",
            [statement],
        )
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        found = cursor.fetchone()[0]
    plan = found if isinstance(found, list) else json.loads(found)
    return list(_walk(plan[0]["Plan"]))


def reads_whole_tables(statement: str) -> list[str]:
    """Tables that the statement reads from end to end or puts in order by itself; empty when indexes do all."""
    return [
        str(node.get("Relation Name", node["Node Type"]))
        for node in nodes(statement)
        if node["Node Type"] in ("Seq Scan", "Sort") or (node["Node Type"] == "Index Scan" and "Filter" in node)
    ]


def _walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _walk(child)
