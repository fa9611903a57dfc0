"""What is counted: entries and addenda, cents by direction, and the entry hash (A3)."""

from dataclasses import dataclass

HASH_MODULUS = 10**10


@dataclass(slots=True)
class Sums:
    """`entry_hash` is the sum of the eight-digit RDFI numbers; its ten low-order digits are what is written."""

    entries: int = 0
    addenda: int = 0
    debit: int = 0
    credit: int = 0
    entry_hash: int = 0

    def add(self, other: "Sums") -> None:
        self.entries += other.entries
        self.addenda += other.addenda
        self.debit += other.debit
        self.credit += other.credit
        self.entry_hash = (self.entry_hash + other.entry_hash) % HASH_MODULUS

    @property
    def records(self) -> int:
        """The entry/addenda count of records 8 and 9."""
        return self.entries + self.addenda

    @property
    def written_hash(self) -> int:
        return self.entry_hash % HASH_MODULUS
