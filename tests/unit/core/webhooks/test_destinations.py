"""Where webhooks may go: forms of addresses, names that change their mind, and URLs made to be misread."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.webhooks import destinations
from core.webhooks.destinations import AddressRefused, Destination, NameUnknown, Policy, UnusableUrl

STRICT = Policy(ports=(443, 8443), refused=(ipaddress.ip_network("168.63.129.16/32"),))
LOOPBACK = Policy(ports=(443, 8443), loopback=True)
PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://shop.example.com", Destination("https", "shop.example.com", 443, "/")),
        ("https://SHOP.example.com:8443/a/b?c=d%20e", Destination("https", "shop.example.com", 8443, "/a/b?c=d%20e")),
        ("https://93.184.215.14/hooks", Destination("https", "93.184.215.14", 443, "/hooks")),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", Destination(
            "https", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", 443, "/")),
        ("https://xn--bcher-kva.example/", Destination("https", "xn--bcher-kva.example", 443, "/")),
    ],
)  # fmt: skip
def test_what_is_plainly_a_public_https_address_is_read(url: str, read: Destination) -> None:
    assert destinations.read(url, STRICT) == read


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example.com", "ftp://shop.example.com/", "http://shop.example.com/", "https:///path",
        "https://user@shop.example.com/", "https://user:pw@shop.example.com/", "https://good.example@10.0.0.1/",
        "https://shop.example.com:80/", "https://shop.example.com:22/", "https://shop.example.com:0443/x:99999",
        "https://shop.example.com:99999/", "https://shop.example.com:/", "https://shop.example.com/#fragment",
        "https://shop.example.com\\@10.0.0.1/", "https://shop.example.com/a b", "https://shop.example.com/\r\nHost: x",
        "https://shop.example.com\n/", " https://shop.example.com/", "https://shop.example.com/\x00",
        "https://bücher.example/", "https://shop.example。com/", "https://①②⑦.0.0.1/", "https://shop.exa\u00admple.com/",
        "https://localhost/", "https://intranet/", "https://shop.example.com./", "https://-shop.example.com/",
        "https://shop..example.com/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.0.0.01/", "https://1.2.3.4.5/", "https://10.0.0.0x1/",
        "https://[::1]/", "https://[::ffff:93.184.215.14]/", "https://[fe80::1%25eth0]/", "https://[::]/",
        "https://[2002:5db8:d70e::1]/", "https://[64:ff9b::5db8:d70e]/", "https://[2001:0:5db8:d70e::1]/",
        "https://[fd00:ec2::254]/", "https://169.254.169.254/latest/meta-data/", "https://100.100.100.200/",
        "https://168.63.129.16/", "https://127.0.0.1/", "https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/",
        "https://0.0.0.0/", "https://255.255.255.255/", "https://224.0.0.1/", "https://100.64.0.1/",
        "https://shop.example.com/" + "a" * 500,
    ],
)  # fmt: skip
def test_what_is_not_is_refused_with_the_field_named(url: str) -> None:
    with pytest.raises(UnusableUrl) as refusal:
        destinations.read(url, STRICT)
    assert [error.pointer for error in refusal.value.errors] == ["/url"]


@given(st.text(max_size=60))
def test_nothing_anybody_types_breaks_the_reading(text: str) -> None:
    for url in (text, f"https://{text}", f"https://shop.example.com/{text}"):
        try:
            read = destinations.read(url, STRICT)
        except UnusableUrl:
            continue
        assert read.host.isascii()
        assert "@" not in read.host
        assert read.port in STRICT.ports


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_that_python_calls_private_is_never_public(address: ipaddress.IPv4Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not destinations.is_public(address)


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_that_python_calls_private_is_never_public(address: ipaddress.IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not destinations.is_public(address)


PRIVATE = ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
INSIDE = st.sampled_from(PRIVATE).flatmap(lambda network: st.ip_addresses(network=network))


@given(INSIDE)
def test_no_dress_of_a_private_ipv4_address_in_ipv6_passes(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    dresses = [
        ipaddress.IPv6Address(number),
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1),
        ipaddress.IPv6Address((0x0064FF9B << 96) | number),
        ipaddress.IPv6Address((0x0064FF9B0001 << 80) | number),
        ipaddress.IPv6Address((0x20010000 << 96) | (~number & 0xFFFFFFFF)),
    ]
    assert not any(destinations.is_public(dress) for dress in dresses)
    assert not destinations.is_public(address)


@given(INSIDE)
def test_a_name_that_leads_inside_is_refused_even_beside_a_public_address(address: ipaddress.IPv4Address) -> None:
    shop = destinations.read("https://shop.example.com/", STRICT)
    for found in ([str(address)], [PUBLIC, str(address)], [str(address), PUBLIC]):
        with pytest.raises(AddressRefused):
            destinations.pin(shop, STRICT, resolve=lambda _host, _port, found=found: found)


def test_the_answer_that_was_judged_is_the_one_that_is_used() -> None:
    """The name is asked once; a second answer would lead inside."""
    answers = [[PUBLIC], ["127.0.0.1"]]
    shop = destinations.read("https://shop.example.com/", STRICT)
    assert destinations.pin(shop, STRICT, resolve=lambda _host, _port: answers.pop(0)) == [PUBLIC]
    assert answers == [["127.0.0.1"]]


def test_a_resolver_may_answer_with_nothing_or_with_nonsense() -> None:
    shop = destinations.read("https://shop.example.com/", STRICT)
    with pytest.raises(NameUnknown):
        destinations.pin(shop, STRICT, resolve=lambda _host, _port: [])
    with pytest.raises(AddressRefused):
        destinations.pin(shop, STRICT, resolve=lambda _host, _port: ["shop.example.com"])


def test_a_name_nobody_knows_is_unknown() -> None:
    with pytest.raises(NameUnknown):
        destinations.ask_the_system("nobody.invalid", 443)


def test_with_loopback_allowed_this_machine_is_reached_and_no_other_private_one() -> None:
    assert destinations.read("http://127.0.0.1:8123/hooks", LOOPBACK).port == 8123
    here = destinations.read("http://localhost:8123/hooks", LOOPBACK)
    assert destinations.pin(here, LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"]) == ["127.0.0.1"]
    with pytest.raises(AddressRefused):
        destinations.pin(here, LOOPBACK, resolve=lambda _host, _port: ["10.0.0.1"])
    for url in ("http://10.0.0.1/", "http://shop.example.com/", "https://169.254.169.254/"):
        with pytest.raises(UnusableUrl):
            destinations.read(url, LOOPBACK)
    shop = destinations.read("https://shop.example.com/", LOOPBACK)
    with pytest.raises(AddressRefused):
        destinations.pin(shop, LOOPBACK, resolve=lambda _host, _port: ["127.0.0.1"])
