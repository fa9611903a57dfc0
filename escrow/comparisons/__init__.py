"""What is compared with what: one statement for each comparison, over all escrows of a book at once.

Each returns the rows that do not agree: kind, subject, scope, account, currency, expected, actual, detail. No rows: the
comparison holds. Parameters are `book`, `livemode`, `now` and the dated limits of `escrow.parameters_reconciliation`.
"""

from escrow.comparisons import bank, entries, holdings, rail, rail_files, records
from escrow.comparisons.comparison import Comparison

ALL: tuple[Comparison, ...] = (*holdings.ALL, *entries.ALL, *bank.ALL, *records.ALL, *rail.ALL, *rail_files.ALL)

__all__ = ["ALL", "Comparison"]
