"""What the reason codes of the card networks mean. A code nobody knows is OTHER; the code itself is always kept.

Visa: `10.4`; Mastercard: `4837`; American Express: `F29`; Discover: `UA02`.
"""

from payments.enums import ChargebackKind

_CODES: dict[ChargebackKind, tuple[str, ...]] = {
    ChargebackKind.FRAUD: (
        "10.1", "10.2", "10.3", "10.4", "10.5", "4837", "4840", "4849", "4863", "4870", "4871",
        "F10", "F14", "F24", "F29", "F30", "F31", "FR2", "FR4", "FR6", "UA01", "UA02", "UA05", "UA06",
    ),
    ChargebackKind.NOT_RECEIVED: ("13.1", "4855", "C08", "RG"),
    ChargebackKind.NOT_AS_DESCRIBED: ("13.3", "13.4", "13.5", "4853", "C31", "C32", "RM"),
    ChargebackKind.NOT_REFUNDED: ("13.6", "13.7", "4860", "C02", "C04", "C05", "RN2"),
    ChargebackKind.DUPLICATE: ("12.5", "12.6", "12.6.1", "12.6.2", "4831", "4834", "P05", "P08", "DP", "AA"),
}  # fmt: skip
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes}


def kind_of(reason_code: str) -> ChargebackKind:
    return _KINDS.get(reason_code.strip().upper(), ChargebackKind.OTHER)
