"""Real PostgreSQL and Redis for every test session, started from wheels unless URLs are given."""

import atexit
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _start_servers() -> None:
    """Before Django reads its settings. Workers of pytest-xdist inherit the controller's servers."""
    state = ROOT / "var" / "test"
    state.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("HOLDFAST_DATABASE_URL"):
        from embedded.servers import Postgres

        postgres = Postgres(state / "postgres")
        postgres.start(fsync="off", full_page_writes="off")
        atexit.register(postgres.stop)
        postgres.ensure_database()
        os.environ["HOLDFAST_DATABASE_URL"] = postgres.url()
    if not os.environ.get("HOLDFAST_REDIS_URL"):
        from embedded.servers import Valkey

        valkey = Valkey(state / "valkey")
        valkey.start()
        atexit.register(valkey.stop)
        os.environ["HOLDFAST_REDIS_URL"] = valkey.url()


_start_servers()
