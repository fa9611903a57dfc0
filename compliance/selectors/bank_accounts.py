"""Reads of payout accounts."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from compliance.enums import BankAccountState
from compliance.models import BankAccount, Party
from core.errors import Refusal


class BankAccountNotFound(Refusal):
    code = "BANK_ACCOUNT_NOT_FOUND"
    status = 404
    title = "No such bank account"


def get(*, account_id: str, livemode: bool) -> BankAccount:
    """One account of the mode, with its party. Raises BankAccountNotFound."""
    found = all_of(livemode=livemode).filter(account_id=account_id).first()
    if found is None:
        raise BankAccountNotFound(f"no bank account is named {account_id[:40]}")
    return found


def all_of(*, livemode: bool) -> QuerySet[BankAccount]:
    """Accounts of the mode without what is sealed, for pages."""
    return BankAccount.objects.filter(livemode=livemode).select_related("party").defer("sealed")


def list_newest(*, livemode: bool, state: str = "", party_id: str = "") -> QuerySet[BankAccount]:
    """For the list of the console; empty means any."""
    found = all_of(livemode=livemode)
    if state:
        found = found.filter(state=state)
    if party_id:
        # The party as one value, found first, so that an index on (party, created_at) also gives the order.
        found = found.filter(party=Party.objects.filter(livemode=livemode, party_id=party_id).values("pk")[:1])
    return found


def find_payout(party: Party, *, at: datetime) -> BankAccount | None:
    """The account the party was or is paid to at a moment."""
    paid_to = Q(ended_at=None) | Q(ended_at__gt=at)
    return BankAccount.objects.filter(paid_to, party=party, activated_at__lte=at).order_by("-activated_at").first()


def find_active(party: Party) -> BankAccount | None:
    return BankAccount.objects.filter(party=party, state=BankAccountState.ACTIVE).first()


def had_any(party: Party) -> bool:
    """Whether the party was ever paid to an account: the next one is a changed one."""
    return BankAccount.objects.filter(party=party, activated_at__isnull=False).exists()


def list_sharing(fingerprints: Iterable[str]) -> list[BankAccount]:
    """Every account, of whatever state, that is one of those: one statement, with their parties, oldest first."""
    wanted = sorted({fingerprint for fingerprint in fingerprints if fingerprint})
    if not wanted:
        return []
    found = BankAccount.objects.filter(fingerprint__in=wanted).select_related("party").defer("sealed")
    return list(found.order_by("fingerprint", "id"))


def others_sharing(account: BankAccount) -> list[BankAccount]:
    """Accounts of other parties that are the same account at the same bank."""
    return [each for each in list_sharing([account.fingerprint]) if each.party_id != account.party_id]


def list_due(*, now: datetime, limit: int) -> list[str]:
    """Ids of signed accounts that have cooled off, the longest waiting first."""
    due = BankAccount.objects.filter(
        state=BankAccountState.PENDING, active_from__isnull=False, active_from__lte=now
    ).order_by("active_from", "id")
    return list(due.values_list("account_id", flat=True)[:limit])
