"""The ten columns that say what a batch is for: which of them the rules prescribe, and to whom they are closed. Pure.

Source: Nacha operating rules, company entry descriptions (PAYROLL and PURCHASE in force since 20 March 2026).
"""

from types import MappingProxyType

REVERSAL, RETRY, MICRO = "REVERSAL", "RETRY PYMT", "ACCTVERIFY"
PAYROLL, PURCHASE = "PAYROLL", "PURCHASE"
_OF_KIND = MappingProxyType({"REVERSAL": REVERSAL, "RETRY": RETRY, "MICRO": MICRO})
# What says something about an entry that we do not send.
_NEVER = frozenset({
    "RETURN FEE", "REDEPCHECK", "AUTOENROLL", "HCCLAIMPMT", "RECLAIM", "NONSETTLED", "NO CHECK",
})  # fmt: skip
_PURCHASES = frozenset({"WEB", "TEL"})


def of_kind(kind: str) -> str:
    """What the rules prescribe for an entry of that kind, or nothing."""
    return _OF_KIND.get(kind, "")


def problem(description: str, *, kind: str, sec: str, direction: str) -> str:
    """Why the entry may not be described so, or nothing. Case does not hide a prescribed description."""
    said = description.strip().upper()
    prescribed = _OF_KIND.get(kind)
    if prescribed and description != prescribed:
        return f"must be {prescribed}"
    if not prescribed and (said in _OF_KIND.values() or said in _NEVER):
        return f"{said} is for other entries"
    if said.startswith(PAYROLL) and (sec, direction) != ("PPD", "CREDIT"):
        return f"{PAYROLL} is for credits that pay wages to persons (PPD)"
    if said == PURCHASE and not (sec in _PURCHASES and direction == "DEBIT"):
        return f"{PURCHASE} is for purchases that a person authorized online (WEB or TEL debits)"
    if said.startswith((PAYROLL, PURCHASE)) and not description.startswith((PAYROLL, PURCHASE)):
        return "is written in capitals"
    return ""
