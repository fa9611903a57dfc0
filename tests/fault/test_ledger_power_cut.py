"""PostgreSQL killed under load: what was acknowledged is there once, what was not is asked again by its key."""

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from embedded.servers import Postgres, UnableToStart

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

ROOT = Path(__file__).resolve().parents[2]
KILLS = 6
POST = (
    "SELECT replayed FROM ledger_post('test', %s, 'POSTED', 'tests.moved', 'r', %s, '', now(), NULL, NULL, NULL, now(),"
    " ARRAY['bank:trust', %s], ARRAY['USD', 'USD'], ARRAY[1, -1]::bigint[])"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    """A durable server of its own with the ledger's schema."""
    postgres = Postgres(tmp_path / "postgres")
    postgres.start()
    try:
        postgres.ensure_database()
        environment = {**os.environ, "HOLDFAST_DATABASE_URL": postgres.url(), "PYTHONWARNINGS": "ignore"}
        environment["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
        yield postgres
    finally:
        postgres.remove()


class Client(threading.Thread):
    """Posts one unit after another; after a lost connection it asks again with the same key."""

    def __init__(self, postgres: Postgres, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.url, self.number, self.stop_event = postgres.url(), number, stop
        self.acknowledged: list[str] = []
        self.asked: set[str] = set()
        self.cut = 0
        self.repeated = 0

    def run(self) -> None:
        key = uuid.uuid4().hex
        while not self.stop_event.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=5) as connection:
                    while not self.stop_event.is_set():
                        self.asked.add(key)
                        account = f"provider_payable:p{self.number}"
                        row = connection.execute(POST, [f"ent_{key}", key, account]).fetchone()
                        self.repeated += bool(row and row[0])
                        self.acknowledged.append(key)
                        key = uuid.uuid4().hex
            except psycopg.OperationalError:
                self.cut += key in self.asked
                time.sleep(0.02)


def start_again(postgres: Postgres, **flags: str) -> None:
    """Sessions of the killed server take a moment to notice; until then its shared memory is in use."""
    for _ in range(50):
        try:
            postgres.start(**flags)
        except UnableToStart:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("PostgreSQL does not come back")


def run_under_kills(postgres: Postgres, **flags: str) -> list[Client]:
    stop = threading.Event()
    clients = [Client(postgres, number, stop) for number in range(4)]
    for client in clients:
        client.start()
    recoveries = []
    for _ in range(KILLS):
        time.sleep(0.7)
        postgres.kill()
        started = time.monotonic()
        start_again(postgres, **flags)
        recoveries.append(time.monotonic() - started)
    time.sleep(0.5)
    stop.set()
    for client in clients:
        client.join(20)
    assert max(recoveries) < 30
    return clients


def lost_keys(postgres: Postgres, clients: list[Client]) -> set[str]:
    acknowledged = {key for client in clients for key in client.acknowledged}
    with psycopg.connect(postgres.url()) as connection:
        present = {key for (key,) in connection.execute("SELECT idempotency_key FROM ledger_entry").fetchall()}
    return acknowledged - present


def test_nothing_acknowledged_is_lost_and_nothing_is_double(server: Postgres) -> None:
    clients = run_under_kills(server)
    assert sum(len(client.acknowledged) for client in clients) > 100
    assert sum(client.cut for client in clients) >= KILLS, "kills that hit nobody prove nothing"
    assert lost_keys(server, clients) == set()
    with psycopg.connect(server.url()) as connection:
        for client in clients:
            held = connection.execute(
                "SELECT b.posted_minor, (SELECT count(*) FROM ledger_posting p WHERE p.account_id = a.id)"
                " FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.code = %s",
                [f"provider_payable:p{client.number}"],
            ).fetchone()
            assert held == (len(client.acknowledged), len(client.acknowledged))


def test_without_durable_commits_the_same_test_fails(server: Postgres) -> None:
    """The control: with synchronous_commit off an acknowledged entry can vanish."""
    server.stop()
    server.start(synchronous_commit="off", wal_writer_delay="10000", commit_delay="0")
    clients = run_under_kills(server, synchronous_commit="off", wal_writer_delay="10000")
    assert lost_keys(server, clients)
