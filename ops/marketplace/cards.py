"""Card numbers for the sandbox: valid by Luhn, one per customer, under a prefix that no issuer uses for people."""

import hashlib

SANDBOX_PREFIX = "424242"


def number_for(customer: str) -> str:
    """16 digits that are always the same for the same customer."""
    digest = int.from_bytes(hashlib.sha256(customer.encode()).digest()[:8], "big")
    body = f"{SANDBOX_PREFIX}{digest % 10**9:09d}"
    return body + _check_digit(body)


def _check_digit(body: str) -> str:
    total = 0
    for position, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
