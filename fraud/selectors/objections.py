"""What speaks against approving a case. The page shows it, and the service refuses what it says nobody has read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.enums import PartyStatus
from compliance.models import Party
from core.parameters import services as parameters
from fraud.enums import CaseCause, CaseOutcome, ListEffect
from fraud.models import FraudReport, List, ReviewCase
from fraud.rules.catalogue import LIST_PREFIX
from fraud.selectors import labels, links, risk_resets
from fraud.selectors.links import Link


@dataclass(frozen=True, slots=True)
class Objection:
    """`code` is what an acknowledgement names; `text` says it with its numbers."""

    code: str
    text: str


def list_for_case(case: ReviewCase, *, now: datetime, linked: Sequence[Link] | None = None) -> list[Objection]:
    """Empty where nothing speaks against it. `linked` saves reading the links again.

    A second review is not told who is blocked: the first decision may have frozen them.
    """
    if linked is None:
        seen = links.find_observation(case)
        linked = links.list_for(seen, as_of=now) if seen else []
    return [
        *_linked_fraud(linked),
        *_one_hand(case, linked),
        *_own_fraud(case, now),
        *_reported(case, now),
        *_reset(case, now),
        *_listed(case),
        *([] if case.cause == CaseCause.SECOND_REVIEW else _blocked(case)),
    ]


def _linked_fraud(linked: Sequence[Link]) -> list[Objection]:
    known = {customer.party_id for link in linked for customer in link.customers if customer.is_fraud}
    shared = sorted({link.kind.lower() for link in linked if any(other.is_fraud for other in link.customers)})
    if not known:
        return []
    who = f"{len(known)} other customer{'s' if len(known) > 1 else ''}"
    return [Objection("LINKED_FRAUD", f"Shares {', '.join(shared)} with {who} known for fraud")]


def _one_hand(case: ReviewCase, linked: Sequence[Link]) -> list[Objection]:
    common = sorted(kind.lower() for kind in links.shared_with_seller(linked, case.payee_id))
    return [Objection("PAYS_ITSELF", f"Payer and seller have the same {', '.join(common)}")] if common else []


def _own_fraud(case: ReviewCase, now: datetime) -> list[Objection]:
    """Cases of the customer in which a person confirmed fraud, and labels from elsewhere; never of this payment."""
    labelled = labels.list_fraud_of({case.payer_id}, case.livemode, as_of=now).get(case.payer_id, set())
    decided = ReviewCase.objects.filter(
        livemode=case.livemode, payer_id=case.payer_id, outcome=CaseOutcome.CONFIRMED_FRAUD
    )
    payments = {*labelled, *decided.values_list("payment_id", flat=True)[:20]}
    others = payments - {case.payment_id, None}
    if not others:
        return []
    number = f"{len(others)} other payment{'s' if len(others) > 1 else ''}"
    return [
        Objection("CUSTOMER_FRAUD", f"{number} of this customer {'are' if len(others) > 1 else 'is'} known as fraud")
    ]


def _reported(case: ReviewCase, now: datetime) -> list[Objection]:
    reports = FraudReport.objects.filter(livemode=case.livemode, customer_id=case.payer_id, reported_at__lte=now)
    cleared = risk_resets.risk_reset_at(party_id=case.payer_id, livemode=case.livemode, as_of=now)
    if cleared is not None:
        reports = reports.filter(reported_at__gt=cleared)
    if case.cause == CaseCause.SECOND_REVIEW and case.transaction_id:
        reports = reports.exclude(transaction_id=case.transaction_id)
    number = reports.count()
    if not number:
        return []
    return [Objection("REPORTED_CUSTOMER", f"{number} fraud report{'s' if number > 1 else ''} on this customer")]


def _reset(case: ReviewCase, now: datetime) -> list[Objection]:
    latest = risk_resets.find_latest(party_id=case.payer_id, livemode=case.livemode, as_of=now)
    young = timedelta(days=parameters.read("fraud.risk_reset_warns_days", at=now))
    if latest is None or latest.reset_at <= now - young:
        return []
    days = (now - latest.reset_at).days
    return [Objection("RISK_RESET", f"The customer's risk was reset {days} days ago: {latest.reason[:200]}")]


def _listed(case: ReviewCase) -> list[Objection]:
    seen = case.assessment.thresholds if case.assessment else {}
    hit = {name.removeprefix(LIST_PREFIX) for name, entries in seen.items() if name.startswith(LIST_PREFIX) and entries}
    against = List.objects.filter(name__in=hit).exclude(effect=ListEffect.ALLOW) if hit else List.objects.none()
    named = [name.replace("_", " ") for name in against.order_by("name").values_list("name", flat=True)]
    return [Objection("LIST_HIT", f"Named by a list: {', '.join(named)}")] if named else []


def _blocked(case: ReviewCase) -> list[Objection]:
    parties = Party.objects.filter(
        livemode=case.livemode, party_id__in=[case.payer_id, case.payee_id or ""], status=PartyStatus.BLOCKED
    )
    blocked = list(parties.values_list("party_id", flat=True))
    return [Objection("PARTY_BLOCKED", f"Blocked at compliance: {', '.join(sorted(blocked))}")] if blocked else []
