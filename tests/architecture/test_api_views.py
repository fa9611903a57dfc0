"""Every operation of the API says who may call it, how often, and what it is."""

import inspect

import pytest

from core.api import catalogue, scopes, throttles
from core.api.owners import ADMINS, CLOSED, One, Rows
from core.api.views import ApiView
from core.oidc import scopes as user_scopes
from core.parameters import services as parameters

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
def test_an_operation_says_what_users_reach_of_it(view: type, method: str) -> None:
    """Silence is CLOSED; it has to be said all the same, so that nobody forgets to think of it."""
    assert method.upper() in view.owned_by, f"{view.__name__} does not say in `owned_by` what users reach of {method}"
    assert set(view.owned_by) <= {name.upper() for name in METHODS if hasattr(view, name)}


@pytest.mark.parametrize(("view", "method"), OPERATIONS)
def test_an_operation_with_an_id_in_its_address_looks_whose_it_is(view: type, method: str) -> None:
    """`Rows` and `Named` do not look at the address: who may name any id there is nobody but an admin or a key."""
    route = next(route for route, each in catalogue.views() if each is view)
    owner = view.owned_by[method.upper()]
    if "<" in route:
        assert isinstance(owner, One) or owner in (CLOSED, ADMINS)
        assert not isinstance(owner, One) or f":{owner.variable}>" in route
    elif isinstance(owner, Rows):
        assert view.paged, "only a list by pages is narrowed"


def test_a_silent_operation_is_closed_to_users() -> None:
    class Silent(ApiView):
        scopes = {"GET": "payments:read"}

    assert Silent.owner_of("GET") is Silent.owner_of("HEAD") is CLOSED


def test_no_scope_of_users_is_unknown_and_reveal_is_not_among_them() -> None:
    shipped = parameters.find_declaration(user_scopes.PARAMETER).default
    granted = {scope for each in shipped.values() for scope in each}
    assert granted <= set(catalogue.scopes())
    assert not granted & user_scopes.NEVER
    for refused in (
        {},
        {**shipped, "ADMIN": ["card-tokens:reveal"]},
        {**shipped, "X": []},
        {**shipped, "ADMIN": "a:b"},
    ):
        assert user_scopes.objection(refused)
    assert user_scopes.objection(shipped) is None


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
