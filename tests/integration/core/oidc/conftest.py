from collections.abc import Iterator

import pytest

from core.oidc import issuers, keysets
from tests.factories import oidc


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    issuers.forget_cache()
    keysets.forget()


@pytest.fixture
def idp() -> Iterator[oidc.Provider]:
    """An identity provider with one key; nobody has accepted it yet."""
    with oidc.provider() as served:
        yield served
