"""Who is near a payment by what the register knows: bank accounts of both sides, and the phone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.actors import SYSTEM
from fraud.drawings import ego_graph
from fraud.enums import CaseOutcome, LabelSource
from fraud.selectors import labels as known
from fraud.selectors import links, objections
from fraud.services import cases, labels
from tests import plans
from tests.factories import bank_accounts
from tests.integration.fraud.conftest import NOON
from tests.integration.fraud.test_cases import NEW

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def opened(payment_id, payer_id, payee_id="prov_xyz789ghi012"):
    case = replace(NEW, payment_id=payment_id, payer_id=payer_id, payee_id=payee_id, capture_deadline=NOON + 7 * DAY)
    return cases.open(case=case, assessment_row_id=None, now=NOON)


def test_whoever_is_paid_to_the_same_bank_account_is_a_neighbour(paid):
    """The payer's account is another customer's too, known for fraud; the seller's is another seller's."""
    paid(payment_id="pay_1", payer_id="cus_1", payee_id="prov_1")
    bank_accounts.entered("cus_1", livemode=False, number="000123456789")
    bank_accounts.entered("cus_2", livemode=False, number="000123456789")
    bank_accounts.entered("cus_3", livemode=False, number="000123456789")
    bank_accounts.entered("prov_1", livemode=False, number="000987654321")
    bank_accounts.entered("prov_2", livemode=False, number="000987654321")
    bank_accounts.entered("cus_4", livemode=False)
    paid(payment_id="pay_2", payer_id="cus_3", ago=DAY)
    labels.record(
        livemode=False, payment_id="pay_2", is_fraud=True, strength=100, source=LabelSource.REPORT, reference="frr_1",
        known_at=NOON, actor=SYSTEM, now=NOON,
    )  # fmt: skip
    case = opened("pay_1", "cus_1", "prov_1")
    found = links.list_for(links.find_observation(case), as_of=NOON)
    assert [(link.kind, link.shown) for link in found] == [
        ("Bank account", "•••• 6789"), ("Seller's account", "•••• 4321"),
    ]  # fmt: skip
    assert [[(other.party_id, other.is_fraud) for other in link.customers] for link in found] == [
        [("cus_3", True), ("cus_2", False)], [("prov_2", False)],
    ]  # fmt: skip
    (said,) = objections.list_for_case(case, now=NOON)
    assert (said.code, said.text) == ("LINKED_FRAUD", "Shares bank account with 1 other customer known for fraud")
    drawn = str(ego_graph("cus_1", found))
    assert "3 other parties share Bank account, Seller&#x27;s account with this payment, 1 of them known" in drawn


def test_who_pays_into_their_own_account_is_told_as_paying_themselves(paid):
    paid(payment_id="pay_1", payer_id="cus_1", payee_id="prov_1")
    for party_id in ("cus_1", "prov_1"):
        bank_accounts.entered(party_id, livemode=False, number="000123456789")
    case = opened("pay_1", "cus_1", "prov_1")
    (link,) = links.list_for(links.find_observation(case), as_of=NOON)
    assert (link.kind, [other.party_id for other in link.customers]) == ("Bank account", ["prov_1"])
    (said,) = objections.list_for_case(case, now=NOON)
    assert (said.code, said.text) == ("PAYS_ITSELF", "Payer and seller have the same bank account")


def test_fraud_of_who_has_the_same_phone_speaks_until_it_is_found_genuine(paid):
    """Suspected weighs 60 and says so; genuine weighs 80 and takes it back."""
    for party_id in ("cus_1", "cus_2"):
        bank_accounts.party(party_id, phone="+14155550123")
    paid(payment_id="pay_1", payer_id="cus_1")
    paid(payment_id="pay_2", payer_id="cus_2", ago=DAY)
    case = opened("pay_1", "cus_1")
    said = {"livemode": False, "payment_id": "pay_2", "now": NOON}
    labels.take_decision(**said, case_id="case_1", outcome=CaseOutcome.SUSPECTED_FRAUD, decided_at=NOON - DAY / 2)
    (link,) = links.list_for(links.find_observation(case), as_of=NOON)
    assert (link.kind, link.shown, link.customers[0].is_fraud) == ("Phone", "…23", True)
    assert [objection.code for objection in objections.list_for_case(case, now=NOON)] == ["LINKED_FRAUD"]
    own = opened("pay_3", "cus_2")
    assert [objection.code for objection in objections.list_for_case(own, now=NOON)] == ["CUSTOMER_FRAUD"]
    labels.take_decision(**said, case_id="case_2", outcome=CaseOutcome.GENUINE, decided_at=NOON)
    assert objections.list_for_case(case, now=NOON) == []
    assert objections.list_for_case(own, now=NOON) == []


def test_fraud_of_customers_is_found_by_index():
    def act():
        known.list_fraud_of({"cus_1", "cus_2"}, False, as_of=NOON)

    (statement,) = plans.statements(act, "fraud_label")
    assert "label_of_fraud_by_payer" in {node.get("Index Name") for node in plans.nodes(statement)}
