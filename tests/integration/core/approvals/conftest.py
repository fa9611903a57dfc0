"""The shelf of `tests.factories.approvals` and people who may sign for it."""

from collections.abc import Iterator

import pytest

from core.approvals import registry
from tests.factories import approvals, staff
from tests.factories.approvals import RenameABook


@pytest.fixture(autouse=True)
def _act_is_forgotten_again() -> Iterator[None]:
    yield
    registry._actions.pop("tests.rename", None)


@pytest.fixture
def book(db: None) -> RenameABook:
    """100 pages: one controller is enough."""
    return approvals.book()


@pytest.fixture
def controller(db: None) -> staff.Person:
    return staff.person("CONTROLLER", email="controller@holdfast.example", full_name="Ines Duarte")


@pytest.fixture
def compliance(db: None) -> staff.Person:
    return staff.person("COMPLIANCE", email="compliance@holdfast.example", full_name="Yuki Tanaka")
