"""`make bench [ONLY=ledger,http]`: each module of this package with a `run(report)` is one section.

The benchmarks have servers of their own with durable settings (fsync and synchronous_commit on), in `var/bench`.
"""

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

SECTIONS = ("ledger", "audit", "outbox", "fraud", "http")


def main() -> int:
    root = Path(__file__).resolve().parents[2]
    from embedded.servers import Postgres, Valkey

    state = root / "var" / "bench"
    state.mkdir(parents=True, exist_ok=True)
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
        return _run_sections(root)
    finally:
        valkey.stop()
        postgres.stop()


def _run_sections(root: Path) -> int:
    from tests.benchmarks.report import Report

    report = Report()
    wanted = os.environ.get("ONLY", ",".join(SECTIONS)).split(",")
    for name in SECTIONS:
        if name in wanted:
            report.begin(name)
            importlib.import_module(f"tests.benchmarks.{name}").run(report)
    report.print()
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    (root / "var" / "bench" / "last.md").write_text(f"{datetime.now(UTC):%Y-%m-%d}, {where}\n{report.markdown()}")
    print("also in var/bench/last.md")
    return 1 if any(row.met is False for _, row in report.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
