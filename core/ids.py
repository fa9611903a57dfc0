"""Public identifiers. The forms are documented in the API and never change meaning.

| object | form | example |
| --- | --- | --- |
| payment | `pay_<epoch ms>_<9 base-36>` | `pay_1703123456789_k2n8m9p1q` |
| transaction | `txn_<epoch ms>_<9 base-36>` | `txn_1703123456789_x4y7z2a5b` |
| escrow | `ESC_<epoch ms>_<8 upper base-36>` | `ESC_1703123456789_ABCDEF12` |
| ACH transfer | `ACH<epoch ms><4 upper base-36>` | `ACH1703123456789ABCD` |
| approval | `apr_<10 base-36 of epoch ms><14 base-36>` | `apr_0lq9ilnhwp…`, as everything else |
| everything else | `<prefix>_<10 base-36 of epoch ms><14 base-36>` | `case_0lq9ilnhwp…` sorts by time |
"""

import re
import secrets
from datetime import datetime

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"

PAYMENT_ID = re.compile(r"^pay_[0-9]{13}_[0-9a-z]{9}\Z", re.ASCII)
TRANSACTION_ID = re.compile(r"^txn_[0-9]{13}_[0-9a-z]{9}\Z", re.ASCII)
ESCROW_ID = re.compile(r"^ESC_[0-9]{13}_[0-9A-Z]{8}\Z", re.ASCII)
ACH_TRANSFER_ID = re.compile(r"^ACH[0-9]{13}[0-9A-Z]{4}\Z", re.ASCII)
# Names given by clients (`cus_abc123`, `provider_456`): letters, digits, `_ - .`
PARTY_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.\-]{1,63}\Z", re.ASCII)


def payment(now: datetime) -> str:
    return f"pay_{_milliseconds(now)}_{_random(9)}"


def transaction(now: datetime) -> str:
    return f"txn_{_milliseconds(now)}_{_random(9)}"


def escrow(now: datetime) -> str:
    return f"ESC_{_milliseconds(now)}_{_random(8).upper()}"


def ach_transfer(now: datetime) -> str:
    return f"ACH{_milliseconds(now)}{_random(4).upper()}"


def prefixed(prefix: str, now: datetime) -> str:
    """`case_…`, `evt_…`, `tok_…`: sorts by the millisecond it was made in, 72 random bits."""
    return f"{prefix}_{_base36(_milliseconds(now), 10)}{_random(14)}"


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def _random(length: int) -> str:
    return _base36(secrets.randbelow(36**length), length)


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
    return digits.rjust(width, "0")
