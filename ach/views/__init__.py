"""Pages of the rail; importing them registers them."""

from ach.views import (
    calendar,
    cases,
    changes,
    entries,
    entry_acts,
    file_acts,
    file_records,
    files,
    inbound,
    overview,
    policies,
    rates,
    search,
    stops,
    suspense,
)

__all__ = [
    "calendar",
    "cases",
    "changes",
    "entries",
    "entry_acts",
    "file_acts",
    "file_records",
    "files",
    "inbound",
    "overview",
    "policies",
    "rates",
    "search",
    "stops",
    "suspense",
]
