"""The comparison of escrow with ledger and bank."""

from holdfast.answers import Answer
from holdfast.requests import body
from holdfast.resource import Resource
from holdfast.transport import Operation
from holdfast.types import Reconciliation

RUNS = "/v1/escrow-reconciliations"


class EscrowReconciliations(Resource):
    """Needs the scope `escrows:reconcile`."""

    def create(self, *, full_audit: bool | None = None, idempotency_key: str | None = None) -> Answer[Reconciliation]:
        """Ask for a run; poll `get` until its status is CLEAN, BROKEN or FAILED."""
        return self._post(
            Operation("createEscrowReconciliation", "POST", RUNS), body(full_audit=full_audit), idempotency_key
        )

    def get(self, reconciliation_id: str) -> Answer[Reconciliation]:
        return self._get(
            Operation("getEscrowReconciliation", "GET", f"{RUNS}/{{reconciliationId}}"),
            reconciliationId=reconciliation_id,
        )
