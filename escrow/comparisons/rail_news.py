"""What of the rail's news still waits to be followed by the books, as common table expressions.

Whoever follows an entry books all that is missing of it, whichever news it was; only an undone return has to be told as
such. What is parked waits for a person, not for a worker: it does not count.
"""

from ach.events import (
    EntriesSettled,
    EntryCancelled,
    EntryFreed,
    EntryParked,
    EntryReturned,
    FileAcknowledged,
    FileDelivered,
    FileRejected,
    ItemInSuspense,
    ReturnUndone,
    SuspenseResolved,
)
from payments.services.transfer_files import FOLLOW


def _names(*classes: type) -> str:
    return ", ".join(f"'{each.name}'" for each in classes)  # type: ignore[attr-defined]


_FILES = FileDelivered, FileAcknowledged, FileRejected
_ENTRY = EntryReturned, EntryCancelled, EntryParked, EntryFreed, ReturnUndone
_ITEM = ItemInSuspense, SuspenseResolved
_NAMES = _names(*_FILES, *_ENTRY, *_ITEM, EntriesSettled)
# One statement a state: each has its own partial index.
_DELIVERIES = " UNION ALL ".join(
    f"SELECT event_id FROM outbox_delivery WHERE state = '{state}' AND handler LIKE 'payments.%%'"  # noqa: S608
    for state in ("DUE", "RUNNING")
)
_PAGES = " UNION ALL ".join(
    f"SELECT split_part(key, '#', 1), (payload->>'after')::bigint FROM work_workitem"  # noqa: S608
    f" WHERE state = '{state}' AND kind = '{FOLLOW}'"
    for state in ("DUE", "RUNNING")
)

# waiting_file: from which key on the entries of a file will be followed. waiting_entry, waiting_item: by public id.
WAITING = f"""
    waiting_event AS MATERIALIZED (
        SELECT name, payload FROM outbox_event WHERE relayed_at IS NULL AND name IN ({_NAMES})
        UNION ALL
        SELECT name, payload FROM outbox_event WHERE name IN ({_NAMES}) AND id = ANY (ARRAY({_DELIVERIES}))
    ), waiting_file AS (
        SELECT file_id, min(after) AS after
          FROM (SELECT payload->>'file_id', 0::bigint FROM waiting_event WHERE name IN ({_names(*_FILES)})
                UNION ALL {_PAGES}) AS page (file_id, after)
         GROUP BY 1
    ), waiting_entry AS (
        SELECT entry_id, bool_or(undoes) AS undoes
          FROM (SELECT payload->>'entry_id', name = '{ReturnUndone.name}' FROM waiting_event
                 WHERE name IN ({_names(*_ENTRY)})
                UNION ALL
                SELECT jsonb_array_elements_text(payload->'entry_ids'), false FROM waiting_event
                 WHERE name = '{EntriesSettled.name}') AS told (entry_id, undoes)
         GROUP BY 1
    ), waiting_item AS (
        SELECT DISTINCT payload->>'item_id' AS item_id FROM waiting_event WHERE name IN ({_names(*_ITEM)})
    )"""  # noqa: S608
