"""Every operation of docs/openapi.json with and without rights: no key, no scope, its very scope, the other mode's ids.

Nothing here names an operation. What is in the committed description is tried from that moment.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from schemathesis import GenerationMode

from core import clock
from core.actors import SYSTEM
from core.api import catalogue, unknown_keys
from core.outbox import services as outbox
from core.parameters import services as parameters
from tests.factories import api
from tests.integration.api.test_schema_conformance import (
    BODIES,
    CHECKS,
    DOCUMENT,
    OPERATIONS,
    _one_connection,
    conforms,
    each_operation,
    example_or_empty,
    generated,
    send,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
    pytest.mark.usefixtures(_one_connection.__name__),
]

FEW = 4
STRANGERS = ["", "sk_test_" + "0" * 32, "sk_live_" + "0" * 32, "rk_test_" + "0" * 32, "a.b.c"]
# Written by asking, whoever asks: when a key was last used.
ALSO_TOUCHED = {"api_apikey"}
VARIABLE = re.compile(r"\{(\w+)\}")


def scope_of(method: str, path: str) -> str:
    return str(DOCUMENT["paths"][path][method]["x-required-scope"])


def refused_as_described(case: Any, response: Any, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert json.loads(response.content)["code"] == code
    case.validate_response(response, checks=CHECKS)


def contents() -> dict[str, str]:
    """A digest of every table: equal before and after, nothing was written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall() if name not in ALSO_TOUCHED]
        digests = {}
        for table in tables:
            cursor.execute(f"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM \"{table}\" t")
            digests[table] = cursor.fetchone()[0]
    return digests


@pytest.fixture
def _patience_with_strangers() -> Iterator[None]:
    """All of them come from one address, which would soon be refused unread (429)."""
    now = timezone.now()
    for name in ("rate", "burst"):
        parameters.change(
            name=f"throttle.{unknown_keys.RATE}.per_minute.{name}", value=100_000, effective_from=now,
            reason="of the tests", actor=SYSTEM, now=now,
        )  # fmt: skip
    yield
    unknown_keys._paused.clear()
    parameters.forget_cache()


@pytest.mark.usefixtures("_patience_with_strangers")
@each_operation
def test_whoever_has_no_key_gets_nothing_and_changes_nothing(method: str, path: str) -> None:
    before = contents()
    for secret in STRANGERS:
        generated(
            method,
            path,
            lambda case, it=secret: refused_as_described(case, send(case, it), 401, "AUTHENTICATION_REQUIRED"),
            mode=GenerationMode.POSITIVE,
            examples=1,
        )
    assert contents() == before


@each_operation
def test_a_key_with_every_scope_but_its_own_gets_nothing_and_changes_nothing(method: str, path: str) -> None:
    others = set(catalogue.scopes()) - {scope_of(method, path)}
    bare, before = api.client(*others), contents()

    def judge(case: Any) -> None:
        refused_as_described(case, send(case, bare.secret), 403, "INSUFFICIENT_SCOPE")

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        generated(method, path, judge, mode=mode, examples=FEW)
    assert contents() == before


@each_operation
def test_its_own_scope_is_enough(method: str, path: str) -> None:
    """An operation that secretly needed a second scope would refuse here."""
    client = api.client(scope_of(method, path))

    def judge(case: Any) -> None:
        response = send(case, client.secret)
        assert response.status_code != 401
        assert b"INSUFFICIENT_SCOPE" not in response.content
        conforms(case, response, mode=GenerationMode.POSITIVE)

    generated(method, path, judge, mode=GenerationMode.POSITIVE, examples=FEW)


class LiveWorld:
    """What a marketplace with a live key has made: every POST of the description with its own example."""

    def __init__(self) -> None:
        self.client = api.client(*catalogue.scopes(), livemode=True)
        self.places: dict[str, str] = {}
        self.made: list[str] = []
        # Parties first: what names them would enter them otherwise.
        for path, item in sorted(DOCUMENT["paths"].items(), key=lambda each: each[0] != "/v1/parties"):
            if "post" in item and ("post", path) in BODIES:
                self._make(path)
        outbox.drain(now=clock.now())

    def _make(self, path: str) -> None:
        if self.address(path) is None:
            return
        answer = self.client.post(self.address(path), example_or_empty("post", path))
        if answer.status_code == 404 and answer.json()["code"] == "PARTY_NOT_FOUND":
            for party, kind in (("cus_abc123def456", "CUSTOMER"), ("prov_xyz789ghi012", "PROVIDER")):
                self.client.post("/v1/parties", {"partyId": party, "type": kind})
            answer = self.client.post(self.address(path), example_or_empty("post", path))
        if answer.status_code < 300:
            self.made.append(path)
            self._learn(path, answer.json())

    def _learn(self, path: str, answer: dict[str, Any]) -> None:
        """Ids by the names of the variables they can stand for, below this address and everywhere."""
        found = {name: value for name, value in answer.items() if isinstance(value, str)}
        for other in DOCUMENT["paths"]:
            for variable in VARIABLE.findall(other):
                aliases = [variable, f"card{variable.capitalize()}"]
                if other.startswith(f"{path}/{{{variable}}}"):
                    aliases.append("id")
                for alias in aliases:
                    if alias in found:
                        self.places.setdefault(variable, found[alias])

    def address(self, path: str) -> str | None:
        """The address of something live, or None where nothing of the kind was made."""
        if set(VARIABLE.findall(path)) - set(self.places):
            return None
        return VARIABLE.sub(lambda match: self.places[match[1]], path)


def test_a_test_key_finds_nothing_that_is_live() -> None:
    """Every address of a live thing: a 404 for a test key, and not for a live one."""
    world, outsider = LiveWorld(), api.client(*catalogue.scopes())
    wrong, tried = [], 0
    for method, path in sorted(OPERATIONS, key=lambda each: each[0] == "delete"):  # what is deleted is gone
        address = world.address(path)
        if address is None or "{" not in path:
            continue
        tried += 1
        body = json.dumps(example_or_empty(method, path))
        found = outsider.generic(method.upper(), address, body)
        if found.status_code != 404:
            wrong.append(f"{method.upper()} {address} with a test key: {found.status_code}")
        control = world.client.generic(method.upper(), address, body)
        if control.status_code == 404 and control.json()["code"] == found.json()["code"]:
            wrong.append(f"{method.upper()} {address} with a live key: 404")
    assert wrong == []
    assert tried >= 6


def test_no_list_of_a_test_key_shows_anything_live() -> None:
    world, outsider = LiveWorld(), api.client(*catalogue.scopes())
    shown, lists = [], 0
    for path, item in DOCUMENT["paths"].items():
        names = {each["name"] for each in item.get("get", {}).get("parameters", ())}
        if "cursor" not in names or "{" in path:
            continue
        asked = {"customerId": "cus_abc123def456"} if path.endswith("/history") else {}
        answer = outsider.get(path, asked)
        assert answer.status_code == 200, answer.content
        lists += 1
        rows = [row for value in answer.json().values() if isinstance(value, list) for row in value]
        shown += [f"{path}: {row}" for row in rows]
        control = world.client.get(path, asked)
        assert control.status_code == 200
    assert shown == []
    assert lists >= 3


def test_what_was_made_can_be_read_and_is_in_its_list() -> None:
    """The links between operations: POST a thing, GET it, find it in its collection."""
    world = LiveWorld()
    assert {"/v1/payments", "/v1/parties", "/v1/card-tokens"} <= set(world.made)
    missing = []
    for path in world.made:
        item = next((other for other in DOCUMENT["paths"] if re.fullmatch(rf"{re.escape(path)}/{{\w+}}", other)), None)
        if item is None or "get" not in DOCUMENT["paths"][item]:
            continue
        address = world.address(item)
        if address is None or world.client.get(address).status_code != 200:
            missing.append(f"GET {item}")
        if "get" in DOCUMENT["paths"][path] and address is not None:
            name = address.rsplit("/", 1)[1]
            if name not in world.client.get(path, {"limit": 100}).content.decode():
                missing.append(f"{name} in GET {path}")
    assert missing == []


def test_control_a_write_is_noticed() -> None:
    """What proves that nothing changed would see a change."""
    before = contents()
    api.client("parties:write").post("/v1/parties", {"partyId": "cus_control", "type": "CUSTOMER"})
    assert {name for name, digest in contents().items() if digest != before[name]} >= {
        "compliance_party",
        "audit_entry",
    }
