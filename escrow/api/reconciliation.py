"""/v1/escrow-reconciliations: compare every escrow of the key's mode with everything, and read what came out."""

from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api import conditions
from core.api.once import run_once
from core.api.owners import CLOSED
from core.api.requests import ApiRequest
from core.api.schema import describe
from core.api.views import ApiView
from core.api.wire import WireSerializer
from escrow.break_kinds import BreakKind
from escrow.enums_reconciliation import BreakState, RunOrigin, RunState
from escrow.models import Break, ReconciliationRun
from escrow.selectors import reconciliation as selectors
from escrow.selectors.reconciliation import RunNotFound
from escrow.services import reconciliation
from escrow.services.reconciliation import ReconciliationUnderWay

SHOWN_BREAKS = 100
SCOPE = "escrows:reconcile"


class NewReconciliationSerializer(WireSerializer):
    """What to compare. The book is the key's: live keys reconcile live money."""

    full_audit = serializers.BooleanField(
        default=False, help_text="Let the ledger and the audit record prove themselves too. Takes longer."
    )


class BreakSerializer(WireSerializer):
    """Two things that should agree and do not. Amounts are null where it is about none."""

    break_id = serializers.CharField()
    kind = serializers.ChoiceField(choices=BreakKind.choices)
    subject = serializers.CharField()
    scope = serializers.CharField(help_text="What is halted for it: `escrow:ESC_…`, or the book.")
    currency = serializers.CharField(allow_null=True)
    expected_amount = serializers.IntegerField(allow_null=True)
    actual_amount = serializers.IntegerField(allow_null=True)
    first_seen_at = serializers.DateTimeField()


class ReconciliationSerializer(WireSerializer):
    """A run. `CLEAN` and `BROKEN` are answers; `FAILED` says nothing about the money."""

    success = serializers.BooleanField()
    reconciliation_id = serializers.CharField()
    status = serializers.ChoiceField(choices=RunState.choices)
    full_audit = serializers.BooleanField()
    livemode = serializers.BooleanField()
    breaks_found = serializers.IntegerField()
    breaks_new = serializers.IntegerField()
    breaks_cleared = serializers.IntegerField()
    breaks = BreakSerializer(many=True, help_text=f"Those found, at most {SHOWN_BREAKS}.")
    certificate_id = serializers.CharField(allow_null=True)
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    timestamp = serializers.DateTimeField()


class ReconciliationsView(ApiView):
    scopes: ClassVar = {"POST": SCOPE}
    owned_by: ClassVar = {"POST": CLOSED}
    dangerous_scopes: ClassVar = frozenset({SCOPE})

    @describe(
        "createEscrowReconciliation",
        summary="Reconcile escrow",
        takes=NewReconciliationSerializer,
        answers={202: ReconciliationSerializer},
        refusals=[ReconciliationUnderWay],
    )
    def post(self, request: Request) -> Response:
        """A worker does it; read the run until it has an answer. One runs at a time."""
        call, now = cast("ApiRequest", request), clock.now()
        wanted = NewReconciliationSerializer.read(request)

        def effect() -> tuple[int, dict[str, Any]]:
            run = reconciliation.request(
                book="live" if call.livemode else "test",
                is_full=wanted["full_audit"],
                origin=RunOrigin.API,
                actor=call.actor,
                now=now,
            )
            return 202, {"success": True, **fields(run), "timestamp": now}

        return run_once(request, operation="escrow.reconcile", effect=effect, now=now)


class ReconciliationView(ApiView):
    scopes: ClassVar = {"GET": SCOPE}
    owned_by: ClassVar = {"GET": CLOSED}
    dangerous_scopes: ClassVar = frozenset({SCOPE})
    etag = conditions.all_but("success", "timestamp")

    @describe(
        "getEscrowReconciliation",
        summary="Get a reconciliation of escrow",
        answers={200: ReconciliationSerializer},
        refusals=[RunNotFound],
    )
    def get(self, request: Request, reconciliation_id: str) -> Response:
        """Its breaks are those no later run has found again."""
        run = selectors.get_run(reconciliation_id, book="live" if cast("ApiRequest", request).livemode else "test")
        return Response({"success": True, **fields(run), "timestamp": clock.now()})


def fields(run: ReconciliationRun) -> dict[str, Any]:
    """A run in the fields of `ReconciliationSerializer`. Two statements."""
    certificate = getattr(run, "certificate", None)
    found = Break.objects.filter(last_run=run, state=BreakState.OPEN).order_by("id")[:SHOWN_BREAKS]
    return {
        "reconciliation_id": run.public_id,
        "status": run.state,
        "full_audit": run.is_full,
        "livemode": run.book == "live",
        "breaks_found": run.found,
        "breaks_new": run.fresh,
        "breaks_cleared": run.cleared,
        "breaks": [_break_fields(row) for row in found],
        "certificate_id": certificate.public_id if certificate else None,
        "requested_at": run.requested_at,
        "finished_at": run.finished_at,
    }


def _break_fields(row: Break) -> dict[str, Any]:
    return {
        "break_id": row.public_id,
        "kind": row.kind,
        "subject": row.subject,
        "scope": row.scope,
        "currency": row.currency or None,
        "expected_amount": row.expected_minor,
        "actual_amount": row.actual_minor,
        "first_seen_at": row.first_seen_at,
    }
