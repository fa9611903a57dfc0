"""How many micro-entries go out and come back: the rules ask whoever sends them to watch both."""

from datetime import datetime, timedelta

from compliance.models import BankAccount
from payments.models import AccountVerification
from payments.selectors import verifications as register
from payments.transfer_enums import VerificationMethod
from payments.transfer_parameters import number
from payments.transfer_refusals import VelocityLimitExceeded


def require_room(account: BankAccount, *, livemode: bool, now: datetime) -> None:
    """What the rules call monitoring of forward and return volumes. Raises VelocityLimitExceeded."""
    mine = AccountVerification.objects.filter(
        account__fingerprint=account.fingerprint, method=VerificationMethod.MICRO_ENTRIES,
        created_at__gt=now - timedelta(days=30),
    )  # fmt: skip
    if mine.count() >= number("micro_an_account_a_month", now):
        raise VelocityLimitExceeded(
            "this account has had its micro-entries", wait=timedelta(days=1), limit="micro_entries.per_account"
        )
    today, _ = register.micro_volumes(livemode=livemode, now=now, days=1)
    if today >= number("micro_a_day", now):
        raise VelocityLimitExceeded(
            "no more micro-entries today", wait=timedelta(hours=1), limit="micro_entries.per_day"
        )
    begun, failed = register.micro_volumes(livemode=livemode, now=now)
    is_told = begun >= number("micro_returned_least", now)
    if is_told and failed * 100 >= begun * number("micro_returned_percent", now):
        raise VelocityLimitExceeded(
            "too many micro-entries came back; a person has to look", wait=timedelta(days=1),
            limit="micro_entries.returned",
        )  # fmt: skip
