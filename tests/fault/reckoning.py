"""After the chaos: does what the clients were told agree with what the database, the network and the ledger know?"""

from collections.abc import Mapping

from tests.fault.system import System

# Each finds rows only where something is wrong. None asks the program; all ask its tables.
QUESTIONS = {
    "an order paid more than once": """
        SELECT metadata ->> 'order' FROM payments_payment WHERE metadata ? 'order' GROUP BY 1 HAVING count(*) > 1""",
    "an order charged more than once": """
        SELECT p.metadata ->> 'order' FROM payments_payment p JOIN payments_sandboxcharge c ON c.reference = p.public_id
        WHERE c.state = 'CAPTURED' GROUP BY 1 HAVING count(*) > 1""",
    "a charge of no payment": """
        SELECT c.reference FROM payments_sandboxcharge c LEFT JOIN payments_payment p ON p.public_id = c.reference
        WHERE p.id IS NULL""",
    "a captured charge whose payment is not completed, or another amount": """
        SELECT c.reference FROM payments_sandboxcharge c JOIN payments_payment p ON p.public_id = c.reference
        WHERE c.state = 'CAPTURED' AND (p.status <> 'COMPLETED' OR p.amount_minor <> c.amount_minor)""",
    "a completed payment that was not charged": """
        SELECT p.public_id FROM payments_payment p LEFT JOIN payments_sandboxcharge c
            ON c.reference = p.public_id AND c.state = 'CAPTURED'
        WHERE p.status = 'COMPLETED' AND c.id IS NULL""",
    "a completed payment without exactly one capture in the ledger": """
        SELECT p.public_id FROM payments_payment p LEFT JOIN ledger_entry e
            ON e.reference = p.public_id AND e.kind = 'payments.captured' AND e.phase = 'POSTED'
        WHERE p.status = 'COMPLETED' GROUP BY 1 HAVING count(e.id) <> 1""",
    "a capture in the ledger of no completed payment": """
        SELECT e.reference FROM ledger_entry e LEFT JOIN payments_payment p
            ON e.reference = p.public_id AND p.status = 'COMPLETED'
        WHERE e.kind = 'payments.captured' AND e.phase = 'POSTED' AND p.id IS NULL""",
    "a payment that is neither finished nor held": """
        SELECT public_id || ' ' || status || ' ' || step FROM payments_payment
        WHERE NOT (step = 'DONE' OR (status = 'PENDING' AND step = 'HOLD'))""",
    "a refund that is not finished": "SELECT public_id FROM payments_refund WHERE status = 'PENDING'",
    "a refund that the network and we see differently": """
        SELECT coalesce(r.public_id, n.reference) FROM payments_refund r
        FULL JOIN payments_sandboxrefund n ON n.reference = r.public_id
        WHERE (r.status = 'COMPLETED') IS DISTINCT FROM n.accepted""",
    "a payment that gave back another sum than its refunds": """
        SELECT p.public_id FROM payments_payment p LEFT JOIN payments_refund r
            ON r.payment_id = p.id AND r.status <> 'FAILED'
        GROUP BY p.id HAVING p.refunded_minor <> coalesce(sum(r.amount_minor), 0)""",
    "a completed booking without escrow": """
        SELECT p.public_id FROM payments_payment p LEFT JOIN escrow_escrow e ON e.public_id = p.escrow_id
        WHERE p.status = 'COMPLETED' AND p.escrow_id IS NOT NULL AND e.id IS NULL""",
    "a held payment without a case": """
        SELECT p.public_id FROM payments_payment p LEFT JOIN fraud_reviewcase c ON c.payment_id = p.public_id
        WHERE p.step = 'HOLD' AND c.id IS NULL""",
    "an event nobody was told of": """
        SELECT name FROM outbox_event WHERE relayed_at IS NULL
        UNION ALL SELECT handler FROM outbox_delivery WHERE state <> 'DONE'""",
    "a request without an answer": """
        SELECT key FROM idempotency_idempotentrequest WHERE status <> 'FINISHED'""",
    "a completed or failed payment without its audit entry": """
        SELECT p.public_id FROM payments_payment p WHERE p.step = 'DONE' AND NOT EXISTS (
            SELECT FROM audit_entry a WHERE a.subject = p.public_id AND a.action LIKE 'payments.payment.%')""",
}


def differences(system: System, told: Mapping[str, str]) -> list[str]:
    """`told`: order to payment id, of everything a client got a 201 for. One sentence per difference."""
    known = dict(system.rows("SELECT metadata ->> 'order', public_id FROM payments_payment WHERE metadata ? 'order'"))
    found = [
        f"told {payment} for {order}, found {known.get(order)}"
        for order, payment in told.items()
        if known.get(order) != payment
    ]
    for meaning, question in QUESTIONS.items():
        found += [f"{meaning}: {row[0]}" for row in system.rows(question)]
    return found
