"""Behaviour and description agree: every operation of docs/openapi.json, tried with generated and with bad input.

Nothing here names an operation. An endpoint is covered from the moment it is in the committed description.
"""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core.api import catalogue
from tests.factories import api

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")]

DOCUMENT = json.loads((Path(django_settings.BASE_DIR) / "docs" / "openapi.json").read_text())
# PostgreSQL keeps no NUL; that it is refused is tested below.
CONFIG = SchemathesisConfig(
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(allow_x00=False, deterministic=True, with_security_parameters=False)
        )
    )
)


def problem_code_is_documented(_: Any, response: Any, case: Any) -> None:
    """A problem's code stands in the description of its status at this operation: clients branch on it."""
    if response.status_code >= 400 and response.content:
        said = DOCUMENT["paths"][case.operation.path][case.method.lower()]["responses"].get(
            str(response.status_code), {}
        )
        code = json.loads(response.content).get("code")
        if f"`{code}`" not in said.get("description", ""):
            raise AssertionError(f"Undocumented code {code} with status {response.status_code}")


CHECKS = [
    problem_code_is_documented,
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [(method, path) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item]
BODIES = [(method, path) for method, path in OPERATIONS if "requestBody" in DOCUMENT["paths"][path][method]]
# About a minute in all, however many operations there come to be.
EXAMPLES = max(3, 160 // max(1, len(OPERATIONS)))
MANY_EXAMPLES = 150
each_operation = pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
each_body = pytest.mark.parametrize(("method", "path"), BODIES or [("none", "none")], ids=lambda value: value)


@pytest.fixture
def client() -> api.ApiClient:
    return api.client(*catalogue.scopes())


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Requests through WSGI end the way they do in Django's own test client: the test's transaction stays open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@functools.cache
def described() -> Any:
    return schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)


def address(path: str) -> str:
    """The path with every variable filled by a name nobody has."""
    return "/".join("unknown" if part.startswith("{") else part for part in path.split("/"))


def request_schema(method: str, path: str) -> dict[str, Any]:
    schema = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    return resolved(schema)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if len(schema.get("allOf", ())) == 1:
        return resolved(schema["allOf"][0])
    return schema


def example(method: str, path: str) -> dict[str, Any]:
    content = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]
    examples = list(content.get("examples", {}).values())
    return dict(examples[0]["value"]) if examples else {}


def fields_of_type(schema: dict[str, Any], kind: str) -> Iterator[str]:
    for name, each in schema.get("properties", {}).items():
        types = resolved(each).get("type", ())
        if kind == types or kind in types:
            yield name


def refused(response: Any, *statuses: int) -> dict[str, Any]:
    assert response.status_code in (statuses or (400,)), response.content
    assert response["Content-Type"] == "application/problem+json"
    return response.json()


def generated(
    method: str, path: str, judge: Callable[[Any], None], *, mode: GenerationMode, examples: int, lucky: bool = False
) -> None:
    """Calls `judge` with that many generated requests; the same ones each time unless `lucky`."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=not lucky,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described()[path][method.upper()].as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        judge(case)

    try:
        run()
    except BaseException as error:
        if type(error).__name__ in {"Unsatisfiable", "SkipTest", "Skipped"}:
            pytest.skip("there is no such input")
        raise


def send(case: Any, secret: str) -> Any:
    """The request through WSGI, as a server would hand it on; without a key where the secret is empty."""
    return case.call(app=WSGIHandler(), headers={"Authorization": f"Bearer {secret}"} if secret else {})


def conforms(case: Any, response: Any, *, mode: GenerationMode) -> None:
    checks = CHECKS if mode == GenerationMode.POSITIVE else [*CHECKS, negative_data_rejection]
    case.validate_response(response, checks=checks)


each_mode = pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])


@pytest.mark.usefixtures("_one_connection")
@each_operation
@each_mode
def test_generated_requests_are_answered_as_described(
    method: str, path: str, mode: GenerationMode, client: api.ApiClient
) -> None:
    generated(
        method, path, lambda case: conforms(case, send(case, client.secret), mode=mode), mode=mode, examples=EXAMPLES
    )


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("_one_connection")
@each_operation
@each_mode
def test_many_more_generated_requests_are_answered_as_described(
    method: str, path: str, mode: GenerationMode, client: api.ApiClient
) -> None:
    """Other requests in each run; what fails is printed with the request that does it."""
    generated(
        method,
        path,
        lambda case: conforms(case, send(case, client.secret), mode=mode),
        mode=mode,
        examples=MANY_EXAMPLES,
        lucky=True,
    )


@each_operation
def test_without_a_key_nothing_is_done(method: str, path: str, client: api.ApiClient) -> None:
    client.secret = "sk_test_" + "0" * 32
    assert refused(client.generic(method.upper(), address(path), "{}"), 401)["code"] == "AUTHENTICATION_REQUIRED"


@each_operation
def test_without_the_scope_nothing_is_done(method: str, path: str) -> None:
    needed = DOCUMENT["paths"][path][method]["x-required-scope"]
    client = api.client(*(scope for scope in catalogue.scopes() if scope != needed))
    assert refused(client.generic(method.upper(), address(path), "{}"), 403)["code"] == "INSUFFICIENT_SCOPE"


@each_operation
def test_a_name_that_the_database_cannot_hold_is_no_server_error(method: str, path: str, client: api.ApiClient) -> None:
    if "{" not in path:
        pytest.skip("no variable in the path")
    for name in ("%00", "a%00b", "%ff", "%ED%A0%80", "x" * 3000, "..", "'--", "%F0%9F%98%80"):
        there = "/".join(name if part.startswith("{") else part for part in path.split("/"))
        response = client.generic(method.upper(), there, json.dumps(example_or_empty(method, path)))
        refused(response, 400, 404)


def example_or_empty(method: str, path: str) -> dict[str, Any]:
    return example(method, path) if (method, path) in BODIES else {}


UNREADABLE: dict[str, bytes] = {
    "array": b"[]",
    "null": b"null",
    "text": b'"x"',
    "cut off": b'{"a": ',
    "NaN": b'{"a": NaN}',
    "infinite": b'{"a": 1e999}',
    "twice": b'{"a": 1, "a": 2}',
    "NUL": b'{"a": "\\u0000"}',
    "surrogate": b'{"a": "\\ud800"}',
    "latin-1": b'{"a": "\xe9"}',
    "deep": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "too many digits": b'{"a": ' + b"9" * 5000 + b"}",
}


@each_body
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body_is_refused(method: str, path: str, body: bytes, client: api.ApiClient) -> None:
    if method == "none":
        pytest.skip("no operation takes a body yet")
    assert refused(client.generic(method.upper(), address(path), body))["code"] == "INVALID_JSON"


@each_body
def test_an_unknown_field_is_refused_with_its_pointer(method: str, path: str, client: api.ApiClient) -> None:
    if method == "none":
        pytest.skip("no operation takes a body yet")
    body = example(method, path) | {"fieldNobodyKnows": 1}
    problem = refused(client.generic(method.upper(), address(path), json.dumps(body)))
    assert {"pointer": "/fieldNobodyKnows", "detail": "Unknown field."} in problem["errors"]


WRONG_INTEGERS = [
    "1.5", "1.0", "1e3", "-0", "-0.0", '"1"', '"١"', "true", "[]", "{}", str(2**63), str(-(2**63)), "1" + "0" * 40,
]  # fmt: skip


@each_body
def test_integers_are_json_integers_of_64_bits(method: str, path: str, client: api.ApiClient) -> None:
    """Amounts above all: no fraction, no exponent, no minus zero, no string, nothing beyond 2^63."""
    each_wrong(method, path, "integer", WRONG_INTEGERS, client)


@each_body
def test_strings_are_strings_that_can_be_kept(method: str, path: str, client: api.ApiClient) -> None:
    each_wrong(method, path, "string", ["1", "true", "[]", "{}", '"\\u0000"', '"\\ud800"'], client)


@each_body
def test_booleans_are_booleans(method: str, path: str, client: api.ApiClient) -> None:
    each_wrong(method, path, "boolean", ["1", "0", '"true"', '""'], client)


def each_wrong(method: str, path: str, kind: str, values: list[str], client: api.ApiClient) -> None:
    if method == "none":
        pytest.skip("no operation takes a body yet")
    for name in fields_of_type(request_schema(method, path), kind):
        for value in values:
            rest = {key: member for key, member in example(method, path).items() if key != name}
            body = json.dumps(rest)[:-1] + (", " if rest else "") + f'"{name}": {value}}}'
            response = client.generic(method.upper(), address(path), body)
            assert response.status_code == 400, (name, value, response.content)
            pointers = [error.get("pointer") for error in response.json().get("errors", ())]
            assert any(pointer and pointer.startswith(f"/{name}") for pointer in pointers), (name, value, pointers)


def test_the_checks_notice_a_server_error_and_an_undescribed_answer(client: api.ApiClient) -> None:
    """The harness itself: a broken application must fail it."""
    if not OPERATIONS:
        pytest.skip("no operation yet")
    method, path = OPERATIONS[0]
    operation = described()[path][method.upper()]

    def broken(status: str) -> Callable[..., list[bytes]]:
        def application(environ: Any, start_response: Any) -> list[bytes]:
            start_response(status, [("Content-Type", "text/html")])
            return [b"oops"]

        return application

    case = operation.Case()
    for status in ("500 Internal Server Error", "418 I'm a teapot"):
        response = case.call(app=broken(status))
        with pytest.raises(BaseException, match=r"(?i)server error|undocumented"):
            case.validate_response(
                response, checks=[check for check in CHECKS if check is not problem_code_is_documented]
            )


def test_the_checks_notice_a_code_that_nobody_documented() -> None:
    method, path = OPERATIONS[0]

    def surprising(environ: Any, start_response: Any) -> list[bytes]:
        start_response("400 Bad Request", [("Content-Type", "application/problem+json")])
        return [b'{"code": "SURPRISE"}']

    case = described()[path][method.upper()].Case()
    with pytest.raises(BaseException, match="Undocumented code SURPRISE"):
        case.validate_response(case.call(app=surprising), checks=[problem_code_is_documented])
