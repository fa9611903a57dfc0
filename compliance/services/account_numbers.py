"""Account numbers under lock: sealed for the one row that has them, and one fingerprint for one account in one mode."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from compliance.account_numbers import AccountNumber
from compliance.models import BankAccount
from core.vault import envelope
from core.vault.purposes import Purpose


@dataclass(frozen=True, slots=True)
class Sealed:
    """What may be kept of an account number."""

    last4: str
    sealed: bytes = field(repr=False)
    fingerprint: str = field(repr=False)


def seal(*, number: AccountNumber, routing_number: str, account_id: str, party_id: str, livemode: bool) -> Sealed:
    """Raises VaultUnavailable."""
    return Sealed(
        last4=number.shown,
        sealed=envelope.encrypt(
            purpose=Purpose.ACH,
            plaintext=number.clear.encode(),
            context=_context(account_id=account_id, party_id=party_id, livemode=livemode),
        ),
        fingerprint=envelope.blind_index(
            purpose=Purpose.ACH, value=f"account/{_mode(livemode)}/{routing_number}/{number.canonical}"
        ).hex(),
    )


def unseal(account: BankAccount) -> AccountNumber:
    """The number in clear, for the entry that pays to it. Raises VaultUnavailable, UnableToOpen."""
    context = _context(account_id=account.account_id, party_id=account.party.party_id, livemode=account.livemode)
    clear = envelope.decrypt(purpose=Purpose.ACH, ciphertext=bytes(account.sealed), context=context)
    return AccountNumber(clear.decode())


def unseal_many(accounts: Sequence[BankAccount]) -> list[AccountNumber | None]:
    """The same for many, in order; None where a number cannot be opened. Raises VaultUnavailable."""
    items = [
        (
            bytes(account.sealed),
            _context(account_id=account.account_id, party_id=account.party.party_id, livemode=account.livemode),
        )
        for account in accounts
    ]
    opened = envelope.decrypt_many(purpose=Purpose.ACH, items=items)
    return [None if clear is None else AccountNumber(clear.decode()) for clear in opened]


def _context(*, account_id: str, party_id: str, livemode: bool) -> dict[str, str]:
    return {"table": "compliance_bankaccount", "row": account_id, "party": party_id, "mode": _mode(livemode)}


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"
