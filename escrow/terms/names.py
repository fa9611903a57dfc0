"""Who the names in terms are, and which of them may sign.

A name is a staff e-mail (in any case), a party id, or unknown. A party never signs: its confirmation is a condition.
"""

from collections.abc import Mapping

from escrow.terms.agreed import Agreed


def flags(agreed: Agreed, *, payer_id: str, payee_id: str, staff: Mapping[str, bool]) -> list[str]:
    """`PAYEE_CANNOT_APPROVE:prov_1`, in the order of the document, each once. `staff`: e-mail -> may sign."""
    parties = {payee_id: "PAYEE", payer_id: "PAYER"}
    known = _by_folded(staff)
    found = [_approver_flag(name, parties, known, staff) for name in agreed.release.approver_user_ids]
    for name in agreed.disputes.mediator_user_ids:
        if name in parties:
            found.append(f"{parties[name]}_CANNOT_MEDIATE:{name}")
        elif name.casefold() not in known:
            found.append(f"MEDIATOR_UNKNOWN:{name}")
    found += [
        f"ESCALATION_CONTACT_UNKNOWN:{name}"
        for name in agreed.timeouts.escalation_user_ids
        if name not in parties and name.casefold() not in known
    ]
    return list(dict.fromkeys(flag for flag in found if flag))


def eligible(
    agreed: Agreed, *, payer_id: str, payee_id: str, staff: Mapping[str, bool], at_least: int = 0
) -> frozenset[str] | None:
    """E-mails that may sign, spelled as in `staff`; None: whoever has the permission.

    Where the terms ask for signatures, the names bind. Where only the house does (`at_least` of them), names of whom
    too few may sign would leave the money without a way out; then they do not bind.
    """
    rule = agreed.release
    if not rule.approver_user_ids:
        return None
    known = _by_folded(staff)
    named = {known.get(name.casefold(), "") for name in rule.approver_user_ids if name not in (payer_id, payee_id)}
    able = frozenset(email for email in named if staff.get(email, False))
    enough = max(rule.minimum_approvals_required, at_least, 1)
    return able if rule.requires_manual_approval or len(able) >= enough else None


def _approver_flag(name: str, parties: Mapping[str, str], known: Mapping[str, str], staff: Mapping[str, bool]) -> str:
    if name in parties:
        return f"{parties[name]}_CANNOT_APPROVE:{name}"
    if name.casefold() not in known:
        return f"APPROVER_UNKNOWN:{name}"
    return "" if staff[known[name.casefold()]] else f"APPROVER_MAY_NOT_SIGN:{name}"


def _by_folded(staff: Mapping[str, bool]) -> dict[str, str]:
    return {email.casefold(): email for email in staff}
