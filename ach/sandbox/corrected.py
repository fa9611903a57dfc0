"""What a notification of change says is right: made up from the entry, always another than it had. Pure."""

from ach.nacha.codes import TRANSACTION_CODES, AccountType
from ach.nacha.records import Entry

# Examples of routing numbers, not those of the entry.
_BANKS = ("123456780", "011111111")
_MAGIC, _PLAIN = "7000", "8000"
# Columns 1-9 and 13-29 of C03, 1-17 and 21-22 of C06, 1-9, 10-26 and 27-28 of C07.
_FORMS = {
    "C01": "{account:<17}",
    "C02": "{routing}",
    "C03": "{routing}   {account:<17}",
    "C04": "{name:<22}",
    "C05": "{transaction_code}",
    "C06": "{account:<17}   {transaction_code}",
    "C07": "{routing}{account:<17}{transaction_code}",
    "C09": "{identification}",
}


def data(code: str, entry: Entry) -> str:
    """Columns 36-64; empty for a code that corrects nothing."""
    return _FORMS.get(code, "").format(
        account=account(entry.account),
        routing=routing(entry.routing),
        name=name(entry.name),
        transaction_code=transaction_code(entry.transaction_code),
        identification=f"ID{entry.identification}"[:15],
    )


def account(number: str) -> str:
    """The same number without its magic, so that what is sent to it settles."""
    head, _, tail = number.rpartition(_MAGIC)
    return f"{head}{_PLAIN}{tail}" if number[-7:-3] == _MAGIC else f"{number[:16]}9"


def routing(number: str) -> str:
    return next(each for each in _BANKS if each != number)


def name(written: str) -> str:
    return f"{written[:19].rstrip()} JR"


def transaction_code(code: str) -> str:
    """A checking account turns out to be savings, anything else to be checking."""
    savings = TRANSACTION_CODES[code].account is AccountType.CHECKING
    return f"{3 if savings else 2}{code[1]}"
