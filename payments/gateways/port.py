"""The one door to card networks.

A gateway is asked by our own reference, so that every question may be repeated: a second authorisation, capture or
refund with a known reference answers what the first one did and moves no more money.

Card data is passed as a value that lives in memory only. No gateway call may happen inside a database transaction:
`require_no_transaction` refuses, because a rollback cannot take back a charge.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import connection

from core.money import Money
from core.vault.cards import CardData
from payments.enums import ChargebackState, ChargeState


class GatewayError(Exception):
    """No answer that says what happened. Never carries what was sent."""


class GatewayTimedOut(GatewayError):
    """No answer in time: the money may have moved. Ask again by reference."""


class GatewayUnavailable(GatewayError):
    """The gateway said it did nothing, or was not asked at all. Nothing moved."""


class CalledInsideTransaction(Exception):
    """A gateway was called with a database transaction open. A defect of the caller."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What the network knows under our reference. `code` is the network's own word: `approved`, `do_not_honor`, …"""

    reference: str
    network_id: str
    state: ChargeState
    code: str
    money: Money


@dataclass(frozen=True, slots=True)
class NetworkRefund:
    reference: str
    network_id: str
    accepted: bool
    code: str
    money: Money


class Gateway(Protocol):
    """Each method raises GatewayTimedOut or GatewayUnavailable where it cannot answer within `timeout_seconds`."""

    name: str

    def authorise(
        self,
        *,
        reference: str,
        money: Money,
        card: CardData,
        capture: bool,
        livemode: bool,
        timeout_seconds: float,
        now: datetime,
    ) -> Charge:
        """Reserve the money on the card and, with `capture`, take it in the same call."""

    def capture(self, *, reference: str, timeout_seconds: float, now: datetime) -> Charge:
        """Take an authorised amount. A charge that is captured already is answered as it is."""

    def void(self, *, reference: str, timeout_seconds: float, now: datetime) -> Charge:
        """Give an authorisation back. An unknown reference is marked, so that a late authorisation is declined."""

    def refund(
        self, *, charge_reference: str, reference: str, money: Money, timeout_seconds: float, now: datetime
    ) -> NetworkRefund:
        """Give captured money back."""

    def find(self, *, reference: str, timeout_seconds: float, now: datetime) -> Charge | None:
        """The charge of our reference, None if the network never heard of it."""


@dataclass(frozen=True, slots=True)
class NetworkChargeback:
    """Money the network has taken back of a charge. `outcome` is OPEN until it has decided."""

    reference: str
    charge_reference: str
    money: Money
    reason_code: str
    opened_at: datetime
    outcome: ChargebackState


class ChargebackFeed(Protocol):
    """What a network says of chargebacks, told until it is acknowledged, and what is answered to it."""

    def chargebacks(self, *, now: datetime) -> list[NetworkChargeback]:
        """What the merchant has not acknowledged yet, oldest first."""

    def acknowledge(self, *, reference: str, outcome: ChargebackState) -> None:
        """This much is known here."""

    def answer(self, *, reference: str, evidence: str, now: datetime) -> None:
        """Evidence against it; without a word it is accepted. A second answer changes nothing."""


def require_no_transaction() -> None:
    """Refuse when a transaction is open. The one that wraps a whole Django test case does not count."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise CalledInsideTransaction("a gateway call cannot be rolled back")
