"""What a key is for. Each purpose has its own master key, its own data keys and its own clock of rotation."""

from enum import StrEnum


class Purpose(StrEnum):
    """The number of a purpose is part of every ciphertext and never changes meaning."""

    PAYMENT = "PAYMENT"
    ACH = "ACH"
    ESCROW = "ESCROW"
    DATABASE = "DATABASE"
    AUDIT = "AUDIT"

    @property
    def number(self) -> int:
        return _NUMBERS[self]


_NUMBERS = {Purpose.PAYMENT: 1, Purpose.ACH: 2, Purpose.ESCROW: 3, Purpose.DATABASE: 4, Purpose.AUDIT: 5}
