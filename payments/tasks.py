"""What payments do without being asked: finish what was left, settle and reconcile."""

from datetime import datetime, timedelta
from typing import Any

from core.work import services as work
from payments.services import (
    chargeback_answers,
    chargeback_news,
    completion,
    payments,
    payout_runs,
    reconciliation,
    refunds,
    transfer_files,
    transfer_releases,
    verification_news,
)


@work.performs(payments.RESUME, external=True)
def resume_payment(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the performer's form)
    payments.resume(payment_id=key, now=now)


@work.performs(refunds.RESUME, external=True)
def resume_refund(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the performer's form)
    refunds.resume(refund_id=key, now=now)


@work.performs(chargeback_answers.ANSWER, external=True)
def answer_chargeback(*, key: str, payload: dict[str, Any], now: datetime) -> None:  # noqa: ARG001 (the performer's form)
    chargeback_answers.send(chargeback_id=key, now=now)


@work.periodic("payments.hear_chargebacks", every=timedelta(seconds=30))
def hear_chargebacks(*, now: datetime) -> None:
    chargeback_news.hear(now=now)


@work.periodic("payments.order_stalled", every=timedelta(seconds=5))
def order_stalled(*, now: datetime) -> None:
    completion.order_stalled(now=now)


@work.periodic("payments.reconcile", every=timedelta(minutes=10))
def reconcile(*, now: datetime) -> None:
    """Collect the files of finished days, import them, and name what is missing from them."""
    reconciliation.run(now=now)


@work.performs(transfer_files.FOLLOW)
def follow_file(*, key: str, payload: dict[str, Any], now: datetime) -> None:
    transfer_files.follow_page(file_id=key, after=int(payload["after"]), now=now)


@work.periodic("payments.release_debits", every=timedelta(minutes=1))
def release_debits(*, now: datetime) -> None:
    transfer_releases.release_due(now=now)


@work.periodic("payments.end_verifications", every=timedelta(minutes=5))
def end_verifications(*, now: datetime) -> None:
    verification_news.end_due(now=now)


@work.periodic("payments.run_payouts", every=timedelta(minutes=1))
def run_payouts(*, now: datetime) -> None:
    payout_runs.run_due(now=now)
