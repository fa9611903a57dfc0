"""The life of an entry and of a file as tables. The database checks the same tables again.

    WAITING ⇄ HELD, PARKED        a person or a correction is waited for
    WAITING ─▶ FILED ─▶ SENT ─▶ ACKNOWLEDGED ─▶ SETTLED
    FILED ─▶ WAITING              its file was withdrawn and not rebuilt
    SENT, ACKNOWLEDGED, SETTLED ─▶ RETURNED
    WAITING, HELD, PARKED ─▶ CANCELLED

A rebuilt file takes its entries over, with their traces: they stay FILED, or are FILED again where the bank refused the
first one.
"""

from ach.enums import EntryState, FileState
from core.errors import Refusal

_E, _F = EntryState, FileState

ENTRY_EDGES: dict[EntryState, frozenset[EntryState]] = {
    _E.WAITING: frozenset({_E.HELD, _E.PARKED, _E.FILED, _E.CANCELLED}),
    _E.HELD: frozenset({_E.WAITING, _E.CANCELLED}),
    _E.PARKED: frozenset({_E.WAITING, _E.CANCELLED}),
    _E.FILED: frozenset({_E.WAITING, _E.PARKED, _E.SENT}),
    _E.SENT: frozenset({_E.FILED, _E.ACKNOWLEDGED, _E.SETTLED, _E.RETURNED}),
    _E.ACKNOWLEDGED: frozenset({_E.FILED, _E.SETTLED, _E.RETURNED}),
    _E.SETTLED: frozenset({_E.RETURNED}),
    _E.RETURNED: frozenset(),
    _E.CANCELLED: frozenset(),
}

FILE_EDGES: dict[FileState, frozenset[FileState]] = {
    _F.PLANNED: frozenset({_F.BUILT, _F.WITHDRAWN}),
    _F.BUILT: frozenset({_F.UNSIGNED, _F.READY, _F.WITHDRAWN}),
    _F.UNSIGNED: frozenset({_F.READY, _F.WITHDRAWN}),
    _F.READY: frozenset({_F.DELIVERED, _F.WITHDRAWN}),
    _F.DELIVERED: frozenset({_F.ACKNOWLEDGED, _F.REJECTED}),
    _F.ACKNOWLEDGED: frozenset({_F.REJECTED}),
    _F.REJECTED: frozenset(),
    _F.WITHDRAWN: frozenset(),
}


class EntryStateForbids(Refusal):
    """The entry has gone on meanwhile."""

    code = "ACH_ENTRY_STATE_FORBIDS"
    status = 409
    title = "The entry cannot do this now"


class FileStateForbids(Refusal):
    """The file has gone on meanwhile."""

    code = "ACH_FILE_STATE_FORBIDS"
    status = 409
    title = "The file cannot do this now"
