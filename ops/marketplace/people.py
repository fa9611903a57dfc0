"""The demo marketplace's cast. All names are invented; addresses are example.com."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """`typical_minor` is the usual price of a booking in minor units."""

    party_id: str
    business_name: str
    service: str
    typical_minor: int


@dataclass(frozen=True, slots=True)
class Customer:
    party_id: str
    first_name: str
    last_name: str

    @property
    def email(self) -> str:
        return f"{self.first_name}.{self.last_name}@example.com".lower()


PROVIDERS = (
    Provider("prov_lumen_photo", "Lumen Photography", "Wedding photography", 62000),
    Provider("prov_fern_garden", "Fern & Field Gardens", "Garden design", 38000),
    Provider("prov_brightkeys", "Bright Keys Music", "Piano lessons", 9000),
    Provider("prov_oakhome", "Oak Home Repairs", "Carpentry", 24500),
    Provider("prov_tidepool", "Tidepool Swim School", "Swimming course", 15000),
    Provider("prov_saffron", "Saffron Table Catering", "Dinner for ten", 54000),
    Provider("prov_northmove", "Northmove Removals", "House removal", 71000),
    Provider("prov_clearview", "Clearview Windows", "Window cleaning", 7500),
)

_FIRST = ("Ada", "Ben", "Carla", "Dmitri", "Elif", "Femi", "Grace", "Hugo", "Iris", "Jonas", "Keiko", "Luis")
_LAST = ("Abbott", "Brandt", "Castillo", "Dunn", "Eriksen", "Fontaine")

CUSTOMERS = tuple(
    Customer(f"cus_{first.lower()}_{last.lower()}", first, last)
    for index, first in enumerate(_FIRST)
    for last in (_LAST[index % 6], _LAST[(index + 2) % 6], _LAST[(index + 3) % 6])
)
