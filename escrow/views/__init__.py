"""Pages of escrow; importing them registers them."""

from escrow.views import (
    acts,
    amendments,
    bank_statements,
    breaks,
    certificates,
    escrows,
    reconciliation,
    releases,
    timers,
)
from escrow.views import dispute_acts as dispute_acts
from escrow.views import disputes as disputes
from escrow.views import receivables as receivables

__all__ = [
    "acts",
    "amendments",
    "bank_statements",
    "breaks",
    "certificates",
    "escrows",
    "reconciliation",
    "releases",
    "timers",
]
