"""Known secrets go through every endpoint and error path; then all that was written down is searched for them."""

import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis

from tests import leaks
from tests.fault.checkouts import PAYMENT
from tests.fault.processes import wait_until
from tests.fault.system import System, running

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

CARDS = ("4242424242424242", "4000000000000002", "4000000000006025", "5555555555554444", "378282246310005")
CVC = "7391"
# Four digits prove nothing by themselves; with their name beside them they do.
NAMED_CVC = re.compile(rf"(?i)(cvc|cvv|security.?code)\W{{0,8}}{CVC}")
STAFF = """
import django
django.setup()
import json
from core import clock
from core.actors import SYSTEM
from core.staff.services import authenticators, people
now = clock.now()
issued = people.create(email="secret@holdfast.example", full_name="S", roles=["TREASURY"], must_change_password=False,
                       actor=SYSTEM, now=now)
print(json.dumps([issued.password, authenticators.provision(user=issued.user, now=now)]))
"""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("system")) as started:
        yield started


@pytest.fixture(scope="module")
def secrets(system: System) -> dict[str, Any]:
    """What must not be found, by name. Driving everything is part of making it."""
    password, totp = json.loads(system.run_python("-c", STAFF))
    _drive(system)
    _drive_badly(system)
    _sign_in(system, password, totp)
    _break_things(system)
    return {"card number": CARDS, "API key": system.secret, "password": password, "TOTP secret": totp}


def send(system: System, path: str, body: Any, **headers: str) -> httpx.Response:
    return system.post(path, body, headers.pop("key", str(uuid.uuid4())), headers=headers)


def _drive(system: System) -> None:
    """Every operation with a card in it, and what follows from it."""
    for number in CARDS:
        card = {**PAYMENT, "cardNumber": number, "cvc": CVC if number.startswith("3") else CVC[:3]}
        send(system, "/v1/payments/validate", card)
        held = send(system, "/v1/payments", {**card, "amount": 2_500_000, "customerId": "cus_held"}).json()
        send(system, f"/v1/payments/{held.get('paymentId')}/cancel", {})
        paid = send(system, "/v1/payments", card).json()
        send(system, f"/v1/payments/{paid.get('paymentId')}/refunds", {"amount": 100})
        token = send(
            system, "/v1/card-tokens",
            {name: card[name] for name in ("cardNumber", "expiryMonth", "expiryYear", "cvc", "customerId")},
        ).json()  # fmt: skip
        send(system, f"/v1/card-tokens/{token.get('token')}/reveal", {"reason": "chargeback evidence"})
        send(system, "/v1/payments", {**PAYMENT, "cardToken": token.get("token")})
        for path in ("/v1/payments", f"/v1/payments/{paid.get('paymentId')}", "/v1/fraud/history", "/v1/fraud/rules"):
            system.get(path)


def _drive_badly(system: System) -> None:
    """A card number where none belongs, and bodies that are no bodies."""
    number = CARDS[0]
    for field in ("customerId", "providerId", "bookingId", "currency", "amount", "cvc", "expiryMonth", "email",
                  "ipAddress", "deviceFingerprint", "paymentMethod", "serviceId", "unknownField"):  # fmt: skip
        send(system, "/v1/payments", {**PAYMENT, field: number})
        send(system, "/v1/fraud/evaluations", {field: number, "amount": 100})
        send(system, "/v1/parties", {field: number, "partyId": number})
        send(system, "/v1/fraud/reports", {field: number, "reason": number})
    send(system, "/v1/payments", {**PAYMENT, "metadata": {"note": f"card {number}", number: "x"}})
    send(system, "/v1/payments", {**PAYMENT, "cardNumber": number[:-1] + "1"})
    send(system, "/v1/payments", PAYMENT, key=number)
    send(system, "/v1/payments", PAYMENT, **{"Request-Id": number})
    send(system, "/v1/payments", PAYMENT, **{"User-Agent": f"shop {number}", "X-Forwarded-For": number})
    send(system, f"/v1/payments/{number}/refunds", {"reason": number})
    send(system, f"/v1/card-tokens/{number}/reveal", {"reason": number})
    for path in (f"/v1/payments/{number}", f"/v1/payments?customerId={number}", f"/v1/escrows/{number}", f"/{number}",
                 f"/v1/payments?cursor={number}", f"/v1/fraud/scores/{number}", f"/admin/?q={number}"):  # fmt: skip
        system.get(path)
    headers = {"Authorization": f"Bearer {system.secret}", "Idempotency-Key": "raw", "Content-Type": "application/json"}
    whole = json.dumps(PAYMENT)
    for raw in (
        whole[:-1],
        whole + number,
        f'"{number}"',
        f'{{"{number}": 1}}',
        whole.encode("utf-16"),
        b"\xff" + whole.encode(),
    ):
        httpx.post(f"{system.base_url}/v1/payments", content=raw, headers=headers, timeout=20)
    httpx.post(f"{system.base_url}/v1/payments", data=PAYMENT, headers={**headers, "Content-Type": "text/plain"})
    for wrong in (system.secret + "x", f"Basic {system.secret}", number):
        httpx.get(f"{system.base_url}/v1/payments", headers={"Authorization": wrong})
    httpx.get(f"{system.base_url}/v1/payments?api_key={system.secret}")


def _sign_in(system: System, password: str, totp: str) -> None:
    """The right password with the wrong code, the wrong password, the password where the address belongs."""
    for email, typed in (
        ("secret@holdfast.example", password),
        ("secret@holdfast.example", password + "x"),
        (password, "x"),
    ):
        with httpx.Client(base_url=system.base_url, follow_redirects=True, timeout=20) as browser:
            page = browser.get("/admin/login/")
            form = {"csrfmiddlewaretoken": _csrf(page.text), "email": email, "password": typed}
            after = browser.post(str(page.url), data=form)
            if 'name="code"' in after.text:
                browser.post(str(after.url), data={"csrfmiddlewaretoken": _csrf(after.text), "code": "000000"})
                browser.post(str(after.url), data={"csrfmiddlewaretoken": _csrf(after.text), "code": totp})


def _csrf(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def _break_things(system: System) -> None:
    """The error paths of a database and a Redis that are gone in the middle, and of a table that is missing."""
    system.execute("ALTER TABLE fraud_observation RENAME TO elsewhere")
    send(system, "/v1/payments", {**PAYMENT, "customerId": "cus_broken1"})
    system.execute("ALTER TABLE elsewhere RENAME TO fraud_observation")
    system.execute("REVOKE EXECUTE ON FUNCTION vault_tokenise FROM holdfast_app")
    send(system, "/v1/payments", {**PAYMENT, "customerId": "cus_broken2", "cardNumber": CARDS[3]})
    system.execute("GRANT EXECUTE ON FUNCTION vault_tokenise TO holdfast_app")
    system.valkey.kill()
    system.postgres.kill()
    send(system, "/v1/payments", {**PAYMENT, "customerId": "cus_broken3"})
    system.postgres.start()
    system.valkey.start()
    wait_until(system.is_ready, seconds=30, what="ready again")
    assert send(system, "/v1/payments", {**PAYMENT, "customerId": "cus_mended"}).status_code == 201


def everything_written_down(system: System) -> dict[str, str]:
    dump = subprocess.run(
        [str(system.postgres.binaries / "pg_dump"), "--no-owner", system.postgres.url()],
        capture_output=True,
        check=True,
    )
    found = {"the database": dump.stdout.decode(errors="replace")}
    for number in range(16):
        client = redis.Redis.from_url(system.valkey.url(number))
        for key in client.scan_iter():
            found[f"Redis {number}"] = found.get(f"Redis {number}", "") + repr((key, _value(client, key)))
    for path in [
        *system.logs.glob("*.log"),
        system.postgres.log,
        system.valkey.log,
        *system.valkey.directory.rglob("*.aof"),
    ]:
        found[path.name] = path.read_bytes().decode(errors="replace")
    for path in system.state.rglob("*"):
        if path.is_file() and path.parent.name != "keys":
            found[f"state {path.name}"] = path.read_bytes().decode(errors="replace")
    return found


def _value(client: redis.Redis, key: bytes) -> object:
    readers = {
        b"string": client.get, b"list": lambda name: client.lrange(name, 0, -1), b"hash": client.hgetall,
        b"set": client.smembers, b"zset": lambda name: client.zrange(name, 0, -1),
    }  # fmt: skip
    return readers[client.type(key)](key)


def found_in(system: System, secrets: dict[str, Any]) -> list[str]:
    found = []
    for place, text in everything_written_down(system).items():
        found += [f"{name} in {place}" for name in leaks.find_secrets(text, secrets)]
        found += [f"security code in {place}: {hit[0]}" for hit in NAMED_CVC.finditer(text)]
    return found


def test_no_secret_is_written_down_anywhere(system: System, secrets: dict[str, Any]) -> None:
    places = everything_written_down(system)
    assert {"the database", "web.log", "worker.log", "postgres.log"} <= places.keys()
    assert len(places["the database"]) > 100_000
    assert places["web.log"].count('"event": "request"') > 100
    assert found_in(system, secrets) == []


def test_the_card_tables_hold_no_more_than_six_and_four(system: System, secrets: dict[str, Any]) -> None:
    dump = everything_written_down(system)["the database"]
    for card in CARDS:
        assert card[:10] not in dump
        assert card[-9:] not in dump


def test_the_search_finds_what_is_planted(system: System, secrets: dict[str, Any]) -> None:
    """Control, last in the file: each kind of secret, in each kind of place."""
    system.execute(
        f'UPDATE payments_payment SET metadata = \'{{"note": "{CARDS[1]}", "cvc": "{CVC}"}}\''
        " WHERE id = (SELECT min(id) FROM payments_payment)"
    )
    redis.Redis.from_url(system.valkey.url(2)).lpush("queue", f"Bearer {system.secret}")
    with (system.logs / "web.log").open("a") as log:
        log.write(f"seed {secrets['TOTP secret']} {secrets['password']}\n")
    found = found_in(system, secrets)
    assert {
        "card number in the database", "API key in Redis 2", "TOTP secret in web.log", "password in web.log",
    } <= set(found)  # fmt: skip
    assert any(sentence.startswith("security code in the database") for sentence in found)
