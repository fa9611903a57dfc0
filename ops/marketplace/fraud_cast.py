"""Who acts on a day of fraud: buyers with habits, and the masks that thieves wear. All names are invented."""

import hashlib
from dataclasses import dataclass

from ops.marketplace import cards
from ops.marketplace.people import CUSTOMERS, PROVIDERS

BUYERS, SELLERS = 80, 12


@dataclass(frozen=True, slots=True)
class Buyer:
    """How somebody usually pays: `usual_minor` is the middle of what they spend."""

    party_id: str
    email: str
    card_number: str
    device: str
    address: str
    usual_minor: int


@dataclass(frozen=True, slots=True)
class Cast:
    """`home` and `abroad` are blocks of documentation addresses that take a number; the buyers have the first ones."""

    buyers: tuple[Buyer, ...]
    sellers: tuple[str, ...]
    home: str
    abroad: str

    def at_home(self, number: int) -> str:
        return self.home.format(number)

    def away(self, number: int) -> str:
        return self.abroad.format(number)


def demo() -> Cast:
    """The demo marketplace's own people, at RFC 5737 addresses."""
    home = "192.0.2.{}"
    names = [(customer.party_id, customer.email) for customer in CUSTOMERS]
    return Cast(_buyers(names, home), tuple(provider.party_id for provider in PROVIDERS), home, "198.51.100.{}")


def strangers(seed: int) -> Cast:
    """People nobody has seen before, at RFC 3849 addresses: weeks of them may lie before what was played already."""
    home = "2001:db8:1::{:x}"
    names = [(f"cus_s{seed}_{number:03d}", f"s{seed}.{number:03d}@example.com") for number in range(1, BUYERS + 1)]
    sellers = tuple(f"prov_s{seed}_{number:02d}" for number in range(1, SELLERS + 1))
    return Cast(_buyers(names, home), sellers, home, "2001:db8:2::{:x}")


def newcomer(name: str, *, device: str, address: str, card_number: str = "") -> Buyer:
    """An account that nobody has seen before; without a card it has one of its own."""
    return Buyer(f"cus_{name}", f"{name}@example.com", card_number or cards.number_for(name), device, address, 0)


def _buyers(names: list[tuple[str, str]], home: str) -> tuple[Buyer, ...]:
    return tuple(
        Buyer(
            party_id,
            email,
            cards.number_for(party_id),
            f"device-{party_id}",
            home.format(number),
            usual_minor=2_500 + 500 * (int.from_bytes(hashlib.sha256(party_id.encode()).digest()[:2], "big") % 50),
        )
        for number, (party_id, email) in enumerate(names, start=1)
    )
