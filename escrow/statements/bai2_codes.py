"""Type codes of BAI2: what a balance is, and which way a detail moves money (X9.121, common US codes)."""

OPENING_LEDGER = "010"
CLOSING_LEDGER = "015"
NO_MONEY = "890"

NAMES = {
    "010": "Opening ledger",
    "015": "Closing ledger",
    "040": "Opening available",
    "045": "Closing available",
    "100": "Total credits",
    "115": "Lockbox deposit",
    "142": "ACH credit received",
    "165": "Preauthorised ACH credit",
    "166": "ACH settlement, credit",
    "169": "Miscellaneous ACH credit",
    "174": "Other deposit",
    "175": "Check deposit package",
    "195": "Incoming money transfer",
    "206": "Book transfer, credit",
    "275": "ZBA credit",
    "301": "Commercial deposit",
    "354": "Interest credit",
    "357": "Credit adjustment",
    "366": "Bank card deposit",
    "399": "Miscellaneous credit",
    "400": "Total debits",
    "451": "ACH debit received",
    "455": "Preauthorised ACH debit",
    "466": "ACH settlement, debit",
    "469": "Miscellaneous ACH debit",
    "475": "Check paid",
    "495": "Outgoing money transfer",
    "506": "Book transfer, debit",
    "555": "Deposited item returned",
    "557": "Individual ACH return item",
    "575": "ZBA debit",
    "631": "Debit adjustment",
    "661": "Account analysis fee",
    "698": "Miscellaneous fees",
    "699": "Miscellaneous debit",
    "890": "No money",
}
_CREDITS, _DEBITS = range(100, 400), range(400, 700)


def direction(code: str) -> int:
    """1 where a detail of this code brought money in, -1 where it took money out, 0 where the code does not say."""
    number = int(code)
    return 1 if number in _CREDITS else -1 if number in _DEBITS else 0


def name(code: str) -> str:
    """The code in words; of one the table does not have, which way it goes."""
    return NAMES.get(code) or {1: "Credit", -1: "Debit", 0: "Unknown"}[direction(code)]
