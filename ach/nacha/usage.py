"""Which transaction codes a batch may hold, from its SEC code, service class and description; the reason where not."""

from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from ach.nacha.codes import SEC_CODES, TRANSACTION_CODES, Kind, SecCode, ServiceClass, TransactionCode

_ANSWERS = MappingProxyType({
    ServiceClass.CREDITS.value: "a batch of credits (220) holds no debit",
    ServiceClass.DEBITS.value: "a batch of debits (225) holds no credit",
})  # fmt: skip


class Use(NamedTuple):
    """`paid`: the amount must be above zero (True), zero (False), or may be either (None)."""

    is_debit: bool
    paid: bool | None
    kind: Kind


@lru_cache(maxsize=256)
def table(sec_code: str, service_class: str, reverses: bool) -> MappingProxyType[bytes, Use]:
    """The allowed codes, as they stand in columns 2-3."""
    return MappingProxyType({
        code.encode(): use_of(each, sec_code)
        for code, each in TRANSACTION_CODES.items()
        if not refusal(each, sec_code, service_class, reverses)
    })  # fmt: skip


def use_of(code: TransactionCode, sec_code: str) -> Use:
    if sec_code == "COR":
        return Use(code.is_debit, False, code.kind)
    paid = {Kind.LIVE: True, Kind.PRENOTE: False, Kind.ZERO_DOLLAR: False}.get(code.kind)
    return Use(code.is_debit, paid, code.kind)


def refusal(code: TransactionCode, sec_code: str, service_class: str, reverses: bool) -> str:
    """Why the batch may not hold the code, or nothing."""
    if (code.kind is Kind.ACCOUNTING) is not (sec_code == "ADV"):
        return f"transaction code {code.code} does not belong in {sec_code}"
    if code.reversal_only and not reverses:
        return f"transaction code {code.code} only reverses, in a batch described REVERSAL"
    if service_class == (ServiceClass.CREDITS if code.is_debit else ServiceClass.DEBITS):
        return _ANSWERS[service_class]
    sec = SEC_CODES.get(sec_code)
    if sec is None or code.kind in (Kind.RETURN, Kind.ACCOUNTING):
        return ""
    return _forward_refusal(code, sec, reverses)


def _forward_refusal(code: TransactionCode, sec: SecCode, reverses: bool) -> str:
    if sec.code == "COR":
        return "a notification of change carries the code of a return (21, 26, 31, 36 ...)"
    if code.kind is Kind.ZERO_DOLLAR and not sec.zero_dollar:
        return f"{sec.code} has no zero-dollar entries"
    if not reverses and not (sec.debits if code.is_debit else sec.credits):
        return f"{sec.code} has no {code.direction}s" + (" except to reverse" if sec.in_scope else "")
    return ""
