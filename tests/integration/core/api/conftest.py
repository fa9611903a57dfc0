"""The two people of a live key."""

import pytest

from tests.factories import staff


@pytest.fixture
def integrator(db: None) -> staff.Person:
    return staff.person("INTEGRATION", email="ada@holdfast.example", full_name="Ada Integrator")


@pytest.fixture
def officer(db: None) -> staff.Person:
    return staff.person("SECURITY_OFFICER", email="sol@holdfast.example", full_name="Sol Officer")
