"""Tables of the sandbox: the networks' published test numbers and the address blocks set aside for documentation.

Neither belongs to anyone, so a test can name a country without touching a real person. Everything else is unknown
(None), and a rule that needs it is then not evaluated. The middles of the countries are real, all 249 of ISO 3166-1:
of the mainland where others have a code of their own or lie oceans away (Alaska, the Azores), of the main island in a
scattered group.
"""

import csv
import ipaddress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Issuer:
    """What the first six digits say of a card."""

    brand: str
    funding: str
    country: str


def find_issuer(card_bin: str | None) -> Issuer | None:
    """By the first six digits."""
    return _issuers().get(card_bin[:6]) if card_bin else None


def find_country(ip_address: str | None) -> str | None:
    """ISO 3166 code of an address; None for private, malformed and unknown ones."""
    if not ip_address:
        return None
    try:
        address = ipaddress.ip_address(ip_address)
    except ValueError:
        return None
    return next((country for network, country in _networks() if address in network), None)


def find_position(country: str | None) -> tuple[float, float] | None:
    """Latitude and longitude of a country's middle in degrees, to a tenth; None for what is no ISO 3166 code."""
    return _positions().get(country) if country else None


def readable_ip(ip_address: str | None) -> str | None:
    """The address in its usual form, or None for what is no address (a client's text never stops a payment)."""
    try:
        return str(ipaddress.ip_address(ip_address)) if ip_address else None
    except ValueError:
        return None


@cache
def _issuers() -> dict[str, Issuer]:
    with (HERE / "issuers.csv").open(newline="") as file:
        return {row["bin"]: Issuer(row["brand"], row["funding"], row["country"]) for row in csv.DictReader(file)}


@cache
def _networks() -> list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, str]]:
    with (HERE / "networks.csv").open(newline="") as file:
        return [(ipaddress.ip_network(row["network"]), row["country"]) for row in csv.DictReader(file)]


@cache
def _positions() -> dict[str, tuple[float, float]]:
    with (HERE / "countries.csv").open(newline="") as file:
        return {row["country"]: (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)}
