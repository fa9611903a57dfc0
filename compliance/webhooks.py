"""What a marketplace hears of payout accounts. Why one was rejected it asks a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from compliance.events import (
    BankAccountAccepted,
    BankAccountActivated,
    BankAccountRejected,
    BankAccountRequested,
    BankAccountRetired,
)
from core.webhooks.catalogue import Subject, publishes

_ACCOUNT: dict[str, Any] = {
    "id": "ba_0lq9ilnhwp0123456789abcd", "object": "bank_account", "livemode": False, "partyId": "prov_xyz789ghi012",
}  # fmt: skip
_OTHER = "ba_0lq9ilnhwp0123456789zyxw"


@publishes(
    BankAccountRequested,
    event_type="bank_account.requested",
    meaning="A payout account was entered and waits for its signatures.",
    example=_ACCOUNT,
)
def bank_account_requested(event: BankAccountRequested) -> Subject:
    return _subject(event.account_id, event.party_id, event.livemode, event.requested_at, {})


@publishes(
    BankAccountAccepted,
    event_type="bank_account.accepted",
    meaning="A changed payout account was signed. The party is paid to it from `activeFrom` on, until then as before.",
    example={**_ACCOUNT, "activeFrom": "2024-01-18T10:30:45.123Z"},
)
def bank_account_accepted(event: BankAccountAccepted) -> Subject:
    return _subject(
        event.account_id, event.party_id, event.livemode, event.accepted_at, {"active_from": event.active_from}
    )


@publishes(
    BankAccountActivated,
    event_type="bank_account.activated",
    meaning="The party is paid to this account from now on, in the place of `replaces`.",
    example={**_ACCOUNT, "replaces": _OTHER},
)
def bank_account_activated(event: BankAccountActivated) -> Subject:
    return _subject(event.account_id, event.party_id, event.livemode, event.activated_at, {"replaces": event.replaces})


@publishes(
    BankAccountRetired,
    event_type="bank_account.retired",
    meaning="The party is not paid to this account any more; `replacedBy` is null where no account took its place.",
    example={**_ACCOUNT, "replacedBy": _OTHER},
)
def bank_account_retired(event: BankAccountRetired) -> Subject:
    return _subject(
        event.account_id, event.party_id, event.livemode, event.retired_at, {"replaced_by": event.replaced_by}
    )


@publishes(
    BankAccountRejected,
    event_type="bank_account.rejected",
    meaning="The account will not be paid to: it was not signed, or taken back before.",
    example=_ACCOUNT,
)
def bank_account_rejected(event: BankAccountRejected) -> Subject:
    return _subject(event.account_id, event.party_id, event.livemode, event.rejected_at, {})


def _subject(account_id: str, party_id: str, livemode: bool, at: datetime, more: Mapping[str, Any]) -> Subject:
    return Subject(account_id, "bank_account", livemode, at, {"party_id": party_id, **more})
