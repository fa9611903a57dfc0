"""`make run` as a person meets it: kill any part of it, stop it in any way, start it again."""

import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest

from embedded.servers import Postgres, Valkey
from tests.fault.checkouts import Running, copy_checkout
from tests.fault.processes import wait_until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

ROLES = {
    "FRAUD_ANALYST", "FRAUD_LEAD", "TREASURY", "CONTROLLER", "COMPLIANCE", "ON_CALL", "INTEGRATION", "AUDITOR",
    "ADMINISTRATOR", "SECURITY_OFFICER",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where every user of the machine may go."""
    place = Path(tempfile.mkdtemp(prefix="holdfast-run-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def checkout(folder: Path) -> Iterator[Path]:
    """Started and stopped once, so that the tests find its data."""
    made = copy_checkout(folder / "first")
    running = Running(made)
    try:
        running.wait_until_ready()
        running.interrupt()
        running.process.wait(60)
    finally:
        running.end()
    yield made
    subprocess.run([sys.executable, "-m", "embedded", "reset"], cwd=made, check=True)


def start(checkout: Path, **options: object) -> Running:
    running = Running(checkout, **options)  # type: ignore[arg-type]
    try:
        running.wait_until_ready()
    except BaseException:
        running.end()
        raise
    return running


@pytest.fixture
def running(checkout: Path) -> Iterator[Running]:
    started = start(checkout)
    yield started
    began = time.monotonic()
    started.end()
    assert started.left_behind() == [], f"after {time.monotonic() - began:.0f} s:\n{started.output()[-500:]}"


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()  # type: ignore[arg-type]


def database_of(checkout: Path) -> str:
    found = re.search(r"^HOLDFAST_DATABASE_URL=(.+)$", (checkout / "var/run.env").read_text(), re.MULTILINE)
    assert found
    return found[1]


def test_what_it_writes_down_and_that_the_key_pays(running: Running, checkout: Path) -> None:
    facts = running.credentials()
    assert facts.keys() >= {"baseUrl", "apiKey", "staff"}
    assert facts["baseUrl"] == running.base_url
    assert {person["role"] for person in facts["staff"]} == ROLES
    assert all(person.keys() == {"email", "password", "totpSecret", "role"} for person in facts["staff"])
    private = [checkout / "var/demo/credentials.json", checkout / "var/run.env", checkout / "var/keys/master.json"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in private] == [0o600] * 3
    first, again = running.pay("first"), running.pay("first")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["paymentId"] == first.json()["paymentId"]


def test_metrics_add_up_over_all_processes(running: Running) -> None:
    """Twelve requests over two web processes; whichever answers counts all of them."""
    for _ in range(12):
        httpx.get(f"{running.base_url}/v1/payments", timeout=10)
    text = httpx.get(f"{running.base_url}/metrics", timeout=10).text
    counted = re.findall(r"^holdfast_http_request_seconds_count\{[^}]*status=\"4xx\"[^}]*\} (\S+)$", text, re.MULTILINE)
    assert sum(map(float, counted)) == 12, text


def test_every_part_is_started_again_and_payments_go_on(running: Running) -> None:
    before = running.pay("before-the-kills")
    assert before.status_code == 201
    parts = {
        "a child of the worker": lambda: running.child("celery", "worker").children()[0],
        "the worker": lambda: running.child("celery", "worker"),
        "the sender of webhooks": lambda: running.child("celery", "webhooks"),
        "beat": lambda: running.child("celery", "beat"),
        "a web worker": lambda: running.child("granian").children()[-1],
        "the web": lambda: running.child("granian"),
        "Redis": lambda: running.child("valkey"),
        "PostgreSQL": lambda: running.child("postgres", "-D"),
    }
    for name, find in parts.items():
        wait_until(lambda: _lives(_try(find)), seconds=40, what=f"{name} lives")  # noqa: B023
        victim = find()
        victim.kill()
        wait_until(lambda: not _lives(victim) and _lives(_try(find)), seconds=40, what=f"{name} is started again")  # noqa: B023
        answer = running.pay(f"after-{name.replace(' ', '-')}", seconds=60)
        assert answer.status_code in (201, 202), (name, answer.text)
    assert running.pay("before-the-kills").json()["paymentId"] == before.json()["paymentId"]
    url = database_of(running.checkout)
    wait_until(
        lambda: ask(url, "SELECT count(*) FROM payments_payment WHERE status = 'PROCESSING'") == [(0,)],
        seconds=90, what="payments finish by themselves",
    )  # fmt: skip
    wait_until(
        lambda: ask(url, "SELECT count(*) FROM outbox_event WHERE relayed_at IS NULL") == [(0,)],
        seconds=60, what="events are told",
    )  # fmt: skip


def _try(find: object) -> psutil.Process | None:
    try:
        return find()  # type: ignore[operator,no-any-return]
    except (psutil.Error, StopIteration, IndexError):
        return None


def _lives(process: psutil.Process | None) -> bool:
    try:
        return process is not None and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_second_start_is_quick_on_another_port_and_the_data_is_there(checkout: Path) -> None:
    logs = {path: path.stat().st_size for path in (checkout / "var/log").glob("*.log")}
    first = start(checkout)
    paid = first.pay("kept-over-a-restart").json()["paymentId"]
    first.supervisor().send_signal(signal.SIGTERM)
    assert first.process.wait(40) == 0, first.output()
    assert first.left_behind() == []
    assert "Traceback" not in first.output()

    second = Running(checkout)
    try:
        seconds = second.wait_until_ready()
        assert seconds < 40, "15 s on a quiet machine"
        assert "Seeding" not in second.output()
        assert second.credentials()["baseUrl"] == second.base_url != first.base_url
        assert second.pay("kept-over-a-restart").json()["paymentId"] == paid
        second.interrupt()
        second.process.wait(40)
        assert "Traceback" not in second.output()
        assert second.output().rstrip().splitlines()[-1].startswith(("holdfast: Stopping", "make: "))
    finally:
        second.end()
    assert second.left_behind() == []
    assert not (checkout / "var/run.env").exists()
    for log, before in logs.items():
        assert b"Traceback" not in log.read_bytes()[before:], log
    print(f"second start: {seconds:.1f} s")


def test_a_killed_supervisor_leaves_nothing_behind(checkout: Path) -> None:
    killed = start(checkout)
    try:
        killed.supervisor().kill()
        wait_until(lambda: killed.left_behind() == [], seconds=30, what="all children end")
    finally:
        killed.end()
    again = start(checkout)
    assert again.pay("after-a-killed-supervisor").status_code == 201
    again.end()


def test_a_seeding_that_was_interrupted_is_finished_and_pays_nothing_twice(folder: Path) -> None:
    other = copy_checkout(folder / "interrupted")
    for stop in (lambda one: one.interrupt(), lambda one: one.supervisor().kill()):
        interrupted = Running(other, days=3)
        try:
            wait_until(lambda: "Seeding" in interrupted.output(), seconds=120, what="seeding begins")  # noqa: B023
            url = database_of(other)
            start_of = ask(url, "SELECT count(*) FROM payments_payment")[0][0]
            wait_until(
                lambda: ask(url, "SELECT count(*) FROM payments_payment")[0][0] > start_of + 5 or start_of > 30,  # type: ignore[operator] # noqa: B023
                seconds=90, what="some payments",
            )  # fmt: skip
            stop(interrupted)
            wait_until(lambda: interrupted.left_behind() == [], seconds=60, what="all end")  # noqa: B023
            if "holdfast: Stopping" in interrupted.output():
                assert "Traceback" not in interrupted.output(), interrupted.output()
        finally:
            interrupted.end()
        assert not (other / "var/demo/credentials.json").exists()
    finished = start(other, days=3)
    try:
        assert finished.pay("after-all").status_code == 201
        url = database_of(other)
        twice = "SELECT booking_id FROM payments_payment WHERE booking_id LIKE 'book_2%' GROUP BY 1 HAVING count(*) > 1"
        assert ask(url, twice) == []
        assert ask(url, "SELECT count(*) >= 40 FROM payments_payment") == [(True,)]
        charged = "SELECT count(*), count(DISTINCT reference) FROM payments_sandboxcharge WHERE state = 'CAPTURED'"
        done = "SELECT count(*), count(*) FROM payments_payment WHERE status = 'COMPLETED'"
        wait_until(lambda: ask(url, charged) == ask(url, done), seconds=60, what="charges and payments agree")
        offset = (other / "var/clock-offset").read_text()
        assert float(offset) == 0, "the clock is back in the present"
    finally:
        finished.end()
    assert finished.left_behind() == []


def test_servers_of_your_own_beside_another_checkout(running: Running, folder: Path) -> None:
    """The login owns its database and wears a role that somebody else made; nothing embedded is started."""
    other = copy_checkout(folder / "own")
    postgres, valkey = Postgres(folder / "own-postgres"), Valkey(folder / "own-valkey")
    postgres.start(fsync="off")
    valkey.start()
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE holdfast_app NOLOGIN")
        connection.execute("CREATE ROLE shop LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB")
        connection.execute("GRANT holdfast_app TO shop")
        connection.execute("GRANT SET ON PARAMETER holdfast.ledger_writer TO shop")
        connection.execute("CREATE DATABASE shop OWNER shop")
    url = f"postgresql://shop@/shop?host={quote(str(postgres.socket_directory))}"
    try:
        theirs = start(other, HOLDFAST_DATABASE_URL=url, HOLDFAST_REDIS_URL=valkey.url())
        try:
            assert (running.pay("side-by-side").status_code, theirs.pay("side-by-side").status_code) == (201, 201)
            assert "Starting PostgreSQL" not in theirs.output()
            assert ask(url, "SELECT count(*) > 0 FROM payments_payment") == [(True,)]
            assert httpx.get(f"{theirs.base_url}/ready", timeout=10).json()["checks"]["database"] == "ok"
        finally:
            theirs.end()
        assert not (other / "var/postgres").exists()
        environment = {**os.environ, "HOLDFAST_DATABASE_URL": postgres.url(), "HOLDFAST_REDIS_URL": valkey.url()}
        postgres.ensure_database()
        tested = subprocess.run(
            [".venv/bin/python", "-m", "pytest", "-q", "tests/integration/core/test_append_only.py",
             "tests/integration/escrow"],
            cwd=other, env=environment, capture_output=True, text=True, timeout=200, check=False,
        )  # fmt: skip
        assert tested.returncode == 0, tested.stdout[-2000:]
        assert not (other / "var/test/postgres").exists()
    finally:
        postgres.remove()
        valkey.remove()


@pytest.fixture
def ordinary_user() -> Iterator[str]:
    if os.geteuid() != 0:
        pytest.skip("the tests themselves run as an ordinary user")
    if shutil.which("useradd") is None:
        pytest.skip("this machine has no useradd")
    name = f"holdfast-test-{os.getpid()}"
    subprocess.run(["useradd", "--no-create-home", "--home-dir", "/nonexistent", name], check=True)
    yield name
    subprocess.run(["pkill", "-KILL", "-u", str(pwd.getpwnam(name).pw_uid)], check=False)
    subprocess.run(["userdel", name], check=True, capture_output=True)


def _python_for_everybody(folder: Path) -> Path | None:
    """None where the tests' own interpreter will do; a copy of it where only root may go to where it lives."""
    real = Path(sys.executable).resolve()
    if all(place.stat().st_mode & stat.S_IXOTH for place in real.parents):
        return None
    if not all(place.stat().st_mode & stat.S_IXOTH for place in (Path(sys.prefix).resolve() / "bin").parents):
        pytest.skip(f"only root may enter {sys.prefix}")
    leave = shutil.ignore_patterns("test", "site-packages", "__pycache__", "idlelib", "config-3*")
    library = f"lib/python3.{sys.version_info.minor}"
    shutil.copytree(Path(sys.base_prefix) / library, folder / "python" / library, ignore=leave)
    for shared in (Path(sys.base_prefix) / "lib").glob("libpython3*.so*"):
        shutil.copy2(shared, folder / "python/lib")
    (folder / "python/bin").mkdir()
    return Path(shutil.copy2(real, folder / "python/bin"))


def test_as_an_ordinary_user(folder: Path, ordinary_user: str) -> None:
    other = copy_checkout(folder / "ordinary", python=_python_for_everybody(folder))
    subprocess.run(["chown", "-R", "--no-dereference", f"{ordinary_user}:", str(other)], check=True)
    theirs = start(other, user=ordinary_user, HOME=str(other), LD_LIBRARY_PATH=str(folder / "python/lib"))
    try:
        assert theirs.pay("ordinary").status_code == 201
        users = {each.username() for each in theirs.supervisor().children(recursive=True)}
        assert users == {ordinary_user}
        theirs.interrupt()
        theirs.process.wait(40)
    finally:
        theirs.end()
    assert theirs.left_behind() == []
