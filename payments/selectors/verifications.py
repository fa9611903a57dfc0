"""Reads of account verifications."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import Count, F, Q, QuerySet

from compliance.models import BankAccount
from compliance.selectors import bank_accounts as accounts
from core.errors import Refusal
from payments.models import AccountVerification
from payments.transfer_enums import VerificationMethod, VerificationState


class VerificationNotFound(Refusal):
    code: ClassVar[str] = "VERIFICATION_NOT_FOUND"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such verification"


def find_verified(account: BankAccount) -> AccountVerification | None:
    """The latest by which the account counts as verified."""
    found = AccountVerification.objects.filter(account=account, state=VerificationState.VERIFIED)
    return found.order_by("-created_at", "-id").first()


def get(verification_id: str, *, livemode: bool | None = None) -> AccountVerification:
    """Raises VerificationNotFound."""
    named = AccountVerification.objects.select_related("account__party").filter(public_id=verification_id)
    found = (named if livemode is None else named.filter(livemode=livemode)).first()
    if found is None:
        raise VerificationNotFound(f"no verification is named {verification_id[:40]}")
    return found


def list_of(account: BankAccount) -> QuerySet[AccountVerification]:
    """Newest first; `holder` is the id of the party whose account it is."""
    found = AccountVerification.objects.select_related("account__party").filter(account=account)
    return found.annotate(holder=F("account__party__party_id")).order_by("-created_at", "-id")


def accounts_in_mode(*, livemode: bool) -> QuerySet[BankAccount]:
    """Under the same name of their holder."""
    return accounts.all_of(livemode=livemode).annotate(holder=F("party__party_id"))


def micro_volumes(*, livemode: bool, now: datetime, days: int = 30) -> tuple[int, int]:
    """How many verifications by micro-entries began in the last days, and how many of them failed."""
    since = now - timedelta(days=days)
    begun = AccountVerification.objects.filter(
        livemode=livemode, method=VerificationMethod.MICRO_ENTRIES, created_at__gt=since
    )
    counted = begun.aggregate(all=Count("id"), failed=Count("id", filter=Q(state=VerificationState.FAILED)))
    return counted["all"], counted["failed"]
