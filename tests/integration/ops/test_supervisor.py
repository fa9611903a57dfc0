"""What `make run` and `make reset` say and leave behind when they cannot do their work."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from embedded import demo, given, supervisor
from embedded.servers import Postgres, UnableToStart

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def embedded(root: Path, command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`python -m embedded …` as if `root` were the checkout."""
    code = f"""
import sys
from pathlib import Path
from embedded import supervisor
sys.exit(supervisor.{command}(Path({str(root)!r})))
"""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def test_a_taken_port_is_named_and_nothing_is_started(tmp_path: Path, taken_port: int) -> None:
    done = embedded(tmp_path, "run", PORT=str(taken_port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"holdfast: PORT {taken_port} cannot be used")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["80a", "0", "70000", "-1"])
def test_a_port_that_is_none_is_named(tmp_path: Path, port: str) -> None:
    done = embedded(tmp_path, "run", PORT=port)
    assert (done.returncode, done.stderr[:14]) == (1, "holdfast: PORT")


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("HOLDFAST_DATABASE_URL", "postgresql://nobody@/holdfast?host=/nowhere", "cannot be used"),
        ("HOLDFAST_DATABASE_URL", "mysql://root@localhost/x", "must start with postgresql://"),
        ("HOLDFAST_DATABASE_URL", "postgresql://u:hunter2secret@127.0.0.1:1/x", "cannot be used"),
        ("HOLDFAST_REDIS_URL", "redis://:hunter2secret@127.0.0.1:1/0", "cannot be used"),
        ("HOLDFAST_REDIS_URL", "somewhere", "cannot be used"),
    ],
)
def test_an_unusable_server_is_named_without_its_password(
    tmp_path: Path, variable: str, value: str, words: str
) -> None:
    done = embedded(tmp_path, "run", PORT="18999", **{variable: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"holdfast: {variable}")
    assert words in done.stderr
    assert "hunter2secret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_login_that_may_not_do_enough_is_told_what_it_needs() -> None:
    """Owner of its database: CREATEROLE, or the application's role granted by somebody else."""
    url = os.environ["HOLDFAST_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS rights_check")
        connection.execute("DROP ROLE IF EXISTS rights_check")
        connection.execute("CREATE ROLE rights_check LOGIN NOSUPERUSER NOCREATEROLE PASSWORD 'rights'")
        connection.execute("CREATE DATABASE rights_check")
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    theirs = urlunsplit(parts._replace(netloc=f"rights_check:rights@{place}", path="/rights_check"))
    try:
        with pytest.raises(given.Unusable, match="may not create tables"):
            given.check_database(theirs)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER DATABASE rights_check OWNER TO rights_check")
        with pytest.raises(given.Unusable, match="CREATEROLE"):
            given.check_database(theirs)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER ROLE rights_check CREATEROLE")
        with pytest.raises(given.Unusable, match=r"GRANT SET ON PARAMETER holdfast\.ledger_writer"):
            given.check_database(theirs)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("GRANT SET ON PARAMETER holdfast.ledger_writer TO rights_check")
        given.check_database(theirs)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP DATABASE rights_check")
            connection.execute("DROP OWNED BY rights_check")
            connection.execute("DROP ROLE rights_check")


def test_one_start_per_checkout(tmp_path: Path) -> None:
    with supervisor._only_one(tmp_path / "var"):
        done = embedded(tmp_path, "run", PORT="18999")
        assert (done.returncode, done.stderr) == (1, "holdfast: `make run` is already up in this checkout\n")
        done = embedded(tmp_path, "reset")
        assert (done.returncode, done.stderr) == (1, "holdfast: `make run` is already up in this checkout\n")
    assert embedded(tmp_path, "reset").returncode == 0
    assert not (tmp_path / "var").exists()


def test_reset_refuses_while_tests_use_the_database_and_then_forgets_all(tmp_path: Path) -> None:
    cluster = Postgres(tmp_path / "var" / "test" / "postgres")
    cluster.start(fsync="off")
    try:
        done = embedded(tmp_path, "reset")
        assert done.returncode == 1
        assert "test session" in done.stderr
        assert cluster.data.exists()
    finally:
        cluster.stop()
    assert embedded(tmp_path, "reset").returncode == 0
    assert not (tmp_path / "var").exists()
    assert not cluster.data.exists()
    assert not cluster.socket_directory.exists()


def test_a_killed_database_starts_again_and_a_running_one_is_not_doubled(tmp_path: Path) -> None:
    """The lock file of a killed server goes; that of a living one stays, whatever starts beside it."""
    first = Postgres(tmp_path / "postgres")
    first.start(fsync="off")
    try:
        with pytest.raises(UnableToStart, match="already serves"):
            Postgres(tmp_path / "postgres").start()
        first.kill()
        assert first.processes() == []
        first.start(fsync="off")
        with psycopg.connect(first.url("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        first.remove()


def test_credentials_are_private_follow_the_port_and_are_dropped_where_they_open_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "credentials.json"
    demo._write(
        path,
        {"baseUrl": "http://127.0.0.1:1", "apiKey": "sk_test_x", "staff": [], "curl": "curl http://127.0.0.1:1/v1"},
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert demo.known(tmp_path / "absent.json", "http://127.0.0.1:2") is None
    monkeypatch.setattr(demo, "_opens", lambda url, key: False)
    assert demo.known(path, "http://127.0.0.1:2") is None
    monkeypatch.setattr(
        demo, "_opens", lambda url, key: (url, key) == ("http://127.0.0.1:2/v1/payments?limit=1", "sk_test_x")
    )
    facts = demo.known(path, "http://127.0.0.1:2")
    assert facts is not None
    assert (facts["baseUrl"], facts["curl"]) == ("http://127.0.0.1:2", "curl http://127.0.0.1:2/v1")
    assert path.stat().st_mode & 0o777 == 0o600
