"""Whose accounts and whose balances a transfer is between.

A CREDIT is paid from the balance of whoever the from-side is and goes to the to-account; a DEBIT comes from the
from-account and ends in the balance of whoever the to-side is. The side with us may be named by an account of the party
or by the party itself.
"""

from dataclasses import dataclass, field
from datetime import datetime

from ach.enums import Direction
from compliance.enums import PARTY_CREATED_UNVERIFIED, PartyType
from compliance.models import BankAccount, Party
from compliance.selectors import bank_accounts as accounts
from compliance.selectors import parties as register
from compliance.services import parties, sandbox_accounts
from compliance.services.bank_accounts import BankAccountExists, BankAccountPending
from compliance.services.parties import PartyRef, PartyTypesDiffer
from core.actors import Actor
from core.errors import FieldError
from core.vault import envelope
from core.vault.purposes import Purpose
from payments.services.transfer_orders import TransferOrder
from payments.transfer_refusals import AccountVerificationFailed

FROM, TO = "/fromAccountId", "/toAccountId"


@dataclass(slots=True)
class Sides:
    """`outside` is the account the entry goes to, `with_us` the account that names the side with us, if one does.

    `entered` are accounts that test mode has made a moment ago.
    """

    payer: Party
    payee: Party
    outside: BankAccount
    with_us: BankAccount | None
    customer: Party | None = None
    flags: list[str] = field(default_factory=list)
    entered: bool = False

    def parties(self) -> list[Party]:
        return list({each.pk: each for each in (self.payer, self.payee, self.customer) if each is not None}.values())


def names(order: TransferOrder, *, livemode: bool) -> tuple[str, str]:
    """Ids of payer and payee as far as they are known before anything is entered, for the memory of fraud."""
    payer, payee = (_name(each, livemode) for each in (order.from_account, order.to_account))
    if order.customer is not None:
        payer = order.customer.customer_id
    return payer, payee


def resolve(order: TransferOrder, *, livemode: bool, actor: Actor, now: datetime) -> Sides:
    """In the caller's transaction. Test mode enters unknown parties and accounts and flags it; live mode refuses.

    Raises PartyNotFound, PartyTypesDiffer, PartyNotEligible, AccountVerificationFailed.
    """
    flags: list[str] = []
    customer = _customer(order, livemode=livemode, actor=actor, now=now, flags=flags)
    is_credit = order.type == Direction.CREDIT
    outside_id, ours_id = (
        (order.to_account, order.from_account) if is_credit else (order.from_account, order.to_account)
    )
    outside_at, ours_at = (TO, FROM) if is_credit else (FROM, TO)
    owner = None if is_credit else customer
    known = accounts.all_of(livemode=livemode).filter(account_id=outside_id).exists()
    outside = _account(outside_id, owner, outside_at, livemode=livemode, actor=actor, now=now, flags=flags)
    if outside is None:
        raise _unknown(outside_at, "names no bank account")
    with_us = _account(ours_id, None, ours_at, livemode=livemode, actor=actor, now=now, flags=flags)
    us = with_us.party if with_us else register.list_by_id(party_ids=[ours_id], livemode=livemode).get(ours_id)
    if us is None:
        raise _unknown(ours_at, "names no account and no party")
    if us.type != PartyType.PROVIDER:
        raise PartyTypesDiffer(f"{us.party_id} has no balance here")
    payer, payee = (us, outside.party) if is_credit else (outside.party, us)
    sides = Sides(payer, payee, outside, with_us, customer, flags, entered=not known)
    parties.require_good_standing(*sides.parties())
    return sides


def open_keys(order: TransferOrder, *, livemode: bool) -> None:
    """Before the transaction in which `resolve` may seal an account nobody has entered. Raises VaultUnavailable."""
    if not livemode and any(sandbox_accounts.is_one(side) for side in (order.from_account, order.to_account)):
        envelope.warm(Purpose.ACH)


def _name(side: str, livemode: bool) -> str:
    owner = accounts.all_of(livemode=livemode).filter(account_id=side).values_list("party__party_id", flat=True).first()
    if owner is not None:
        return owner
    return sandbox_accounts.party_id(side) if sandbox_accounts.is_one(side) else side


def _customer(order: TransferOrder, *, livemode: bool, actor: Actor, now: datetime, flags: list[str]) -> Party | None:
    """A known party of either type: a provider may be the customer of its own payout."""
    if order.customer is None:
        return None
    wanted = order.customer.customer_id
    known = register.list_by_id(party_ids=[wanted], livemode=livemode).get(wanted)
    return known or _entered(PartyRef(wanted, PartyType.CUSTOMER), livemode=livemode, actor=actor, now=now, flags=flags)


def _entered(ref: PartyRef, *, livemode: bool, actor: Actor, now: datetime, flags: list[str]) -> Party:
    ensured = parties.ensure_many(references=[ref], livemode=livemode, actor=actor, now=now)[ref.party_id]
    if ensured.created:
        flags.append(f"{PARTY_CREATED_UNVERIFIED}:{ref.party_id}")
    return ensured.party


def _account(
    account_id: str, owner: Party | None, pointer: str, *, livemode: bool, actor: Actor, now: datetime,
    flags: list[str],
) -> BankAccount | None:  # fmt: skip
    found = accounts.all_of(livemode=livemode).filter(account_id=account_id).first()
    if found is not None or livemode or not sandbox_accounts.is_one(account_id):
        return found
    ref = PartyRef(sandbox_accounts.party_id(account_id), PartyType.PROVIDER)
    party = owner or _entered(ref, livemode=livemode, actor=actor, now=now, flags=flags)
    try:
        made = sandbox_accounts.create(account_id=account_id, party=party, actor=actor, now=now)
    except (BankAccountExists, BankAccountPending):
        raise _unknown(pointer, f"names no account, and {party.party_id} has another one") from None
    flags.append(f"{sandbox_accounts.ACCOUNT_CREATED_UNVERIFIED}:{account_id}")
    return made


def _unknown(pointer: str, reason: str) -> AccountVerificationFailed:
    return AccountVerificationFailed(f"{pointer[1:]} {reason}", errors=(FieldError(pointer, reason),))
