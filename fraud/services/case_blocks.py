"""Decline, and keep what and who the fraud came with from paying again: one transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from compliance.selectors import parties as register
from compliance.services import parties
from core.actors import Actor
from core.parameters import services as parameters
from fraud.enums import CaseDecision, CaseOutcome
from fraud.models import Observation, ReviewCase
from fraud.selectors import links
from fraud.services import cases, lists

# What can be ticked → the shipped list it goes on.
LISTS = {
    "customer": "blocked_customers",
    "card": "blocked_cards",
    "device": "blocked_devices",
    "address": "blocked_addresses",
    "email": "blocked_emails",
}
LONGEST_REASON = 400
CUSTOMER, SELLER = "customer", "seller"


def blockable(case: ReviewCase, seen: Observation | None) -> dict[str, str]:
    """What of the case can go on a list, by the names of `LISTS`; what is not known of the payment is left out."""
    if seen is None:
        return {"customer": case.payer_id}
    found = {
        "customer": case.payer_id,
        "card": seen.card_fingerprint,
        "device": seen.device_id,
        "address": seen.ip_address,
        "email": seen.email_hash,
    }
    return {name: value for name, value in found.items() if value}


def freezable(case: ReviewCase) -> dict[str, str]:
    """The parties of the case that the register knows, frozen already or not: a second reader must not learn that."""
    named = {CUSTOMER: case.payer_id, SELLER: case.payee_id or ""}
    known = register.list_by_id(party_ids=[party_id for party_id in named.values() if party_id], livemode=case.livemode)
    return {name: party_id for name, party_id in named.items() if party_id in known}


def decide_and_block(
    *,
    case_id: str,
    decision: CaseDecision,
    outcome: CaseOutcome,
    reason: str,
    acknowledged: Collection[str],
    blocked: Collection[str],
    hand_over: bool,
    as_lead: bool,
    actor: Actor,
    now: datetime,
    frozen: Collection[str] = (),
) -> ReviewCase:
    """Decide as `cases.decide`, put what was ticked on its list for as long as the parameter says, freeze whom `frozen`
    names (of `freezable`) until compliance decides. A freeze hands the case over: somebody there has to lift it.

    Raises UnableToDecide where something is to be blocked or frozen and the case approved, or a party to be frozen is
    not in the register, and what `cases.decide` and `lists.add` raise; then none of it is done.
    """
    if (blocked or frozen) and decision == CaseDecision.APPROVE:
        raise cases.UnableToDecide("what is approved is neither blocked nor frozen: untick it, or decline")
    with transaction.atomic():
        case = cases.decide(
            case_id=case_id,
            decision=decision,
            outcome=outcome,
            reason=reason,
            acknowledged=acknowledged,
            hand_over=hand_over or bool(frozen),
            as_lead=as_lead,
            actor=actor,
            now=now,
        )
        values = blockable(case, links.find_observation(case)) if blocked else {}
        expires_at = now + timedelta(hours=parameters.read("fraud.list_hours_by_case", at=now))
        for name in sorted(set(blocked) & values.keys()):
            lists.add(
                name=LISTS[name],
                livemode=case.livemode,
                value=values[name],
                reason=f"{case.case_id}: {reason.strip()[:LONGEST_REASON]}",
                expires_at=expires_at,
                actor=actor,
                now=now,
            )
        _freeze(case, frozen, reason=reason, actor=actor, now=now)
    return case


def _freeze(case: ReviewCase, frozen: Collection[str], *, reason: str, actor: Actor, now: datetime) -> None:
    """In the order of their ids, so that two decisions about the same parties cannot deadlock."""
    known = freezable(case) if frozen else {}
    if missing := sorted(set(frozen) - known.keys()):
        raise cases.UnableToDecide(f"nothing was decided, the register knows no {missing[0]} to freeze")
    for party_id in sorted(known[name] for name in set(frozen)):
        parties.freeze(
            party_id=party_id,
            livemode=case.livemode,
            reason=f"{case.case_id}: {reason.strip()}",
            actor=actor,
            now=now,
        )
