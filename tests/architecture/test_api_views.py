"""Every operation of the API says who may call it, how often, and what it is."""

import inspect

import pytest

from core.api import catalogue, scopes, throttles

METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [
    pytest.param(view, method, id=f"{method} {route}")
    for route, view in catalogue.views()
    for method in METHODS
    if hasattr(view, method)
]


@pytest.mark.parametrize(("view", "method"), OPERATIONS)
def test_an_operation_declares_its_scope(view: type, method: str) -> None:
    scope = view.scopes.get(method.upper())
    assert scope, f"{view.__name__} leaves {method} closed to everybody: no scope declared"
    assert scopes.SCOPE.match(scope)


@pytest.mark.parametrize(("view", "method"), OPERATIONS)
def test_an_operation_counts_against_a_declared_rate(view: type, method: str) -> None:
    assert view.throttle_name(method.upper()) in throttles.declared()


@pytest.mark.parametrize(("view", "method"), OPERATIONS)
def test_an_operation_is_described(view: type, method: str) -> None:
    assert hasattr(getattr(view, method), "api_refusals"), f"{view.__name__}.{method} has no @describe"


@pytest.mark.parametrize(("view", "method"), OPERATIONS)
def test_scopes_are_declared_for_methods_that_exist(view: type, method: str) -> None:
    assert {name.lower() for name in view.scopes} <= {name for name in METHODS if hasattr(view, name)}


def test_every_view_under_v1_stands_on_the_base() -> None:
    """A plain view among the API's would have no key, no scope, no limit."""
    from config.urls import v1
    from core.api.urls import urlpatterns

    open_to_all = {pattern.callback for pattern in urlpatterns}
    pending, plain = list(v1), []
    while pending:
        pattern = pending.pop()
        if hasattr(pattern, "url_patterns"):
            pending += pattern.url_patterns
        elif not inspect.isclass(getattr(pattern.callback, "cls", None)) and pattern.callback not in open_to_all:
            plain.append(pattern.callback.__name__)
    assert plain == ["unknown_address"]
