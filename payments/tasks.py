"""What payments do without being asked: finish what was left, settle and reconcile."""

from datetime import datetime, timedelta
from typing import Any

from core.work import services as work
from payments.services import completion, payments, reconciliation, refunds


@work.performs(payments.RESUME, external=True)
def resume_payment(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the performer's form)
    payments.resume(payment_id=key, now=now)


@work.performs(refunds.RESUME, external=True)
def resume_refund(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the performer's form)
    refunds.resume(refund_id=key, now=now)


@work.periodic("payments.order_stalled", every=timedelta(seconds=5))
def order_stalled(*, now: datetime) -> None:
    completion.order_stalled(now=now)


@work.periodic("payments.reconcile", every=timedelta(minutes=10))
def reconcile(*, now: datetime) -> None:
    """Collect the files of finished days, import them, and name what is missing from them."""
    reconciliation.run(now=now)
