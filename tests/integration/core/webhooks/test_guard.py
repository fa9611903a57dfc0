"""The guard at work: TLS with a certificate of one's own making, a resolver that changes its mind, no proxies."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.webhooks import client, destinations
from core.webhooks.client import Limits, Parcel
from core.webhooks.destinations import Policy
from core.webhooks.enums import Result
from tests.factories.webhooks import Receiver, receiver

LIMITS = Limits(connect_seconds=2, total_seconds=5, response_bytes=2_048)


@pytest.fixture
def authority(tmp_path: Path, settings: Any) -> Iterator[ssl.SSLContext]:
    """A server's context for `shop.example.com`, signed by itself; trusted by the settings."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    chain = tmp_path / "chain.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    chain.write_bytes(private + public)
    (tmp_path / "ca.pem").write_bytes(public)
    settings.HOLDFAST_WEBHOOKS_CA_FILE = str(tmp_path / "ca.pem")
    client.tls.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    yield context
    client.tls.cache_clear()


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback counts as public, so that a server in this process can play one in the internet."""
    monkeypatch.setattr(destinations, "is_public", lambda address, refused=(): address.is_loopback)


def parcel(shop: Receiver, host: str) -> Parcel:
    return Parcel(f"https://{host}:{shop.port}/in", Policy(ports=(shop.port,)), LIMITS, b"{}", {"webhook-id": "evt_1"})


@pytest.mark.usefixtures("everywhere")
def test_the_certificate_is_checked_for_the_name_though_the_connection_goes_to_the_address(
    authority: ssl.SSLContext,
) -> None:
    with receiver(tls=authority) as shop:
        outcome = client.post(parcel(shop, "shop.example.com"), resolve=lambda _host, _port: ["127.0.0.1"])
    assert outcome.result == Result.DELIVERED, outcome
    assert shop.received[0].headers["host"] == f"shop.example.com:{shop.port}"


@pytest.mark.usefixtures("everywhere")
def test_a_certificate_for_another_name_is_no_certificate(authority: ssl.SSLContext) -> None:
    with receiver(tls=authority) as shop:
        outcome = client.post(parcel(shop, "other.example.com"), resolve=lambda _host, _port: ["127.0.0.1"])
    assert outcome.result == Result.TLS_FAILED
    assert "other.example.com" in outcome.detail or "ostname" in outcome.detail
    assert shop.received == []


@pytest.mark.usefixtures("everywhere")
def test_a_certificate_of_nobody_we_know_is_no_certificate(authority: ssl.SSLContext, settings: Any) -> None:
    settings.HOLDFAST_WEBHOOKS_CA_FILE = ""
    client.tls.cache_clear()
    with receiver(tls=authority) as shop:
        outcome = client.post(parcel(shop, "shop.example.com"), resolve=lambda _host, _port: ["127.0.0.1"])
    assert (outcome.result, shop.received) == (Result.TLS_FAILED, [])


def test_a_name_that_changes_its_mind_between_two_deliveries_is_judged_at_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """First it leads to a public address, then inside: the second time nothing is sent."""
    connected: list[str] = []

    def connect(_self: object, host: str, *_: object, **__: object) -> None:
        connected.append(host)
        raise client.httpcore.ConnectError("nobody is there")

    monkeypatch.setattr(client.httpcore.SyncBackend, "connect_tcp", connect)
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    wanted = Parcel("https://shop.example.com/in", Policy(ports=(443,)), LIMITS, b"{}", {})
    results = [client.post(wanted, resolve=lambda _host, _port: next(answers)).result for _ in range(2)]
    assert results == [Result.CONNECT_FAILED, Result.ADDRESS_REFUSED]
    assert connected == ["93.184.215.14"]


def test_every_judged_address_is_tried_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []

    def connect(_self: object, host: str, *_: object, **__: object) -> None:
        connected.append(host)
        raise client.httpcore.ConnectError("nobody is there")

    monkeypatch.setattr(client.httpcore.SyncBackend, "connect_tcp", connect)
    found = ["93.184.215.14", "93.184.215.15"]
    wanted = Parcel("https://shop.example.com/in", Policy(ports=(443,)), LIMITS, b"{}", {})
    assert client.post(wanted, resolve=lambda _host, _port: found).result == Result.CONNECT_FAILED
    assert connected == found


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as shop, receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        wanted = Parcel(shop.url, Policy(ports=(443,), loopback=True), LIMITS, b"{}", {})
        assert client.post(wanted).result == Result.DELIVERED
    assert (len(shop.received), len(proxy.received)) == (1, 0)
