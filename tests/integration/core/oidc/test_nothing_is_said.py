"""Neither a token nor what it claims stands in a log, an answer or a metric."""

import logging
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from core import clock
from tests.factories import oidc
from tests.factories.oidc import Provider

pytestmark = pytest.mark.django_db


def test_a_token_and_its_claims_are_not_repeated(
    idp: Provider, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    idp.accept()
    claims = {"email": "ada@example.org", "username": "ada.lovelace", "sub": "sub-of-ada"}
    good = oidc.user(idp, party="cus_ada_0001", **claims)
    tokens = [
        good.secret,
        oidc.user(idp, party="cus_ada_0001", at=clock.now() - timedelta(days=1), **claims).secret,
        good.secret[:-8] + "AAAAAAAA",
        idp.token(signed_by="never-published", **claims),
        idp.token(iss="https://ada@example.org/", **claims),
        idp.token(note="x" * 9000, **claims),
    ]
    with caplog.at_level(logging.DEBUG):
        answers = [oidc.UserClient(token).get("/v1/payments") for token in tokens]
    assert [answer.status_code for answer in answers] == [200, *[401] * 5]
    captured = capfd.readouterr()
    written = caplog.text + captured.out + captured.err + "".join(str(answer.content) for answer in answers)
    assert "/v1/payments" in written
    said = ["ada@example.org", "ada.lovelace", "sub-of-ada", *(part for token in tokens for part in token.split("."))]
    assert [word for word in said if len(word) > 8 and word in written] == []


def test_refusals_are_counted_by_their_reason(idp: Provider) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("holdfast_oidc_tokens_refused_total", {"reason": "signature"}) or 0.0

    idp.accept()
    before = counted()
    token = idp.token()
    assert oidc.UserClient(token[:-8] + "AAAAAAAA").get("/v1/payments").status_code == 401
    assert counted() == before + 1


def test_only_that_a_token_has_expired_is_told(idp: Provider) -> None:
    idp.accept()
    old = oidc.user(idp, party="cus_ada_0001", at=clock.now() - timedelta(days=1)).get("/v1/payments")
    forged = oidc.UserClient(idp.token(client_id="other")).get("/v1/payments")
    assert old.json()["detail"] == "The access token has expired."
    assert forged.json()["detail"] == "The access token is not acceptable."
    assert 'error="invalid_token"' in old["WWW-Authenticate"]
