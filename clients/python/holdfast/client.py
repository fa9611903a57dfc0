"""The client: one attribute a kind of thing, one method an operation."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from holdfast.accounts import BankAccounts
from holdfast.ach import AchTransfers, Payouts, PayoutSchedules
from holdfast.escrows import Escrows
from holdfast.events import Events, WebhookEndpoints
from holdfast.fraud import Fraud
from holdfast.money import Chargebacks, Payments, Refunds
from holdfast.parties import CardTokens, Parties
from holdfast.reconciliations import EscrowReconciliations
from holdfast.retries import Retries
from holdfast.transport import Transport


class Client:
    """`Client("sk_test_…", base_url="https://api.example.com")`; close it, or use it with `with`.

    `api_version` is a dated version of the API to be answered in; without it the key's own holds. `timeout` is in
    seconds and per attempt. `transport` and `sleep` are for tests. One client serves many threads.
    """

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str,
        api_version: str | None = None,
        retries: Retries | None = None,
        timeout: float = 30.0,
        max_connections: int = 10,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(
            api_key,
            base_url=base_url,
            retries=retries or Retries(),
            timeout=timeout,
            api_version=api_version,
            max_connections=max_connections,
            transport=transport,
            sleep=sleep,
        )
        self.payments = Payments(self._transport)
        self.refunds = Refunds(self._transport)
        self.chargebacks = Chargebacks(self._transport)
        self.card_tokens = CardTokens(self._transport)
        self.parties = Parties(self._transport)
        self.bank_accounts = BankAccounts(self._transport)
        self.ach_transfers = AchTransfers(self._transport)
        self.payouts = Payouts(self._transport)
        self.payout_schedules = PayoutSchedules(self._transport)
        self.escrows = Escrows(self._transport)
        self.escrow_reconciliations = EscrowReconciliations(self._transport)
        self.fraud = Fraud(self._transport)
        self.events = Events(self._transport)
        self.webhook_endpoints = WebhookEndpoints(self._transport)

    def __repr__(self) -> str:
        return f"Client({self._transport.base_url}, {self._transport.key!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._transport.close()
