"""What each field of a record is called and means, for people who read a file. Pure.

Source: Nacha operating rules, appendix three (records 1, 5, 6, 7, 8 and 9). Names are those of `ach.nacha.layout`.
"""

from types import MappingProxyType
from typing import NamedTuple

from ach.nacha import addenda, records
from ach.nacha.layout import Layout


class Meaning(NamedTuple):
    label: str
    says: str


# Fields that mean the same in whatever record they stand.
_EVERYWHERE = """
record_type|Record type|1 file header, 5 batch header, 6 entry, 7 addenda, 8 batch control, 9 file control
service_class|Service class|200 debits and credits, 220 credits only, 225 debits only, 280 accounting advices
company_id|Company identification|who sends, as agreed with the bank: mostly a 1 and the tax number
odfi|Originating bank|first eight digits of the routing number of the bank that sends (ODFI)
batch_number|Batch number|numbers the batches of a file, the same in header and control
entry_hash|Entry hash|sum of the first eight routing digits of all entries, its last ten digits
entry_addenda_count|Entries and addenda|how many records 6 and 7 there are
debit|Total of debits|in cents
credit|Total of credits|in cents
reserved|Reserved|left blank
reserved_too|Reserved|left blank
trace|Trace number|bank and running number by which everything about an entry is found again
original_trace|Trace of the original|the entry that this answers
original_rdfi|Receiving bank of the original|first eight digits of its routing number
type_code|Addenda type|05 payment information, 98 change, 99 return
information|Information|what the sender tells the receiver, or why the bank returns
code|Reason code|R return, C change; what it means is in the list of codes
corrected_data|Corrected data|the right values, in places that the code prescribes
return_trace|Trace of the return|the return that this answers
return_settled_on|Return settled on|day of the year
return_reason|Reason of the return|its code without the R
"""
_OF_RECORD = """
file header|priority_code|Priority|always 01
file header|destination|Destination|a blank and the routing number of the bank that receives the file
file header|origin|Origin|who sends the file, as agreed with the bank
file header|created_on|Created on|YYMMDD, Eastern
file header|created_at|Created at|HHMM, Eastern
file header|modifier|Modifier|tells files of the same minute apart, and a rebuilt one from the first
file header|record_size|Record size|always 094
file header|blocking_factor|Blocking factor|always 10: files end on full blocks of ten records
file header|format_code|Format|always 1
file header|destination_name|Name of the destination|the bank
file header|origin_name|Name of the origin|the sender
file header|reference|Reference|for the sender's own use
batch header|company_name|Company name|as the receiver sees it on a statement
batch header|discretionary_data|Discretionary data|for the sender's own use
batch header|sec_code|Entry class|SEC code: by what kind of authorization the entries are made
batch header|description|Entry description|what the entries are for, on the receiver's statement
batch header|descriptive_date|Descriptive date|shown to the receiver, decides nothing
batch header|effective_on|Effective entry date|YYMMDD on which the sender wants it to settle
batch header|settled_on|Settlement date|day of the year; the operator fills it
batch header|originator_status|Originator status|1 is a bank that answers for its senders
entry|transaction_code|Transaction code|2x checking, 3x savings; x2 credit, x7 debit, x3 x8 prenotes, x1 x6 returns
entry|routing|Receiving bank|routing number of the receiver's bank (RDFI), its ninth digit checks the others
entry|account|Account number|of the receiver; only its end is shown
entry|amount|Amount|in cents; a prenote has none
entry|identification|Identification|by which the sender knows the receiver; not shown
entry|addenda_count|Addenda|how many records 7 follow
entry|name|Name|of the receiver; not shown
entry|discretionary|Payment type|R recurring, S single in WEB and TEL; else for the banks' own use
entry|addenda_indicator|Addenda follow|1 yes, 0 no
addenda|sequence|Sequence|numbers the addenda of an entry
addenda|entry_sequence|Entry|last seven digits of the trace of the entry above
addenda|change_code|Change code|of the notification that is refused
addenda|notice_sequence|Notification|end of the trace of the notification that is refused
addenda|died_on|Date of death|with R14 and R15
addenda|original_returned_on|Returned on|YYMMDD of the original return
addenda|original_settled_on|Settled on|day of the year on which the original settled
addenda|dishonored_trace|Trace of the dishonored return|
addenda|dishonored_settled_on|Dishonored return settled on|day of the year
addenda|dishonored_reason|Reason of dishonor|its code without the R
batch control|authentication_code|Authentication code|of a message the banks may have agreed; blank
file control|batch_count|Batches|how many there are
file control|block_count|Blocks|of ten records, padding included
"""


def _table() -> dict[tuple[str, str], Meaning]:
    found = {}
    for row in _EVERYWHERE.strip().splitlines():
        name, label, says = row.split("|")
        found["", name] = Meaning(label, says)
    for row in _OF_RECORD.strip().splitlines():
        record, name, label, says = row.split("|")
        found[record, name] = Meaning(label, says)
    return found


MEANINGS = MappingProxyType(_table())
LAYOUTS: tuple[Layout, ...] = (
    records.FILE_HEADER, records.BATCH_HEADER, records.ENTRY, records.CTX_ENTRY, addenda.PAYMENT, addenda.NOTICE,
    addenda.REFUSED, addenda.RETURN, addenda.DISHONORED, addenda.CONTESTED, records.BATCH_CONTROL,
    records.FILE_CONTROL,
)  # fmt: skip


def meaning(record: str, field: str) -> Meaning:
    """Raises KeyError for a field that no layout has."""
    return MEANINGS.get((record, field)) or MEANINGS["", field]
