"""Where a webhook may go: an https address in the public internet, at the port and address that were checked.

A URL comes from outside and names a host whose addresses somebody else decides. So it is read strictly, its name is
resolved once, every address is judged, and the connection is made to a judged address and to no other.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import FieldError, Refusal

MAX_URL = 500
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.\-]{1,253})(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<target>/[\x21-\x7e]*)?",
    re.ASCII,
)
_UNSAFE_IN_TARGET = re.compile(r"[\\#\"<>^`{|}]")
_LABEL = re.compile(r"(?!-)[a-z0-9\-]{1,63}(?<!-)", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_DEFAULT_PORTS = {"https": 443, "http": 80}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], list[str]]

# IANA's special-purpose registries. Of IPv6 only what is global unicast at all, less what carries an IPv4 address in
# it (6to4, Teredo) or belongs to protocols and documents; ::ffff:a.b.c.d and NAT64 are outside of 2000::/3 anyway.
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip


class UnusableUrl(Refusal):
    """The URL is not one that webhooks are sent to; `errors` says what is wrong with it."""

    code = "INVALID_WEBHOOK_URL"
    title = "Webhooks cannot be sent to this URL"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, errors=(FieldError("/url", reason),))


class AddressRefused(Exception):
    """A host leads to an address that is not public."""


class NameUnknown(Exception):
    """A host has no address."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed: `ports` of the public internet, no `refused` network; `loopback` also plain http to this very
    machine, for trying things out with test data where the settings say so.
    """

    ports: tuple[int, ...]
    refused: tuple[Network, ...] = ()
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart. `host` without brackets and in lower case, `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str


def read(url: str, policy: Policy) -> Destination:
    """Raises UnusableUrl for everything that is not plainly `https://host[:port]/path?query`."""
    found = _URL.fullmatch(url) if len(url) <= MAX_URL else None
    if found is None or _UNSAFE_IN_TARGET.search(found["target"] or ""):
        raise UnusableUrl("Must be https://host/path in plain ASCII, without user name or fragment.")
    host = found["host"].lower().strip("[]")
    address = _literal(host)
    port = int(found["port"] or _DEFAULT_PORTS[found["scheme"]])
    destination = Destination(found["scheme"], host, port, found["target"] or "/")
    if policy.loopback and _is_this_machine(host, address) and port < 65_536:
        return destination
    if address is None and not _is_name(host):
        raise UnusableUrl("The host must be a full domain name or an IP address in its usual form.")
    if destination.scheme != "https":
        raise UnusableUrl("Must begin with https://.")
    if port not in policy.ports:
        raise UnusableUrl(f"The port must be one of {', '.join(map(str, policy.ports))}.")
    if address is not None and not is_public(address, policy.refused):
        raise UnusableUrl("The address is not public.")
    return destination


def pin(destination: Destination, policy: Policy, *, resolve: Resolve) -> list[str]:
    """The addresses to connect to, all of them judged. One that is not public spoils the rest: an honest host has none.

    Raises AddressRefused, NameUnknown.
    """
    literal = _literal(destination.host)
    found = [str(literal)] if literal else resolve(destination.host, destination.port)
    if not found:
        raise NameUnknown
    for text in found:
        address = _literal(text)
        here = policy.loopback and _is_this_machine(destination.host, _literal(destination.host))
        if address is None or not (address.is_loopback if here else is_public(address, policy.refused)):
            raise AddressRefused
    return found


def is_public(address: Address, refused: Sequence[Network] = ()) -> bool:
    """Whether anybody in the internet could be reached there, and nobody inside."""
    if isinstance(address, ipaddress.IPv6Address) and (address not in _GLOBAL_IPV6 or address.scope_id):
        return False
    return not any(address.version == network.version and address in network for network in (*_NEVER, *refused))


def ask_the_system(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order the system prefers. Raises NameUnknown."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError):
        raise NameUnknown from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _literal(host: str) -> Address | None:
    """An address in its usual form; `127.1`, `0x7f.1` or `2130706433` are none."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """Letters, digits and hyphens; the last label is no number, so nobody's resolver can read an address into it."""
    labels = host.split(".")
    return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not _NUMERIC_LABEL.fullmatch(labels[-1])


def _is_this_machine(host: str, address: Address | None) -> bool:
    return host == "localhost" or (address is not None and address.is_loopback)
