"""What a key may do, from where and until when; and whether that is more than another may."""

import functools
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.api import scopes as scope_map
from core.api.models import ApiKey, KeyKind
from core.errors import FieldError, Refusal
from core.parameters import services as parameters

MAX_DAYS = "api.restricted_live_key.max_days"
MAX_NETWORKS = 20
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class UnableToCreateKey(Refusal):
    """The wanted key makes no sense: a scope nobody asks for, no network, a life that ends before it starts."""

    code = "INVALID_API_KEY_REQUEST"
    title = "The key cannot be made so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """`scopes` and `networks` are sorted; no network is every network, no `expires_at` is for good."""

    scopes: tuple[str, ...]
    networks: tuple[str, ...] = ()
    expires_at: datetime | None = None

    def is_within(self, held: "Rights") -> bool:
        """Whether this allows nothing that `held` does not."""
        return (
            set(self.scopes) <= set(held.scopes)
            and (held.expires_at is None or (self.expires_at is not None and self.expires_at <= held.expires_at))
            and _networks_within(self.networks, held.networks)
        )


def of(key: ApiKey) -> Rights:
    return Rights(scopes=tuple(key.scopes), networks=tuple(key.networks), expires_at=key.expires_at)


def wanted(
    *,
    kind: str,
    livemode: bool,
    scopes: Iterable[str],
    networks: Iterable[str] = (),
    expires_at: datetime | None = None,
    now: datetime,
) -> Rights:
    """Checked rights. A secret key gets every ordinary scope besides those named; a restricted live key without an end
    gets the latest one allowed. Raises UnableToCreateKey with every fault.
    """
    named = set(scopes)
    longest = latest_end(kind=kind, livemode=livemode, now=now)
    end = expires_at or longest
    faults = [*_scope_faults(named, kind), *_end_faults(end, longest, now)]
    ranges, network_faults = _read_networks(networks)
    faults += network_faults
    if faults:
        raise UnableToCreateKey(faults[0].reason, errors=tuple(faults))
    granted = named | scope_map.ordinary() if kind == KeyKind.SECRET else named
    return Rights(scopes=tuple(sorted(granted)), networks=ranges, expires_at=end)


def latest_end(*, kind: str, livemode: bool, now: datetime) -> datetime | None:
    """The end that a new key may have at most; None where it may live for good."""
    if livemode and kind == KeyKind.RESTRICTED:
        return now + timedelta(days=parameters.read(MAX_DAYS, at=now))
    return None


def allows_origin(networks: Iterable[str], address: str) -> bool:
    """Whether a key of these networks may be used from the address. An address nobody can read is outside of all."""
    try:
        place = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(place, ipaddress.IPv6Address) and place.ipv4_mapped:
        place = place.ipv4_mapped
    return any(place in _network(each) for each in networks)


def _scope_faults(named: set[str], kind: str) -> list[FieldError]:
    if unknown := sorted(named - scope_map.names()):
        return [FieldError("/scopes", f"No operation asks for {', '.join(unknown)}.")]
    if not named and kind == KeyKind.RESTRICTED:
        return [FieldError("/scopes", "A restricted key names at least one scope.")]
    return []


def _end_faults(end: datetime | None, longest: datetime | None, now: datetime) -> list[FieldError]:
    if end is not None and end <= now:
        return [FieldError("/expiresAt", "A key expires in the future.")]
    if longest is not None and end is not None and end > longest:
        return [FieldError("/expiresAt", f"A restricted live key expires by {longest:%Y-%m-%d %H:%M} UTC.")]
    return []


def _read_networks(networks: Iterable[str]) -> tuple[tuple[str, ...], list[FieldError]]:
    found: set[str] = set()
    for text in networks:
        try:
            found.add(str(ipaddress.ip_network(text.strip())))
        except ValueError:
            return (), [FieldError("/networks", f"{text[:50]} is not a network like 203.0.113.0/24.")]
    if len(found) > MAX_NETWORKS:
        return (), [FieldError("/networks", f"At most {MAX_NETWORKS} networks.")]
    return tuple(sorted(found)), []


def _networks_within(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    if not outer:
        return True
    return bool(inner) and all(any(_is_subnet(_network(a), _network(b)) for b in outer) for a in inner)


def _is_subnet(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


@functools.lru_cache(maxsize=1024)
def _network(text: str) -> Network:
    return ipaddress.ip_network(text)
