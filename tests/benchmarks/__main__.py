"""`make bench [ONLY=ledger,http] [UPDATE=1]`: each module of this package with a `run(report)` is one section.

The benchmarks have servers of their own with durable settings (fsync and synchronous_commit on), in `var/bench`, made
anew for each run. UPDATE=1 also writes the figures into docs/benchmarks.md, below its marker.
"""

import importlib
import os
import platform
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

from embedded.servers import Postgres, Valkey

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
MARKER = "<!-- Below: written by `make bench UPDATE=1`. -->\n"
SECTIONS = (
    "ledger", "audit", "outbox", "fraud", "fraud_memory", "backtest", "webhooks", "http", "lists", "escrow",
    "escrow_timers", "nacha", "cutoff", "reconciliation",
)  # fmt: skip
"""In this order: the last one empties tables."""


def main() -> int:
    state = ROOT / "var" / "bench"
    Postgres(state / "postgres").remove()
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    postgres, valkey = Postgres(state / "postgres"), Valkey(state / "valkey")
    postgres.start()
    valkey.start()
    try:
        postgres.ensure_database()
        os.environ["HOLDFAST_DATABASE_URL"] = postgres.url()
        os.environ["HOLDFAST_REDIS_URL"] = valkey.url()
        os.environ["HOLDFAST_AUDIT_ANCHORS"] = str(state / "anchors.jsonl")
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        return _run_sections(state)
    finally:
        valkey.stop()
        postgres.stop()


def _run_sections(state: Path) -> int:
    from tests.benchmarks.report import Report

    report = Report()
    wanted = os.environ.get("ONLY", ",".join(SECTIONS)).split(",")
    others = []
    for name in SECTIONS:
        if name in wanted:
            # Nothing of ours runs now: what the cores do is the work of somebody else.
            others.append(psutil.cpu_percent(interval=1.0))
            report.begin(name)
            importlib.import_module(f"tests.benchmarks.{name}").run(report)
    report.print()
    conditions, sections = _conditions(others), report.markdown()
    (state / "last.md").write_text(f"{conditions}\n{sections}")
    print("also in var/bench/last.md")
    if os.environ.get("UPDATE"):
        _update_document(conditions, sections)
    return 1 if any(row.met is False for _, row in report.rows) else 0


def _conditions(others: list[float]) -> str:
    machine = f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB"
    load = ", ".join(f"{percent:.0f}" for percent in others)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}. {machine}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {_postgres_version()}.\n"
        f"Other programs used {load} % of the CPU in the second before each section.\n"
    )


def _processor() -> str:
    """The model's name where Linux tells it."""
    facts = Path("/proc/cpuinfo")
    for line in facts.read_text().splitlines() if facts.exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def _postgres_version() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _update_document(conditions: str, sections: str) -> None:
    """A run of some sections leaves the figures of the others, and says under its own when it was."""
    head, marker, written = DOCUMENT.read_text().partition(MARKER)
    if not marker:
        raise SystemExit(f"{DOCUMENT.name} has lost its marker: {MARKER.strip()}")
    found = _by_section(sections)
    if os.environ.get("ONLY"):
        before = _by_section(written)
        apart = {name: text.replace("\n\n", f"\n\n{conditions}\n", 1) for name, text in found.items()}
        conditions, found = written.partition("\n## ")[0].strip() + "\n", before | apart
    ordered = [found[name] for name in SECTIONS if name in found]
    DOCUMENT.write_text(f"{head}{MARKER}\n{conditions}\n" + "\n".join(ordered))
    print(f"and in docs/{DOCUMENT.name}")


def _by_section(text: str) -> dict[str, str]:
    """`## name` and what follows, by name."""
    blocks = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {block.partition("\n")[0].removeprefix("## ").strip(): block.strip() + "\n" for block in blocks}


if __name__ == "__main__":
    sys.exit(main())
