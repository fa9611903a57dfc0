"""Every token that somebody made up is refused, and the same token unforged is accepted."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from core.oidc import issuers, tokens, users
from core.oidc.enums import IssuerKind, Standing
from core.oidc.tokens import TokenRefused
from tests.factories import oidc
from tests.factories.oidc import Provider, key, segment, sign

pytestmark = pytest.mark.django_db

GOOD_HEADER = {"alg": "RS256", "kid": "first"}
TRIED = ["iss", "sub", "token_use", "client_id", "iat", "exp", "nbf", "cognito:groups", "custom:party_id"]


def reason(token: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        users.identify(token, now=clock.now())
    return str(refused.value)


def accepted(token: str) -> users.User:
    return users.identify(token, now=clock.now())


def with_header(**other: Any) -> Callable[[Provider], str]:
    return lambda idp: sign({**GOOD_HEADER, **other}, idp.claims(), key())


def with_claims(**other: Any) -> Callable[[Provider], str]:
    return lambda idp: idp.token(**other)


def unsigned(algorithm: str) -> Callable[[Provider], str]:
    return lambda idp: f"{segment({'alg': algorithm, 'kid': 'first'})}.{segment(idp.claims())}."


def signed_with_the_public_key(idp: Provider) -> str:
    """HS256 with what everybody may know as the secret."""
    public = key().public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    text = f"{segment({'alg': 'HS256', 'kid': 'first', 'typ': 'JWT'})}.{segment(idp.claims())}"
    return f"{text}.{segment(hmac.digest(public, text.encode(), hashlib.sha256))}"


def hmac_under_the_right_name(idp: Provider) -> str:
    text = f"{segment(GOOD_HEADER)}.{segment(idp.claims())}"
    return f"{text}.{segment(hmac.digest(b'secret', text.encode(), hashlib.sha256))}"


def other_claims_under_the_old_signature(idp: Provider) -> str:
    header, _, signature = idp.token().split(".")
    return f"{header}.{segment(idp.claims(sub='somebody-else'))}.{signature}"


def signed_by_pss(idp: Provider) -> str:
    text = f"{segment(GOOD_HEADER)}.{segment(idp.claims())}"
    signature = key().sign(text.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return f"{text}.{segment(signature)}"


def signed_over_sha1(idp: Provider) -> str:
    text = f"{segment(GOOD_HEADER)}.{segment(idp.claims())}"
    return f"{text}.{segment(key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA1()))}"


FORGERIES: dict[str, tuple[str, Callable[[Provider], str]]] = {
    "alg none": ("malformed", unsigned("none")),
    "alg none with a signature": ("header", lambda idp: unsigned("none")(idp) + "AAAA"),
    "alg None in other letters": ("header", with_header(alg="nOnE")),
    "HS256 with the public key": ("header", signed_with_the_public_key),
    "an HMAC that is called RS256": ("signature", hmac_under_the_right_name),
    "RS512": ("header", with_header(alg="RS512")),
    "PS256": ("header", with_header(alg="PS256")),
    "PSS that is called RS256": ("signature", signed_by_pss),
    "SHA-1 that is called RS256": ("signature", signed_over_sha1),
    "an unknown algorithm": ("header", with_header(alg="RS257")),
    "an algorithm that is a list": ("header", with_header(alg=["RS256"])),
    "its own key": ("header", lambda idp: sign({**GOOD_HEADER, "jwk": oidc.jwk("mine")}, idp.claims(), key("mine"))),
    "an address of keys": ("header", with_header(jku="https://example.org/keys")),
    "a certificate's address": ("header", with_header(x5u="https://example.org/cert")),
    "a certificate": ("header", with_header(x5c=["MIIB"])),
    "a critical extension": ("header", with_header(crit=["b64"], b64=False)),
    "compressed": ("header", with_header(zip="DEF")),
    "no key id": ("header", lambda idp: sign({"alg": "RS256"}, idp.claims(), key())),
    "an empty key id": ("header", with_header(kid="")),
    "a key id that is a path": ("key", with_header(kid="../../dev/null")),
    "another key under the right id": ("signature", lambda idp: sign(GOOD_HEADER, idp.claims(), key("mine"))),
    "a key nobody published": ("key", with_header(kid="mine")),
    "an encrypted token's type": ("header", with_header(typ="JWE")),
    "a logout token": ("header", with_header(typ="logout+jwt")),
    "other claims under the old signature": ("signature", other_claims_under_the_old_signature),
    "no signature": ("malformed", lambda idp: idp.token().rpartition(".")[0] + "."),
    "two parts": ("malformed", lambda idp: idp.token().rpartition(".")[0]),
    "five parts": ("malformed", lambda idp: idp.token() + ".AAAA.AAAA"),
    "padding": ("malformed", lambda idp: idp.token() + "="),
    "standard base64": ("malformed", lambda idp: idp.token()[:-2] + "+/"),
    "too long": ("malformed", with_claims(note="x" * 9000)),
    "claims that are a list": ("malformed", lambda _: sign(GOOD_HEADER, b"[1]", key())),
    "a claim twice": (
        "malformed", lambda idp: sign(GOOD_HEADER, json.dumps(idp.claims())[:-1].encode() + b', "sub": "x"}', key()),
    ),
    "NaN as expiry": (
        "malformed", lambda idp: sign(GOOD_HEADER, json.dumps(idp.claims(exp=float("nan"))).encode(), key()),
    ),
    "another issuer": ("issuer", with_claims(iss="https://example.org/pool")),
    "the issuer with a slash": ("issuer", lambda idp: idp.token(iss=f"{idp.url}/pool/")),
    "an issuer that is a list": ("issuer", lambda idp: idp.token(iss=[f"{idp.url}/pool"])),
    "no issuer": ("issuer", with_claims(iss=None)),
    "an identity token": ("use", with_claims(token_use="id")),
    "no word of its use": ("use", with_claims(token_use=None)),
    "an identity token's nonce": ("use", with_claims(nonce="n")),
    "another client": ("client", with_claims(client_id="6other")),
    "no client": ("client", with_claims(client_id=None)),
    "a client that is a list": ("client", with_claims(client_id=[oidc.CLIENT_ID])),
    "an e-mail address as subject": ("subject", with_claims(sub="jane@example.org")),
    "an empty subject": ("subject", with_claims(sub="")),
    "a subject of many characters": ("subject", with_claims(sub="a" * 81)),
    "a subject that is a number": ("subject", with_claims(sub=5)),
    "groups that are no texts": ("groups", with_claims(**{"cognito:groups": [{"Admin": True}]})),
    "groups that are an object": ("groups", with_claims(**{"cognito:groups": {"Admin": True}})),
    "a party that is a list": ("party", with_claims(**{"custom:party_id": ["cus_1"]})),
    "no expiry": ("malformed", with_claims(exp=None)),
    "no issue": ("malformed", with_claims(iat=None)),
    "an expiry that is a text": ("malformed", with_claims(exp="2051222400")),
    "an expiry that is true": ("malformed", with_claims(exp=True)),
    "an endless life": ("lifetime", lambda idp: idp.token(exp=idp.claims()["iat"] + 86401)),
    "ended before it began": ("lifetime", lambda idp: idp.token(exp=idp.claims()["iat"] - 5)),
    "expired": ("expired", lambda idp: idp.token(at=clock.now() - timedelta(seconds=3631))),
    "issued in the future": ("early", lambda idp: idp.token(at=clock.now() + timedelta(seconds=60))),
    "not valid yet": ("early", lambda idp: idp.token(nbf=idp.claims()["iat"] + 60)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_opens_nothing_and_the_unforged_one_does(name: str, idp: Provider) -> None:
    idp.accept()
    expected, forge = FORGERIES[name]
    assert accepted(idp.token()).subject == "5f1a0b7e-sub"
    assert reason(forge(idp)) == expected
    assert accepted(idp.token()).subject == "5f1a0b7e-sub"


@pytest.mark.parametrize(
    ("early", "late"), [(29, 0), (0, 29)], ids=["its clock is ahead of ours", "its clock is behind ours"]
)
def test_clocks_may_differ_by_half_a_minute(early: int, late: int, idp: Provider) -> None:
    idp.accept()
    assert accepted(idp.token(at=clock.now() + timedelta(seconds=early)))
    assert accepted(idp.token(at=clock.now() - timedelta(seconds=3600 + late - 1)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    change=st.dictionaries(
        st.sampled_from(TRIED),
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20)
        | st.lists(st.text(max_size=5) | st.integers(), max_size=3) | st.dictionaries(st.text(max_size=3), st.none()),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_whatever_a_signed_token_claims_it_is_read_or_refused_and_never_a_fault(
    change: dict[str, Any], idp: Provider
) -> None:
    """And a token that is believed was made by this issuer, for this client, and is alive."""
    if not issuers.list_all():
        idp.accept()
    assert accepted(sign(GOOD_HEADER, json.dumps(idp.claims()).encode(), key()))
    token = sign(GOOD_HEADER, json.dumps({**idp.claims(), **change}).encode(), key())
    try:
        user = accepted(token)
    except TokenRefused:
        return
    said = {**idp.claims(), **change}
    assert (said["iss"], said["token_use"], said["client_id"]) == (f"{idp.url}/pool", "access", oidc.CLIENT_ID)
    assert said["iat"] < said["exp"]
    assert clock.now().timestamp() < said["exp"] + 30
    assert user.subject == said["sub"]
    assert "@" not in user.subject
    admin = said.get("cognito:groups") == "Admin" or "Admin" in (said.get("cognito:groups") or [])
    assert (user.standing == Standing.ADMIN) == admin


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, 10**6), letter=st.sampled_from("ABCDEFabcdef0123456789_-"))
def test_a_token_with_one_letter_changed_says_the_same_or_opens_nothing(place: int, letter: str, idp: Provider) -> None:
    if not issuers.list_all():
        idp.accept()
    token = idp.token(sub="victim", at=clock.now())
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    try:
        verified = tokens.verify(changed, now=clock.now())
    except TokenRefused:
        return
    assert verified.claims["sub"] == "victim"


class TestGenericIssuers:
    """Those that are not Cognito say for which API a token is."""

    def terms(self, idp: Provider, **other: Any) -> None:
        idp.accept(
            kind=IssuerKind.GENERIC, client_ids=(), audiences=("https://api.example.com",),
            groups_claim="realm_access.roles", jwks_url=f"{idp.url}/keys", **other,
        )  # fmt: skip

    def token(self, idp: Provider, **other: Any) -> str:
        return idp.token(**{"token_use": None, "client_id": None, "aud": "https://api.example.com", **other})

    def test_the_audience_is_ours_alone_or_among_others(self, idp: Provider) -> None:
        self.terms(idp)
        assert accepted(self.token(idp))
        assert accepted(self.token(idp, aud=["https://other.example.com", "https://api.example.com"]))
        for audience in (None, "", "https://other.example.com", [], ["x"], {"https://api.example.com": 1}, [1]):
            assert reason(self.token(idp, aud=audience)) == "audience"

    def test_groups_may_lie_deeper(self, idp: Provider) -> None:
        self.terms(idp)
        assert accepted(self.token(idp, realm_access={"roles": ["Admin"]})).standing == Standing.ADMIN
        assert accepted(self.token(idp, realm_access={"roles": ["Reader"]})).standing == Standing.CUSTOMER
        assert accepted(self.token(idp, **{"cognito:groups": ["Admin"]})).standing == Standing.CUSTOMER

    def test_an_identity_token_is_none(self, idp: Provider) -> None:
        self.terms(idp)
        for other in ({"typ": "ID"}, {"token_use": "id"}, {"at_hash": "x"}):
            assert reason(self.token(idp, **other)) == "use"

    def test_the_client_counts_where_clients_are_named(self, idp: Provider) -> None:
        idp.accept(
            kind=IssuerKind.GENERIC, client_ids=("web",), audiences=("https://api.example.com",),
            jwks_url=f"{idp.url}/keys",
        )  # fmt: skip
        assert accepted(self.token(idp, azp="web"))
        assert accepted(self.token(idp, client_id="web"))
        assert reason(self.token(idp, azp="app")) == "client"
        assert reason(self.token(idp)) == "client"


class TestWhatATokenGrants:
    def test_groups_decide_and_admin_comes_first(self, idp: Provider) -> None:
        idp.accept()
        standings = {
            None: Standing.CUSTOMER,
            (): Standing.CUSTOMER,
            ("provider", "ADMIN"): Standing.CUSTOMER,
            ("Provider",): Standing.PROVIDER,
            ("Provider", "Admin"): Standing.ADMIN,
        }
        for groups, standing in standings.items():
            said = {"cognito:groups": None if groups is None else list(groups)}
            assert accepted(idp.token(**said)).standing == standing, groups

    def test_no_standing_reveals_a_card(self, idp: Provider) -> None:
        idp.accept()
        for groups in ([], ["Provider"], ["Admin"]):
            assert "card-tokens:reveal" not in accepted(idp.token(**{"cognito:groups": groups})).scopes

    def test_a_token_is_narrowed_by_its_own_scopes_where_the_issuer_has_a_prefix(self, idp: Provider) -> None:
        idp.accept(scope_prefix="holdfast/")
        token = idp.token(scope="openid holdfast/payments:read holdfast/fraud:write payments:write")
        assert accepted(token).scopes == {"payments:read"}
        assert accepted(idp.token()).scopes == frozenset()

    def test_without_a_prefix_the_groups_scopes_count(self, idp: Provider) -> None:
        idp.accept()
        user = accepted(idp.token(scope="openid", **{"cognito:groups": ["Provider"]}))
        assert user.scopes == {
            "bank-accounts:read", "payments:read", "escrows:read", "escrows:write", "parties:read", "ach:read",
            "payouts:read", "payouts:write",
        }  # fmt: skip
