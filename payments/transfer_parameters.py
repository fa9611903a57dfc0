"""Dated configuration of transfers, payouts and account verification. How many a caller may make an hour and a day is
`throttle.ach.create` and `throttle.ach.create_same_day` (core.api.parameters): the same numbers, counted exactly."""

from datetime import datetime

from core.parameters import services as parameters

for _name, _value, _unit, _meaning in (
    ("review_from_minor", 2_500_000, "minor units", "From this amount a transfer waits for a person's judgement"),
    ("approval_from_minor", 10_000_000, "minor units", "From this amount a transfer waits for signatures"),
    ("maximum_minor", 500_000_000, "minor units", "A transfer above it is refused"),
    ("review_hours", 72, "hours", "A transfer that nobody has judged by then is declined"),
    ("consumer_hold_banking_days", 2, "banking days", "A consumer's debit is held so much longer"),
    ("new_account_hold_banking_days", 2, "banking days", "The first debit of an account is held so much longer"),
    ("exposure_minor", 1_000_000, "minor units", "From this amount a debit is held longer"),
    ("exposure_hold_banking_days", 3, "banking days", "So much longer is it held then"),
    ("micro_largest_minor", 99, "minor units", "Largest micro-entry"),
    ("micro_tries", 3, "tries", "How often the amounts of micro-entries may be guessed"),
    ("micro_days", 10, "days", "How long the amounts of micro-entries can be confirmed"),
    ("micro_an_account_a_month", 3, "verifications", "How often in thirty days one account gets micro-entries"),
    ("micro_a_day", 200, "verifications", "How many verifications by micro-entries a day begin in one mode"),
    ("micro_returned_percent", 15, "percent", "From this share of returned ones in thirty days none begins any more"),
    ("micro_returned_least", 20, "verifications", "Below so many in thirty days that share says nothing"),
    ("payout_hour", 9, "hour of the day", "When scheduled payouts are made, Eastern"),
    ("payout_retry_minutes", 60, "minutes", "A scheduled payout that was refused is tried again after this"),
):
    parameters.declare(f"payments.ach_{_name}", _value, unit=_unit, meaning=_meaning, minimum=0)
parameters.declare(
    "payments.ach_test_accounts_need_verification", False, unit="yes or no",
    meaning="Whether accounts of test data have to be verified before they are paid to",
)  # fmt: skip


def number(name: str, at: datetime) -> int:
    """One of the numbers above: `number("micro_tries", now)`."""
    return int(parameters.read(f"payments.ach_{name}", at=at))


def is_verification_needed(*, livemode: bool, at: datetime) -> bool:
    return livemode or bool(parameters.read("payments.ach_test_accounts_need_verification", at=at))
