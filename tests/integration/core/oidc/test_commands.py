"""Issuers and demo tokens at the terminal, and the issuer that the program plays for itself."""

import json
import re
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from core import clock
from core.audit.models import AuditEntry
from core.oidc import issuers, jwks, local_issuer
from core.oidc.models import Issuer

pytestmark = pytest.mark.django_db


@pytest.fixture
def _local(settings: Any, tmp_path: Path) -> None:
    settings.HOLDFAST_LOCAL_ISSUER = True
    settings.HOLDFAST_STATE_DIR = tmp_path


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


POOL = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC"


def test_an_issuer_is_accepted_listed_and_withdrawn_and_each_is_audited() -> None:
    accepted = run("issuer", "accept", "pool", POOL, "--client", "4abc", "--live", "--reason", "the app's pool")
    assert re.search(r"pool +live accepted", accepted)
    [row] = Issuer.objects.all()
    assert (row.jwks_url, row.client_ids, row.party_claim) == (f"{POOL}/.well-known/jwks.json", ["4abc"], "")
    assert issuers.find_in_force(POOL, at=clock.now()) == row
    assert re.search(r"pool +live withdrawn", run("issuer", "withdraw", "pool", "--reason", "closed"))
    assert issuers.find_in_force(POOL, at=clock.now()) is None
    audited = AuditEntry.objects.filter(subject="issuer:pool").order_by("id")
    assert [entry.action for entry in audited] == ["oidc.issuer.accepted", "oidc.issuer.withdrawn"]


@pytest.mark.parametrize(
    "words",
    [
        ("accept", "pool", "http://example.org", "--client", "x", "--reason", "x"),
        ("accept", "pool", POOL, "--reason", "no client"),
        ("accept", "pool", POOL, "--kind", "GENERIC", "--client", "x", "--reason", "no audience"),
        ("withdraw", "nobody", "--reason", "x"),
    ],
    ids=lambda words: words[-1],
)
def test_what_makes_no_sense_is_said(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("issuer", *words)


@pytest.mark.usefixtures("_local")
class TestTheLocalIssuer:
    def test_its_key_is_made_once_and_for_its_owner_alone(self, tmp_path: Path) -> None:
        first, second = local_issuer.published_keys(), local_issuer.published_keys()
        assert first == second
        [key] = first["keys"]
        assert not {"d", "p", "q"} & set(key)
        assert stat.S_IMODE((tmp_path / "oidc" / "local-issuer.pem").stat().st_mode) == 0o600
        assert [path.name for path in (tmp_path / "oidc").iterdir()] == ["local-issuer.pem"]

    def test_its_keys_are_such_as_the_api_reads(self) -> None:
        assert set(jwks.read(json.dumps(local_issuer.published_keys()).encode())) == {local_issuer.KEY_ID}

    def test_a_demo_token_makes_its_issuer_known_once(self) -> None:
        for _ in range(2):
            assert run("demo_token", "--party", "cus_1", "--port", "8123").startswith("eyJ")
        [row] = Issuer.objects.all()
        assert (row.code, row.livemode, row.issuer) == ("local", False, "http://127.0.0.1/local/oidc")
        assert row.jwks_url == "http://127.0.0.1:8123/local/oidc/.well-known/jwks.json"

    def test_on_another_port_it_is_the_same_issuer(self) -> None:
        for port in ("8123", "8124"):
            run("demo_token", "--party", "cus_1", "--port", port)
        found = issuers.find_in_force(local_issuer.ISSUER, at=clock.now())
        assert found is not None
        assert ":8124/" in found.jwks_url

    @pytest.mark.urls("core.oidc.urls")
    def test_its_keys_are_for_this_machine_without_a_proxy(self) -> None:
        path = "/local/oidc/.well-known/jwks.json"
        assert Client().get(path).json() == local_issuer.published_keys()
        assert Client().get(path, REMOTE_ADDR="10.0.0.1").status_code == 404
        assert Client().get(path, HTTP_X_FORWARDED_FOR="10.0.0.1").status_code == 404


@pytest.mark.urls("core.oidc.urls")
@override_settings(HOLDFAST_LOCAL_ISSUER=False)
def test_elsewhere_there_is_no_local_issuer(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no local issuer"):
        run("demo_token", "--party", "cus_1")
    assert Client().get("/local/oidc/.well-known/jwks.json").status_code == 404
    assert not Issuer.objects.exists()
