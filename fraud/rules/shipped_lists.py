"""The lists that the shipped rules ask, installed by `migrate` where they are missing."""

from dataclasses import dataclass

from fraud.enums import ListEffect, ListKind


@dataclass(frozen=True, slots=True)
class ShippedList:
    name: str
    kind: ListKind
    effect: ListEffect
    purpose: str


SHIPPED_LISTS: tuple[ShippedList, ...] = (
    ShippedList("blocked_customers", ListKind.CUSTOMER, ListEffect.BLOCK, "Customers whose payments are refused"),
    ShippedList("blocked_sellers", ListKind.SELLER, ListEffect.BLOCK, "Sellers nobody may pay"),
    ShippedList("blocked_cards", ListKind.CARD, ListEffect.BLOCK, "Cards reported as stolen or abused"),
    ShippedList("blocked_devices", ListKind.DEVICE, ListEffect.BLOCK, "Devices that fraud came from"),
    ShippedList("blocked_addresses", ListKind.IP, ListEffect.BLOCK, "Addresses that fraud came from"),
    ShippedList("blocked_emails", ListKind.EMAIL, ListEffect.BLOCK, "E-mail addresses that fraud came from"),
    ShippedList("risk_bins", ListKind.BIN, ListEffect.RISK, "First digits of cards that are being tested or abused"),
    ShippedList("risk_regions", ListKind.COUNTRY, ListEffect.RISK, "Countries that fraud comes from more often"),
    ShippedList(
        "trusted_customers", ListKind.CUSTOMER, ListEffect.ALLOW, "Customers known well enough to skip a review"
    ),
)
