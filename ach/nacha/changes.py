"""Change codes of notifications of change, what each corrects, and the codes by which an ODFI refuses one (A9)."""

from dataclasses import dataclass
from types import MappingProxyType

# Columns within the 29 of corrected data, as a half-open slice.
Part = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class ChangeCode:
    """`parts`: the corrected fields and where they stand. Empty: nothing to apply, a person reads the notice."""

    code: str
    meaning: str
    parts: tuple[Part, ...] = ()


_CHANGES = (
    ChangeCode("C01", "account number", (("account", 0, 17),)),
    ChangeCode("C02", "routing number", (("routing", 0, 9),)),
    ChangeCode("C03", "routing and account number", (("routing", 0, 9), ("account", 12, 29))),
    ChangeCode("C04", "individual or company name", (("name", 0, 22),)),
    ChangeCode("C05", "transaction code", (("transaction_code", 0, 2),)),
    ChangeCode("C06", "account number and transaction code", (("account", 0, 17), ("transaction_code", 20, 22))),
    ChangeCode(
        "C07",
        "routing number, account number and transaction code",
        (("routing", 0, 9), ("account", 9, 26), ("transaction_code", 26, 28)),
    ),
    # Stands in the IAT layout, which the product does not send.
    ChangeCode("C08", "foreign receiving bank identification (IAT)"),
    ChangeCode("C09", "individual identification number", (("identification", 0, 22),)),
    ChangeCode("C13", "addenda format error"),
    ChangeCode("C14", "wrong SEC code for an outbound international payment"),
)
CHANGE_CODES = MappingProxyType({each.code: each for each in _CHANGES})

REFUSAL_CODES = MappingProxyType({
    "C61": "misrouted notification of change",
    "C62": "incorrect trace number",
    "C63": "incorrect company identification",
    "C64": "incorrect individual identification number",
    "C65": "incorrectly formatted corrected data",
    "C66": "incorrect discretionary data",
    "C67": "routing number not from original entry",
    "C68": "account number not from original entry",
    "C69": "incorrect transaction code",
})  # fmt: skip
